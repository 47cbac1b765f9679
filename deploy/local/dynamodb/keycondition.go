package dynamodb

import "bytes"

// keyRange is the part of a table a query reads: what begins with the encoded hash key, as far as the condition on the
// range key holds, if there is one. The zero value is the whole table.
type keyRange struct {
	hash []byte
	sort *node
}

func (k keyRange) includes(key []byte) bool { return bytes.HasPrefix(key, k.hash) }

func (k keyRange) holds(it item) bool { return k.sort == nil || k.sort.holds(it) }

// beyond gives the least bytes greater than everything that starts with b. An encoded key value never is all 0xff, so
// there always is an answer.
func beyond(b []byte) []byte {
	out := bytes.Clone(b)
	for out[len(out)-1] == 0xff {
		out = out[:len(out)-1]
	}
	out[len(out)-1]++
	return out
}

// readKeyCondition reads the KeyConditionExpression of a query.
func (t *table) readKeyCondition(r *request, sc *scope) keyRange {
	terms := keyTerms(sc.readCondition(r, "KeyConditionExpression"))
	byName := map[string]*node{}
	for _, term := range terms {
		name := keyTermName(term)
		if byName[name] != nil {
			panic(invalid("KeyConditionExpressions must only contain one condition per key"))
		}
		byName[name] = term
	}
	if len(terms) > 2 {
		panic(invalid("Conditions can be of length 1 or 2 only"))
	}
	return t.keyRange(byName)
}

// keyTerms takes a conjunction apart and refuses everything a key condition cannot be.
func keyTerms(n *node) []*node {
	switch {
	case n.op == "AND":
		return append(keyTerms(n.args[0]), keyTerms(n.args[1])...)
	case n.op == "OR" || n.op == "NOT" || n.op == "<>":
		panic(invalid("Invalid operator used in KeyConditionExpression: %s", n.op))
	case n.op == "call" && n.name != "begins_with":
		panic(invalid("Invalid operator used in KeyConditionExpression: %s", n.name))
	}
	return []*node{n}
}

// mirrored gives the operator that means the same with its operands exchanged.
var mirrored = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// keyTermName finds the attribute a term is about and turns `:v < key` into `key > :v`.
func keyTermName(n *node) (name string) {
	for i, arg := range n.args {
		switch {
		case arg.op != "attribute":
		case name != "":
			panic(invalid("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"))
		case i > 0 && mirrored[n.op] == "":
			panic(invalid("Invalid condition in KeyConditionExpression: %s operator must have the key attribute as its first operand", n.op))
		default:
			name = arg.name
		}
	}
	if name == "" {
		panic(invalid("Invalid condition in KeyConditionExpression: No key attribute specified"))
	}
	if n.args[0].op == "value" {
		n.args[0], n.args[1], n.op = n.args[1], n.args[0], mirrored[n.op]
	}
	return name
}

func (t *table) keyRange(terms map[string]*node) keyRange {
	given := make([]*node, 2) // on the hash key, and perhaps on the range key
	for i, k := range t.Keys[:min(len(terms), len(t.Keys))] {
		if given[i] = terms[k.Name]; given[i] == nil {
			panic(invalid("Query condition missed key schema element: %s", k.Name))
		}
		if i == 0 && given[i].op != "=" {
			panic(invalid("Query key condition not supported"))
		}
	}
	if len(terms) > len(t.Keys) {
		panic(invalid("Query key condition not supported"))
	}
	for i, k := range t.Keys {
		if given[i] != nil {
			checkKeyTerm(k, given[i], i)
		}
	}
	return keyRange{hash: appendKeyValue(nil, given[0].args[1].val), sort: given[1]}
}

func checkKeyTerm(k keyAttribute, term *node, position int) {
	for _, arg := range term.args[1:] {
		if arg.val.kind != k.Type {
			panic(invalid("One or more parameter values were invalid: Condition parameter type does not match schema type"))
		}
		checkKeyValue(k.Name, arg.val, position)
	}
}
