package dynamodb

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// table is a table definition as the file keeps it.
type table struct {
	Name    string
	Keys    []keyAttribute // the hash key, then perhaps the range key
	Created int64          // Unix milliseconds
}

type keyAttribute struct{ Name, Type string }

var keyRoles = []string{"HASH", "RANGE"}

// find gives the table an item operation names.
func (s *Server) find(name string) *table {
	t := s.tables[name]
	if t == nil {
		panic(&failure{code: "ResourceNotFoundException", message: "Requested resource not found"})
	}
	return t
}

// findNamed is find for the table operations, which name the table in the error.
func (s *Server) findNamed(r *request) *table {
	name := r.tableName()
	t := s.tables[name]
	if t == nil {
		panic(&failure{code: "ResourceNotFoundException", message: "Requested resource not found: Table: " + name + " not found"})
	}
	return t
}

func (t *table) bucket(tx *bolt.Tx) *bolt.Bucket {
	return tx.Bucket(itemsBucket).Bucket([]byte(t.Name))
}

func (s *Server) createTable(r *request) object {
	t := &table{Name: r.tableName(), Created: time.Now().UnixMilli()}
	t.Keys = readKeySchema(r)
	if s.tables[t.Name] != nil {
		panic(&failure{code: "ResourceInUseException", message: "Table already exists: " + t.Name})
	}
	var description object
	s.update(func(tx *bolt.Tx) {
		def, err := json.Marshal(t)
		check("encode the definition of a table", err)
		_, err = tx.Bucket(itemsBucket).CreateBucket([]byte(t.Name))
		check("store a table", errors.Join(err, tx.Bucket(tablesBucket).Put([]byte(t.Name), def)))
		description = t.describe(tx)
	})
	s.tables[t.Name] = t
	return object{"TableDescription": description}
}

func (s *Server) describeTable(r *request) object {
	t := s.findNamed(r)
	var description object
	s.view(func(tx *bolt.Tx) { description = t.describe(tx) })
	return object{"Table": description}
}

func (s *Server) deleteTable(r *request) object {
	t := s.findNamed(r)
	var description object
	s.update(func(tx *bolt.Tx) {
		description = t.describe(tx)
		check("delete a table", errors.Join(tx.Bucket(itemsBucket).DeleteBucket([]byte(t.Name)), tx.Bucket(tablesBucket).Delete([]byte(t.Name))))
	})
	delete(s.tables, t.Name)
	description["TableStatus"] = "DELETING"
	return object{"TableDescription": description}
}

func (s *Server) listTables(*request) object {
	names := slices.AppendSeq([]string{}, maps.Keys(s.tables)) // nil would be answered as null
	slices.Sort(names)
	return object{"TableNames": names}
}

// describe renders the table the way DescribeTable does. A table is ACTIVE from the start, so waiters return at once.
func (t *table) describe(tx *bolt.Tx) object {
	var attributes, schema []object
	for i, k := range t.Keys {
		attributes = append(attributes, object{"AttributeName": k.Name, "AttributeType": k.Type})
		schema = append(schema, object{"AttributeName": k.Name, "KeyType": keyRoles[i]})
	}
	created := float64(t.Created) / 1000
	stats := t.bucket(tx).Stats()
	return object{
		"TableName":                 t.Name,
		"TableStatus":               "ACTIVE",
		"TableArn":                  "arn:aws:dynamodb:local:000000000000:table/" + t.Name,
		"AttributeDefinitions":      attributes,
		"KeySchema":                 schema,
		"CreationDateTime":          created,
		"ProvisionedThroughput":     object{"ReadCapacityUnits": 0, "WriteCapacityUnits": 0, "NumberOfDecreasesToday": 0},
		"BillingModeSummary":        object{"BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": created},
		"DeletionProtectionEnabled": false,
		"ItemCount":                 stats.KeyN,
		"TableSizeBytes":            stats.LeafInuse,
	}
}

func readKeySchema(r *request) []keyAttribute {
	types := map[string]string{}
	for _, e := range r.array("AttributeDefinitions") {
		types[e.text("AttributeName")] = e.choice("AttributeType", "Member must satisfy enum value set: [B, N, S]", "", "S", "N", "B")
	}
	elements := r.array("KeySchema")
	switch {
	case !slices.ContainsFunc(elements, func(e *request) bool { return e.text("KeyType") == "HASH" }):
		panic(invalid("No Hash Key specified in schema.  All Dynamo DB tables must have exactly one hash key"))
	case len(elements) > 2:
		panic(invalid("1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2"))
	}
	keys := make([]keyAttribute, len(elements))
	for i, e := range elements {
		name := e.text("AttributeName")
		keys[i] = keyAttribute{Name: name, Type: types[name]}
		switch {
		case e.text("KeyType") != keyRoles[i]:
			panic(invalid("Invalid key order. Hash Key must be specified first in key schema, Range Key must be specifed second"))
		case keys[i].Type == "":
			panic(invalid("%s Key not specified in Attribute Definitions.  Type unknown.", []string{"Hash", "Range"}[i]))
		case i == 1 && name == keys[0].Name:
			panic(invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name"))
		}
	}
	if len(types) != len(keys) {
		panic(invalid("The number of attributes in key schema must match the number of attributes defined in attribute definitions."))
	}
	return keys
}
