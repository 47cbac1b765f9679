package avro

import "github.com/sluice-connect/sluice/schemas"

// lazy is a checked message.
type lazy struct {
	root *op
	b    []byte // the value, without the header
	// repeated is set when a map holds a key twice; such messages are read by way of their tree.
	repeated bool
}

// Tree builds the data.
func (l *lazy) Tree() any {
	data, _ := l.root.tree(l.b, 0)
	if l.repeated {
		data = unrepeated(l.root.schema, data)
	}
	return data
}

// AppendJSON appends the data as JSON, straight from the message.
func (l *lazy) AppendJSON(dst []byte) []byte {
	if l.repeated || l.root.code == opAnything {
		return schemas.AppendDataJSON(dst, l.root.schema, l.Tree(), schemas.JSONOptions{})
	}
	dst, _ = l.root.appendJSON(dst, l.b, 0)
	return dst
}

// Lookup finds the data at path, passing over what stands before it.
func (l *lazy) Lookup(path []string) (any, bool) {
	if l.root.code == opAnything {
		return schemas.LookupData(l.Tree(), path)
	}
	return l.root.lookup(l.b, 0, path)
}

// lookup follows path from the value of o at p.
func (o *op) lookup(b []byte, p int, path []string) (any, bool) {
	for len(path) > 0 {
		switch o.code {
		case opOptional:
			n, q := readLong(b, p)
			if n == o.nullAt {
				return nil, false
			}
			o, p = o.elem, q
		case opSingle:
			_, p = readLong(b, p)
			o = o.elem
		case opRecord:
			i := o.schema.FieldIndex(path[0])
			if i < 0 {
				return nil, false
			}
			for _, f := range o.body.fields[:i] {
				p = skip(f, b, p)
			}
			o, path = o.body.fields[i], path[1:]
		case opUnion:
			i := o.schema.FieldIndex(path[0])
			inner, field, q := readUnion(o.union, b, p)
			switch {
			case i < 0 || inner == nil:
				return nil, false
			case i != field:
				return nil, len(path) == 1 // a member that is not set is null
			}
			o, p, path = inner, q, path[1:]
		case opMap:
			if p = findKey(o, b, p, path[0]); p < 0 {
				return nil, false
			}
			o, path = o.elem, path[1:]
		case opPairs:
			data, _ := o.tree(b, p)
			return schemas.LookupData(unrepeated(o.schema, data), path)
		default:
			return nil, false
		}
	}
	data, _ := o.tree(b, p)
	return unrepeated(o.schema, data), true
}

// findKey returns where the value of the last entry with the given key stands, or -1.
func findKey(o *op, b []byte, p int, key string) int {
	found := -1
	for {
		n, q := readBlock(b, p)
		p = q
		if n == 0 {
			return found
		}
		for ; n > 0; n-- {
			k, q := readSized(b, p)
			if view(k) == key {
				found = q
			}
			p = skip(o.elem, b, q)
		}
	}
}
