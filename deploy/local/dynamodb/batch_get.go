package dynamodb

import bolt "go.etcd.io/bbolt"

// tableRead is the part of a BatchGetItem that goes to one table.
type tableRead struct {
	itemRead
	name    string
	table   *table
	keys    []item
	encoded [][]byte
}

func (s *Server) batchGetItem(r *request) (object, error) {
	used, err := readUsage(r)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	reads, err := s.readBatchGet(r)
	if err != nil {
		return nil, err
	}
	responses, left := object{}, object{}
	err = s.view(func(tx *bolt.Tx) error {
		budget := maxBatchBytes
		for _, read := range reads {
			found, done, err := read.run(tx, &budget, used)
			if err != nil {
				return err
			}
			responses[read.name] = found
			if done < len(read.keys) {
				left[read.name] = read.remainder(r, done)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return used.report(object{"Responses": responses, "UnprocessedKeys": left}, true), nil
}

func (s *Server) readBatchGet(r *request) ([]*tableRead, error) {
	tables := r.nested("RequestItems")
	if tables == nil || len(tables.keys()) == 0 {
		return nil, invalid("BatchGetItem must have some requests set")
	}
	var reads []*tableRead
	total := 0
	for _, name := range tables.keys() {
		read, err := readTableRead(tables, name)
		if err != nil {
			return nil, err
		}
		reads = append(reads, read)
		if total += len(read.keys); total > maxBatchReads {
			return nil, invalid("Too many items requested for the BatchGetItem call")
		}
	}
	for _, read := range reads {
		if err := read.resolve(s); err != nil {
			return nil, err
		}
	}
	return reads, nil
}

func readTableRead(tables *request, name string) (*tableRead, error) {
	if err := checkTableName(name); err != nil {
		return nil, err
	}
	r := tables.nested(name)
	if r == nil || !r.has("Keys") {
		return nil, emptyKeys(name)
	}
	keys, err := r.fields.Get("Keys").Array()
	if err != nil {
		return nil, malformed("Keys is not an array")
	}
	if len(keys) == 0 {
		return nil, emptyKeys(name)
	}
	read := &tableRead{name: name, keys: make([]item, len(keys))}
	for i, k := range keys {
		if read.keys[i], err = decodeItem(k); err != nil {
			return nil, err
		}
	}
	read.itemRead, err = readItemRead(r)
	return read, err
}

func emptyKeys(name string) error {
	return invalid("The list of keys in RequestItems for BatchGetItem is required: %s has empty list", name)
}

func (read *tableRead) resolve(s *Server) error {
	var err error
	if read.table, err = s.find(read.name); err != nil {
		return err
	}
	read.encoded = make([][]byte, len(read.keys))
	seen := make(map[string]bool, len(read.keys))
	for i, k := range read.keys {
		if read.encoded[i], err = read.table.requestKey(k); err != nil {
			return err
		}
		if err := refuseRepeat(seen, read.name, read.encoded[i]); err != nil {
			return err
		}
	}
	return nil
}

// run reads items until the answer would exceed budget bytes; done is how many keys it got through.
func (read *tableRead) run(tx *bolt.Tx, budget *int, used *usage) (found []item, done int, err error) {
	bucket := read.table.bucket(tx)
	found = []item{}
	for _, key := range read.encoded {
		it, err := loadItem(bucket, key)
		if err != nil {
			return nil, 0, err
		}
		if *budget -= it.size(); *budget < 0 {
			return found, done, nil
		}
		done++
		used.read(read.table, it.size(), read.consistent)
		if it != nil {
			found = append(found, read.projection.apply(it))
		}
	}
	return found, done, nil
}

// remainder is the request for the keys not got through, to be sent again as it is.
func (read *tableRead) remainder(r *request, done int) object {
	out := object{"Keys": read.keys[done:]}
	given := r.nested("RequestItems").nested(read.name)
	for _, name := range []string{"ProjectionExpression", "ExpressionAttributeNames", "ConsistentRead"} {
		if given.has(name) {
			out[name] = rawValue(given.fields.Get(name))
		}
	}
	return out
}
