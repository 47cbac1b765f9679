package dynamodb

import bolt "go.etcd.io/bbolt"

// mutation is one checked write to one item, read before any transaction starts.
type mutation struct {
	table     *table
	key       []byte
	item      item     // what a put stores; nil otherwise
	given     item     // the key as the request gave it; nil for a put
	actions   []action // what an update does
	kind      mutationKind
	condition *node
	defect    error // what makes this member of a transaction fail when applied
	// oldOnFailure asks for the item that made the condition fail.
	oldOnFailure bool
}

type mutationKind int

const (
	putMutation mutationKind = iota
	deleteMutation
	updateMutation
	checkMutation
)

// readMutation reads a write of the given kind; r holds its parameters. The caller holds s.mu.
func (s *Server) readMutation(r *request, kind mutationKind) (*mutation, error) {
	name, err := r.tableName()
	if err != nil {
		return nil, err
	}
	if err := r.refuseLegacy("Expected", "AttributeUpdates", "ConditionalOperator"); err != nil {
		return nil, err
	}
	m := &mutation{kind: kind}
	if err := m.readTarget(r); err != nil {
		return nil, err
	}
	if err := m.readExpressions(r); err != nil {
		return nil, err
	}
	if m.table, err = s.find(name); err != nil {
		return nil, err
	}
	if kind == putMutation {
		m.key, err = m.table.itemKey(m.item)
		return m, err
	}
	m.key, err = m.table.requestKey(m.given)
	return m, err
}

func (m *mutation) readTarget(r *request) (err error) {
	if m.kind == putMutation {
		if !r.has("Item") {
			return invalid("Value null at 'item' failed to satisfy constraint: Member must not be null")
		}
		if m.item, err = r.item("Item"); err != nil {
			return err
		}
		return checkSize(m.item, "Item size has exceeded the maximum allowed size")
	}
	m.given, err = readKey(r)
	return err
}

func readKey(r *request) (item, error) {
	if !r.has("Key") {
		return nil, invalid("Value null at 'key' failed to satisfy constraint: Member must not be null")
	}
	return r.item("Key")
}

func checkSize(it item, complaint string) error {
	if it.size() > maxItemSize {
		return invalid("%s", complaint)
	}
	return nil
}

func (m *mutation) readExpressions(r *request) error {
	expressions := []string{"ConditionExpression"}
	if m.kind == updateMutation {
		expressions = []string{"UpdateExpression", "ConditionExpression"}
	}
	sc, err := readScope(r, expressions...)
	if err != nil {
		return err
	}
	if m.kind == updateMutation {
		if m.actions, err = readUpdate(r, sc); err != nil {
			return err
		}
	}
	if m.condition, err = readCondition(r, "ConditionExpression", sc); err != nil {
		return err
	}
	if m.kind == checkMutation && m.condition == nil {
		return invalid("Value null at 'conditionExpression' failed to satisfy constraint: Member must not be null")
	}
	returned, err := r.choice("ReturnValuesOnConditionCheckFailure", "ReturnValuesOnConditionCheckFailure must be ALL_OLD or NONE", "NONE", "ALL_OLD")
	if err != nil {
		return err
	}
	m.oldOnFailure = returned == "ALL_OLD"
	return sc.checkUsed()
}

func readUpdate(r *request, sc *scope) ([]action, error) {
	const parameter = "UpdateExpression"
	if !r.has(parameter) {
		return nil, nil
	}
	src, err := r.text(parameter)
	if err != nil {
		return nil, err
	}
	actions, err := parseUpdate(src, sc)
	return actions, inParameter(parameter, err)
}

// readCondition reads a condition parameter; nil when it is absent.
func readCondition(r *request, parameter string, sc *scope) (*node, error) {
	if !r.has(parameter) {
		return nil, nil
	}
	src, err := r.text(parameter)
	if err != nil {
		return nil, err
	}
	n, err := parseCondition(src, sc)
	return n, inParameter(parameter, err)
}

// apply checks the condition and writes. It gives the item before and after; nil is no item.
func (m *mutation) apply(tx *bolt.Tx) (before, after item, err error) {
	if m.defect != nil {
		return nil, nil, m.defect
	}
	bucket := m.table.bucket(tx)
	if before, err = loadItem(bucket, m.key); err != nil {
		return nil, nil, err
	}
	if m.condition != nil && !m.condition.holds(before) {
		return nil, nil, m.conditionFailed(before)
	}
	switch m.kind {
	case checkMutation:
		return before, before, nil
	case deleteMutation:
		return before, nil, removeItem(bucket, m.key)
	case updateMutation:
		if after, err = m.updated(before); err != nil {
			return nil, nil, err
		}
	default:
		after = m.item
	}
	return before, after, storeItem(bucket, m.key, after)
}

func (m *mutation) conditionFailed(before item) error {
	f := &failure{code: "ConditionalCheckFailedException", message: "The conditional request failed"}
	if m.oldOnFailure && before != nil {
		f.details = object{"Item": before}
	}
	return f
}

func (m *mutation) updated(before item) (item, error) {
	for _, a := range m.actions {
		for _, k := range m.table.Keys {
			if a.path[0].name == k.Name {
				return nil, invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", k.Name)
			}
		}
	}
	if before == nil {
		before = m.given
	}
	after, err := applyUpdate(before, m.actions)
	if err != nil {
		return nil, err
	}
	return after, checkSize(after, "Item size to update has exceeded the maximum allowed size")
}
