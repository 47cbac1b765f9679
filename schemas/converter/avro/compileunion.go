package avro

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/sluice-connect/sluice/schemas"
)

// simpleUnion compiles the unions that Connect does not see as such; done is false for others.
func (c *compiler) simpleUnion(n *node, p place) (o *op, done bool, err error) {
	if len(n.branches) == 1 && c.flatten {
		inner, err := c.at(n.branches[0], place{doc: p.doc, hasDoc: p.hasDoc})
		if err != nil {
			return nil, true, err
		}
		return &op{code: opSingle, schema: inner.schema, elem: inner}, true, nil
	}
	if len(n.branches) != 2 {
		return nil, false, nil
	}
	for i, b := range n.branches {
		if b.kind != kNull {
			continue
		}
		inner, err := c.at(n.branches[1-i], place{optional: true, doc: p.doc, hasDoc: p.hasDoc})
		if err != nil {
			return nil, true, err
		}
		return &op{code: opOptional, schema: inner.schema, elem: inner, nullAt: int64(i)}, true, nil
	}
	return nil, false, nil
}

func (c *compiler) shapeUnion(o *op, n *node) error {
	o.set(opUnion, schemas.StructType)
	o.schema.Name = unionName
	if c.generalized {
		o.schema.Name = generalizedUnion + strconv.Itoa(c.unions)
		setParam(o.schema, generalizedUnionParam, o.schema.Name)
		c.unions++
	}
	u := &union{}
	o.union = u
	seen := map[string]bool{}
	for i, b := range n.branches {
		if b.kind == kNull {
			o.schema.Optional = true
			u.branches = append(u.branches, branch{field: noField})
			continue
		}
		name := c.memberName(b, i)
		if seen[name] {
			return errors.New("Multiple union schemas map to the Connect union field name") //nolint:staticcheck // Confluent's text
		}
		seen[name] = true
		inner, err := c.at(b, place{optional: true})
		if err != nil {
			return err
		}
		u.branches = append(u.branches, branch{op: inner, field: len(o.schema.Fields)})
		o.schema.Fields = append(o.schema.Fields, schemas.Field{Name: name, Schema: inner.schema})
	}
	u.assign()
	u.frame(o.schema.Fields)
	return nil
}

// memberName is the name of the struct field that stands for a union branch.
func (c *compiler) memberName(n *node, i int) string {
	switch {
	case c.generalized:
		return fmt.Sprintf("connect_union_field_%d", i)
	case n.name == "":
		return n.kind.String()
	case c.enhanced:
		return n.fullName()
	}
	return n.name
}

// assign finds the field for each branch the way Confluent does, by the Java class of the value: small integers and
// maps written as arrays match none, and fixed and bytes match each other.
func (u *union) assign() {
	for i := range u.branches {
		b := &u.branches[i]
		if b.op == nil {
			continue
		}
		switch b.op.code {
		case opInt8, opInt16, opPairs:
			b.field = noField
		case opFixed:
			for _, other := range u.branches[:i] {
				if other.op != nil && other.op.code == opBytes {
					b.field = other.field
				}
			}
		case opBytes:
			for f, other := range u.branches[:i] {
				if other.op != nil && other.op.code == opFixed && other.field == u.ownField(f) {
					b.sized = append(b.sized, sizedField{size: other.op.size, field: other.field})
				}
			}
		}
	}
}

// ownField is the position of branch i among those that are not null.
func (u *union) ownField(i int) int {
	own := 0
	for _, b := range u.branches[:i] {
		if b.op != nil {
			own++
		}
	}
	return own
}

// frame prepares the JSON around the one field that is set.
func (u *union) frame(fields []schemas.Field) {
	for set := range fields {
		var before, after []byte
		for i, f := range fields {
			sep := byte(',')
			if i == 0 {
				sep = '{'
			}
			part := append(schemas.AppendJSONString([]byte{sep}, f.Name), ':')
			switch {
			case i < set:
				before = append(append(before, part...), "null"...)
			case i == set:
				before = append(before, part...)
			default:
				after = append(append(after, part...), "null"...)
			}
		}
		u.weight = max(u.weight, len(before)+len(after)+1)
		u.before = append(u.before, before)
		u.after = append(u.after, append(after, '}'))
	}
}
