package dynamodb

import "bytes"

// keyRange is the part of a table a query reads: keys from low up to, but
// without, high. The zero value is the whole table.
type keyRange struct {
	hash      []byte // the encoded hash key
	low, high []byte
}

func (k keyRange) holds(key []byte) bool {
	return bytes.Compare(key, k.low) >= 0 && (k.high == nil || bytes.Compare(key, k.high) < 0)
}

// beyond gives the least bytes greater than everything that starts with b.
// An encoded key value never is all 0xff, so there always is an answer.
func beyond(b []byte) []byte {
	out := bytes.Clone(b)
	for out[len(out)-1] == 0xff {
		out = out[:len(out)-1]
	}
	out[len(out)-1]++
	return out
}

// readKeyCondition reads the KeyConditionExpression of a query.
func (t *table) readKeyCondition(src string, sc *scope) (keyRange, error) {
	n, err := parseCondition(src, sc)
	if err != nil {
		return keyRange{}, inParameter("KeyConditionExpression", err)
	}
	terms, err := keyTerms(n)
	if err != nil {
		return keyRange{}, err
	}
	byName := map[string]*node{}
	for _, term := range terms {
		name, err := keyTermName(term)
		if err != nil {
			return keyRange{}, err
		}
		if byName[name] != nil {
			return keyRange{}, invalid("KeyConditionExpressions must only contain one condition per key")
		}
		byName[name] = term
	}
	if len(terms) > 2 {
		return keyRange{}, invalid("Conditions can be of length 1 or 2 only")
	}
	return t.keyRange(byName)
}

// keyTerms takes a conjunction apart and refuses everything a key condition cannot be.
func keyTerms(n *node) ([]*node, error) {
	switch n.op {
	case "AND":
		left, err := keyTerms(n.args[0])
		if err != nil {
			return nil, err
		}
		right, err := keyTerms(n.args[1])
		return append(left, right...), err
	case "OR", "NOT", "<>", "IN":
		return nil, invalid("Invalid operator used in KeyConditionExpression: %s", n.op)
	case "call":
		if n.name != "begins_with" {
			return nil, invalid("Invalid operator used in KeyConditionExpression: %s", n.name)
		}
	}
	return []*node{n}, nil
}

// keyTermName finds the attribute a term is about and turns `:v < key` into `key > :v`.
func keyTermName(n *node) (string, error) {
	var at path
	for i, arg := range n.args {
		switch {
		case arg.op == "call":
			return "", invalid("KeyConditionExpressions cannot contain nested operations")
		case arg.op == "path" && at != nil:
			return "", invalid("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
		case arg.op == "path" && i > 0 && (n.op == "BETWEEN" || n.op == "call"):
			return "", invalid("Invalid condition in KeyConditionExpression: %s operator must have the key attribute as its first operand", n.op)
		case arg.op == "path":
			at = arg.path
		}
	}
	if at == nil {
		return "", invalid("Invalid condition in KeyConditionExpression: No key attribute specified")
	}
	if len(at) > 1 {
		return "", invalid("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: %s", at[0].name)
	}
	if n.args[0].op == "value" {
		n.args[0], n.args[1] = n.args[1], n.args[0]
		n.op = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}[n.op]
	}
	return at[0].name, nil
}

func (t *table) keyRange(terms map[string]*node) (keyRange, error) {
	hash := terms[t.Keys[0].Name]
	if hash == nil {
		return keyRange{}, missedKey(t.Keys[0].Name)
	}
	if hash.op != "=" {
		return keyRange{}, invalid("Query key condition not supported")
	}
	var sort *node
	if len(terms) == 2 {
		if len(t.Keys) == 1 {
			return keyRange{}, invalid("Query key condition not supported")
		}
		if sort = terms[t.Keys[1].Name]; sort == nil {
			return keyRange{}, missedKey(t.Keys[1].Name)
		}
	}
	for i, term := range []*node{hash, sort} {
		if term == nil {
			continue
		}
		if err := checkKeyTerm(t.Keys[i], term, i); err != nil {
			return keyRange{}, err
		}
	}
	return rangeOf(appendKeyValue(nil, hash.args[1].val), sort), nil
}

// rangeOf turns the condition on the range key, if any, into bounds.
func rangeOf(hash []byte, sort *node) keyRange {
	out := keyRange{hash: hash, low: hash, high: beyond(hash)}
	if sort == nil {
		return out
	}
	bound := sort.args[1].val
	exact := appendKeyValue(bytes.Clone(hash), bound)
	switch sort.op {
	case "=":
		out.low, out.high = exact, beyond(exact)
	case "<":
		out.high = exact
	case "<=":
		out.high = beyond(exact)
	case ">":
		out.low = beyond(exact)
	case ">=":
		out.low = exact
	case "BETWEEN":
		out.low, out.high = exact, beyond(appendKeyValue(bytes.Clone(hash), sort.args[2].val))
	case "call": // begins_with
		out.low = appendEscaped(bytes.Clone(hash), bound.text)
		out.high = beyond(out.low)
	}
	return out
}

func missedKey(name string) error {
	return invalid("Query condition missed key schema element: %s", name)
}

func checkKeyTerm(k keyAttribute, term *node, position int) error {
	for _, arg := range term.args[1:] {
		if arg.val.kind != k.Type {
			return invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
		}
		if err := checkKeyValue(k.Name, arg.val, position); err != nil {
			return err
		}
	}
	return nil
}
