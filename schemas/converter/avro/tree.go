package avro

import "github.com/sluice-connect/sluice/schemas"

// tree builds the Connect data of the value of o at p and returns where it ends. The data shares nothing with b.
func (o *op) tree(b []byte, p int) (any, int) {
	switch o.code {
	case opString:
		s, q := readSized(b, p)
		return text(s), q
	case opInt32:
		n, q := readInt(b, p)
		return n, q
	case opInt64:
		n, q := readLong(b, p)
		return n, q
	case opFloat64:
		f, q := readDouble(b, p)
		return f, q
	case opFloat32:
		f, q := readFloat(b, p)
		return f, q
	case opBoolean:
		return b[p] == 1, p + 1
	case opOptional:
		n, q := readLong(b, p)
		if n == o.nullAt {
			return nil, q
		}
		return o.elem.tree(b, q)
	case opEnum:
		n, q := readInt(b, p)
		return o.symbols[n].text, q
	case opRecord:
		return o.structTree(b, p)
	case opArray:
		return o.arrayTree(b, p)
	case opMap, opPairs:
		return o.mapTree(b, p)
	case opUnion:
		return o.unionTree(b, p)
	case opAnything:
		return o.anythingTree(b, p)
	}
	return o.rareTree(b, p)
}

func (o *op) rareTree(b []byte, p int) (any, int) {
	switch o.code {
	case opInt8:
		n, q := readInt(b, p)
		return int8(n), q
	case opInt16:
		n, q := readInt(b, p)
		return int16(n), q
	case opDate:
		n, q := readInt(b, p)
		return schemas.DateFromDays(n), q
	case opTime:
		n, q := readInt(b, p)
		return schemas.TimeFromMillis(n), q
	case opTimestamp:
		n, q := readLong(b, p)
		return schemas.TimestampFromMillis(n), q
	case opBytes, opFixed:
		s, q := readBytes(o, b, p)
		return append([]byte{}, s...), q
	case opDecimal, opDecimalFixed:
		s, q := readBytes(o, b, p)
		return schemas.DecimalFromBigEndian(trimmed(s), o.scale), q
	case opSingle:
		_, q := readLong(b, p)
		return o.elem.tree(b, q)
	}
	return nil, p
}

func (o *op) structTree(b []byte, p int) (any, int) {
	s := &schemas.Struct{Schema: o.schema, Values: make([]any, len(o.body.fields))}
	for i, f := range o.body.fields {
		s.Values[i], p = f.tree(b, p)
	}
	return s, p
}

func (o *op) unionTree(b []byte, p int) (any, int) {
	inner, field, p := readUnion(o.union, b, p)
	if inner == nil {
		return nil, p
	}
	s := &schemas.Struct{Schema: o.schema, Values: make([]any, len(o.schema.Fields))}
	s.Values[field], p = inner.tree(b, p)
	return s, p
}

// anythingTree unwraps schemaless data: the first field that is set is the value.
func (o *op) anythingTree(b []byte, p int) (found any, end int) {
	for _, f := range o.body.fields {
		var v any
		v, p = f.tree(b, p)
		if found == nil {
			found = v
		}
	}
	return found, p
}

func (o *op) arrayTree(b []byte, p int) (any, int) {
	out := []any{}
	for {
		n, q := readBlock(b, p)
		p = q
		if n == 0 {
			return out, p
		}
		for ; n > 0; n-- {
			var v any
			v, p = o.elem.tree(b, p)
			out = append(out, v)
		}
	}
}

func (o *op) mapTree(b []byte, p int) (any, int) {
	out := schemas.Map{}
	for {
		n, q := readBlock(b, p)
		p = q
		if n == 0 {
			return out, p
		}
		for ; n > 0; n-- {
			var e schemas.Entry
			e, p = o.entryTree(b, p)
			out = append(out, e)
		}
	}
}

func (o *op) entryTree(b []byte, p int) (e schemas.Entry, end int) {
	if o.code == opMap {
		k, q := readSized(b, p)
		e.Key = text(k)
		e.Value, end = o.elem.tree(b, q)
		return e, end
	}
	if o.swapped {
		e.Value, p = o.elem.tree(b, p)
		e.Key, end = o.key.tree(b, p)
		return e, end
	}
	e.Key, p = o.key.tree(b, p)
	e.Value, end = o.elem.tree(b, p)
	return e, end
}
