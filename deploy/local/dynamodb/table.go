package dynamodb

import (
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// table is a table definition as the file keeps it.
type table struct {
	Name    string
	Keys    []keyAttribute // the hash key, then perhaps the range key
	Billing string
	Read    int
	Write   int
	Created int64 // Unix milliseconds
	TTL     string
}

type keyAttribute struct{ Name, Type string }

// find gives the table an item operation names. Callers hold s.mu.
func (s *Server) find(name string) (*table, error) {
	if t := s.tables[name]; t != nil {
		return t, nil
	}
	return nil, refused("ResourceNotFoundException", "Requested resource not found")
}

// findForControl is find with the wording of the table operations.
func (s *Server) findForControl(name string) (*table, error) {
	if t := s.tables[name]; t != nil {
		return t, nil
	}
	return nil, refused("ResourceNotFoundException", "Requested resource not found: Table: %s not found", name)
}

func (t *table) bucket(tx *bolt.Tx) *bolt.Bucket {
	return tx.Bucket(itemsBucket).Bucket([]byte(t.Name))
}

func (t *table) store(tx *bolt.Tx) error {
	def, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode the definition of table %s: %w", t.Name, err)
	}
	if err := tx.Bucket(tablesBucket).Put([]byte(t.Name), def); err != nil {
		return fmt.Errorf("store the definition of table %s: %w", t.Name, err)
	}
	return nil
}

func (t *table) keyNames() []string {
	names := make([]string, len(t.Keys))
	for i, k := range t.Keys {
		names[i] = k.Name
	}
	return names
}

// describe renders the table the way DescribeTable does. A table is ACTIVE from
// the start, so waiters return at once.
func (t *table) describe(tx *bolt.Tx) object {
	attributes, schema := []object{}, []object{}
	for i, k := range t.Keys {
		attributes = append(attributes, object{"AttributeName": k.Name, "AttributeType": k.Type})
		schema = append(schema, object{"AttributeName": k.Name, "KeyType": []string{"HASH", "RANGE"}[i]})
	}
	created := float64(t.Created) / 1000
	out := object{
		"TableName":            t.Name,
		"TableStatus":          "ACTIVE",
		"TableArn":             "arn:aws:dynamodb:local:000000000000:table/" + t.Name,
		"AttributeDefinitions": attributes,
		"KeySchema":            schema,
		"CreationDateTime":     created,
		"ProvisionedThroughput": object{
			"ReadCapacityUnits": t.Read, "WriteCapacityUnits": t.Write, "NumberOfDecreasesToday": 0,
		},
		"DeletionProtectionEnabled": false,
	}
	if t.Billing == onDemand {
		out["BillingModeSummary"] = object{"BillingMode": onDemand, "LastUpdateToPayPerRequestDateTime": created}
	}
	stats := t.bucket(tx).Stats()
	out["ItemCount"], out["TableSizeBytes"] = stats.KeyN, stats.LeafInuse
	return out
}

func now() int64 { return time.Now().UnixMilli() }
