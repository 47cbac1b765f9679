package dynamodb

import "slices"

// readTable reads and checks the definition a CreateTable carries.
func readTable(r *request) (*table, error) {
	name, err := r.tableName()
	if err != nil {
		return nil, err
	}
	if err := refuseUnsupported(r, "GlobalSecondaryIndexes", "LocalSecondaryIndexes"); err != nil {
		return nil, err
	}
	if stream := r.nested("StreamSpecification"); stream != nil {
		if on, err := stream.flag("StreamEnabled", false); err != nil || on {
			return nil, invalid("StreamSpecification is not supported by this server")
		}
	}
	t := &table{Name: name, Created: now()}
	if t.Keys, err = readKeySchema(r); err != nil {
		return nil, err
	}
	return t, t.readBilling(r, provisioned)
}

func refuseUnsupported(r *request, names ...string) error {
	for _, name := range names {
		if elements, err := r.array(name); r.has(name) && (err != nil || len(elements) > 0) {
			return invalid("%s is not supported by this server", name)
		}
	}
	return nil
}

func readKeySchema(r *request) ([]keyAttribute, error) {
	types, err := readAttributeTypes(r)
	if err != nil {
		return nil, err
	}
	elements, err := r.array("KeySchema")
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(elements, isHashElement) {
		return nil, invalid("No Hash Key specified in schema.  All Dynamo DB tables must have exactly one hash key")
	}
	if len(elements) > 2 {
		return nil, invalid("1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2")
	}
	keys := make([]keyAttribute, len(elements))
	for i, e := range elements {
		if keys[i], err = readKeyElement(e, types, []string{"HASH", "RANGE"}[i]); err != nil {
			return nil, err
		}
	}
	if len(keys) == 2 && keys[0].Name == keys[1].Name {
		return nil, invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	}
	if len(types) != len(keys) {
		return nil, invalid("The number of attributes in key schema must match the number of attributes defined in attribute definitions.")
	}
	return keys, nil
}

func isHashElement(e *request) bool {
	role, err := e.text("KeyType")
	return err == nil && role == "HASH"
}

func readAttributeTypes(r *request) (map[string]string, error) {
	elements, err := r.array("AttributeDefinitions")
	if err != nil {
		return nil, err
	}
	types := make(map[string]string, len(elements))
	for _, e := range elements {
		name, err := e.text("AttributeName")
		if err != nil {
			return nil, err
		}
		types[name], err = e.choice("AttributeType", "Member must satisfy enum value set: [B, N, S]", "", "S", "N", "B")
		if err != nil {
			return nil, err
		}
	}
	return types, nil
}

func readKeyElement(e *request, types map[string]string, role string) (keyAttribute, error) {
	name, err := e.text("AttributeName")
	if err != nil {
		return keyAttribute{}, err
	}
	given, err := e.text("KeyType")
	if err != nil {
		return keyAttribute{}, err
	}
	if given != role {
		return keyAttribute{}, invalid("Invalid key order. Hash Key must be specified first in key schema, Range Key must be specifed second")
	}
	if types[name] == "" {
		which := map[string]string{"HASH": "Hash", "RANGE": "Range"}[role]
		return keyAttribute{}, invalid("%s Key not specified in Attribute Definitions.  Type unknown.", which)
	}
	return keyAttribute{Name: name, Type: types[name]}, nil
}

// readBilling takes over billing mode and throughput; otherwise is the mode when none is given.
func (t *table) readBilling(r *request, otherwise string) error {
	mode, err := r.choice("BillingMode", "BillingMode must be PROVISIONED or PAY_PER_REQUEST", otherwise, provisioned, onDemand)
	if err != nil {
		return err
	}
	t.Billing = mode
	if mode == onDemand {
		t.Read, t.Write = 0, 0
		return nil
	}
	throughput := r.nested("ProvisionedThroughput")
	if throughput == nil {
		return invalid("No provisioned throughput specified for the table")
	}
	if t.Read, err = throughput.integer("ReadCapacityUnits", 0); err != nil {
		return err
	}
	if t.Write, err = throughput.integer("WriteCapacityUnits", 0); err != nil {
		return err
	}
	if t.Read < 1 || t.Write < 1 {
		return invalid("ReadCapacityUnits and WriteCapacityUnits must be greater than or equal to 1")
	}
	return nil
}
