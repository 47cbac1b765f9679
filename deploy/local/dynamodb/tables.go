package dynamodb

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	bolt "go.etcd.io/bbolt"
)

const (
	onDemand    = "PAY_PER_REQUEST"
	provisioned = "PROVISIONED"
	// listLimit is the most names one ListTables answers.
	listLimit = 100
)

func (s *Server) createTable(r *request) (object, error) {
	t, err := readTable(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables[t.Name] != nil {
		return nil, refused("ResourceInUseException", "Table already exists: %s", t.Name)
	}
	var description object
	err = s.update(func(tx *bolt.Tx) error {
		if _, err := tx.Bucket(itemsBucket).CreateBucket([]byte(t.Name)); err != nil {
			return fmt.Errorf("create the bucket of table %s: %w", t.Name, err)
		}
		description = t.describe(tx)
		return t.store(tx)
	})
	if err != nil {
		return nil, err
	}
	s.tables[t.Name] = t
	return object{"TableDescription": description}, nil
}

func (s *Server) describeTable(r *request) (object, error) {
	name, err := r.tableName()
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, err := s.findForControl(name)
	if err != nil {
		return nil, err
	}
	var description object
	err = s.view(func(tx *bolt.Tx) error {
		description = t.describe(tx)
		return nil
	})
	return object{"Table": description}, err
}

func (s *Server) deleteTable(r *request) (object, error) {
	name, err := r.tableName()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.findForControl(name)
	if err != nil {
		return nil, err
	}
	var description object
	err = s.update(func(tx *bolt.Tx) error {
		description = t.describe(tx)
		return errors.Join(tx.Bucket(itemsBucket).DeleteBucket([]byte(name)), tx.Bucket(tablesBucket).Delete([]byte(name)))
	})
	if err != nil {
		return nil, fmt.Errorf("delete table %s: %w", name, err)
	}
	delete(s.tables, name)
	description["TableStatus"] = "DELETING"
	return object{"TableDescription": description}, nil
}

func (s *Server) listTables(r *request) (object, error) {
	limit, err := r.integer("Limit", listLimit)
	if err != nil {
		return nil, err
	}
	if limit < 1 || limit > listLimit {
		return nil, invalid("Limit in ListTables must be between 1 and %d", listLimit)
	}
	after, err := r.text("ExclusiveStartTableName")
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	names := slices.Sorted(maps.Keys(s.tables))
	s.mu.RUnlock()
	from, found := slices.BinarySearch(names, after)
	if found {
		from++
	}
	names = names[from:]
	out := object{}
	if len(names) > limit {
		names = names[:limit]
		out["LastEvaluatedTableName"] = names[limit-1]
	}
	// A nil slice would be answered as null.
	out["TableNames"] = append([]string{}, names...)
	return out, nil
}

func (s *Server) updateTable(r *request) (object, error) {
	name, err := r.tableName()
	if err != nil {
		return nil, err
	}
	if err := refuseUnsupported(r, "AttributeDefinitions", "GlobalSecondaryIndexUpdates", "StreamSpecification", "ReplicaUpdates", "SSESpecification"); err != nil {
		return nil, err
	}
	if !r.has("BillingMode") && !r.has("ProvisionedThroughput") {
		return nil, invalid("Nothing to update")
	}
	return s.changeTable(name, func(t *table) (object, error) {
		return nil, t.readBilling(r, t.Billing)
	}, true)
}

// changeTable applies change to a copy of the definition and stores that.
func (s *Server) changeTable(name string, change func(t *table) (object, error), describe bool) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	current, err := s.findForControl(name)
	if err != nil {
		return nil, err
	}
	changed := *current
	answer, err := change(&changed)
	if err != nil {
		return nil, err
	}
	err = s.update(func(tx *bolt.Tx) error {
		if describe {
			answer = object{"TableDescription": changed.describe(tx)}
		}
		return changed.store(tx)
	})
	if err != nil {
		return nil, err
	}
	s.tables[name] = &changed
	return answer, nil
}
