package dynamodb

import bolt "go.etcd.io/bbolt"

const badReturnValues = "Return values set to invalid value"

func (s *Server) getItem(r *request) (object, error) {
	name, err := r.tableName()
	if err != nil {
		return nil, err
	}
	read, err := readItemRead(r)
	if err != nil {
		return nil, err
	}
	key, err := readKey(r)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, err := s.find(name)
	if err != nil {
		return nil, err
	}
	encoded, err := t.requestKey(key)
	if err != nil {
		return nil, err
	}
	var found item
	err = s.view(func(tx *bolt.Tx) (err error) {
		found, err = loadItem(t.bucket(tx), encoded)
		return err
	})
	if err != nil {
		return nil, err
	}
	read.usage.read(t, found.size(), read.consistent)
	answer := object{}
	if found != nil {
		answer["Item"] = read.projection.apply(found)
	}
	return read.usage.report(answer, false), nil
}

// itemRead is what the parameters of a GetItem, or of one table in a BatchGetItem, ask for.
type itemRead struct {
	usage      *usage
	projection projection
	consistent bool
}

func readItemRead(r *request) (itemRead, error) {
	var out itemRead
	if err := r.refuseLegacy("AttributesToGet"); err != nil {
		return out, err
	}
	var err error
	if out.usage, err = readUsage(r); err != nil {
		return out, err
	}
	sc, err := readScope(r, "ProjectionExpression")
	if err != nil {
		return out, err
	}
	if out.projection, err = readProjection(r, sc); err != nil {
		return out, err
	}
	if out.consistent, err = r.flag("ConsistentRead", false); err != nil {
		return out, err
	}
	return out, sc.checkUsed()
}

func (s *Server) putItem(r *request) (object, error) {
	return s.mutate(r, putMutation, "NONE", "ALL_OLD")
}

func (s *Server) deleteItem(r *request) (object, error) {
	return s.mutate(r, deleteMutation, "NONE", "ALL_OLD")
}

func (s *Server) updateItem(r *request) (object, error) {
	return s.mutate(r, updateMutation, "NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
}

// mutate runs the three single-item writes.
func (s *Server) mutate(r *request, kind mutationKind, returnable ...string) (object, error) {
	used, err := readUsage(r)
	if err != nil {
		return nil, err
	}
	returned, err := r.choice("ReturnValues", badReturnValues, returnable...)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	m, err := s.readMutation(r, kind)
	if err != nil {
		return nil, err
	}
	var before, after item
	err = s.update(func(tx *bolt.Tx) (err error) {
		before, after, err = m.apply(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	used.wrote(m.table, before, after)
	answer := object{}
	if attributes := m.returned(returned, before, after); len(attributes) > 0 {
		answer["Attributes"] = attributes
	}
	return used.report(answer, false), nil
}

// returned picks what ReturnValues asks for.
func (m *mutation) returned(what string, before, after item) item {
	switch what {
	case "ALL_OLD":
		return before
	case "ALL_NEW":
		return after
	case "UPDATED_OLD":
		return m.touched(before)
	case "UPDATED_NEW":
		return m.touched(after)
	}
	return nil
}

// touched picks the attributes of it that the update reaches into.
func (m *mutation) touched(it item) item {
	out := item{}
	for _, a := range m.actions {
		if _, reached := a.path.lookup(it); reached {
			out[a.path[0].name] = it[a.path[0].name]
		}
	}
	return out
}
