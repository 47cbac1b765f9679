package avro

import "github.com/sluice-connect/sluice/schemas"

// anythingFields are the fields of Confluent's envelope for data without schema, in the order in which it looks for
// the one that is set.
var anythingFields = [...]string{"boolean", "bytes", "double", "float", "int", "long", "string", "array", "map"}

// isAnything recognises the schema of the envelope, which stands only at the top.
func isAnything(n *node) bool {
	if n.kind != kRecord || n.fullName() != confluent+"Anything" || len(n.fields) != len(anythingFields) {
		return false
	}
	for i, f := range n.fields {
		u := f.node
		if f.name != anythingFields[i] || u.kind != kUnion || len(u.branches) != 2 || u.branches[0].kind != kNull {
			return false
		}
		inner := u.branches[1]
		switch f.name {
		case "array":
			if inner.kind != kArray || inner.elem != n {
				return false
			}
		case "map":
			if inner.kind != kArray || !isMapEntry(inner.elem) || !anythingEntry(inner.elem, n) {
				return false
			}
		default:
			if inner.kind.String() != f.name {
				return false
			}
		}
	}
	return true
}

func anythingEntry(entry, n *node) bool {
	f := entry.fields
	return len(f) == 2 && f[0].name == "key" && f[1].name == "value" && f[0].node == n && f[1].node == n
}

// compileAnything builds the program of the envelope. Its op has no schema, and neither have the collections in it.
func (c *compiler) compileAnything(n *node) (*program, error) {
	root := &op{code: opAnything, body: &body{weight: len("{}"), takesBytes: true}}
	for _, f := range n.fields {
		var inner *op
		switch f.name {
		case "array":
			inner = &op{code: opArray, elem: root}
		case "map":
			inner = &op{code: opPairs, key: root, elem: root}
		default:
			o, err := c.at(f.node.branches[1], place{})
			if err != nil {
				return nil, err
			}
			inner = o
		}
		root.body.fields = append(root.body.fields, &op{code: opOptional, schema: inner.schema, elem: inner})
		root.body.connect = append(root.body.connect, schemas.Field{Name: f.name, Schema: inner.schema})
	}
	return &program{root: root}, nil
}
