package avro

import (
	"encoding/base64"
	"math"
	"strconv"

	"github.com/sluice-connect/sluice/schemas"
)

// appendJSON appends the value of o at p and returns where it ends.
func (o *op) appendJSON(dst, b []byte, p int) ([]byte, int) {
	switch o.code {
	case opString:
		s, q := readSized(b, p)
		return schemas.AppendJSONString(dst, view(s)), q
	case opInt32, opDate, opTime:
		n, q := readInt(b, p)
		return strconv.AppendInt(dst, int64(n), 10), q
	case opInt64, opTimestamp:
		n, q := readLong(b, p)
		return strconv.AppendInt(dst, n, 10), q
	case opFloat64:
		f, q := readDouble(b, p)
		return appendFloat(dst, f, 64), q
	case opFloat32:
		f, q := readFloat(b, p)
		return appendFloat(dst, float64(f), 32), q
	case opBoolean:
		return strconv.AppendBool(dst, b[p] == 1), p + 1
	case opOptional:
		n, q := readLong(b, p)
		if n == o.nullAt {
			return append(dst, "null"...), q
		}
		return o.elem.appendJSON(dst, b, q)
	case opEnum:
		n, q := readInt(b, p)
		return append(dst, o.symbols[n].json...), q
	case opRecord:
		return o.body.appendJSON(dst, b, p)
	case opArray, opMap, opPairs:
		return o.appendItems(dst, b, p)
	case opUnion:
		return o.appendUnion(dst, b, p)
	}
	return o.appendRare(dst, b, p)
}

func (o *op) appendRare(dst, b []byte, p int) ([]byte, int) {
	switch o.code {
	case opInt8:
		n, q := readInt(b, p)
		return strconv.AppendInt(dst, int64(int8(n)), 10), q
	case opInt16:
		n, q := readInt(b, p)
		return strconv.AppendInt(dst, int64(int16(n)), 10), q
	case opBytes, opFixed:
		s, q := readBytes(o, b, p)
		return appendBase64(dst, s), q
	case opDecimal, opDecimalFixed:
		s, q := readBytes(o, b, p)
		return appendBase64(dst, trimmed(s)), q
	case opSingle:
		_, q := readLong(b, p)
		return o.elem.appendJSON(dst, b, q)
	}
	return append(dst, "null"...), p
}

func (r *body) appendJSON(dst, b []byte, p int) ([]byte, int) {
	if len(r.fields) == 0 {
		return append(dst, '{', '}'), p
	}
	for i, f := range r.fields {
		dst = append(dst, r.before[i]...)
		dst, p = f.appendJSON(dst, b, p)
	}
	return append(dst, '}'), p
}

func (o *op) appendUnion(dst, b []byte, p int) ([]byte, int) {
	inner, field, p := readUnion(o.union, b, p)
	if inner == nil {
		return append(dst, "null"...), p
	}
	dst = append(dst, o.union.before[field]...)
	dst, p = inner.appendJSON(dst, b, p)
	return append(dst, o.union.after[field]...), p
}

// appendItems writes arrays, maps as objects, and maps with other keys than strings as arrays of pairs.
func (o *op) appendItems(dst, b []byte, p int) ([]byte, int) {
	opening, closing := byte('['), byte(']')
	if o.code == opMap || (o.code == opPairs && o.key.schema.Type == schemas.String) {
		opening, closing = '{', '}'
	}
	dst = append(dst, opening)
	for first := true; ; {
		n, q := readBlock(b, p)
		p = q
		if n == 0 {
			return append(dst, closing), p
		}
		for ; n > 0; n-- {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst, p = o.appendItem(dst, b, p)
		}
	}
}

func (o *op) appendItem(dst, b []byte, p int) ([]byte, int) {
	switch o.code {
	case opMap:
		k, q := readSized(b, p)
		dst = append(schemas.AppendJSONString(dst, view(k)), ':')
		return o.elem.appendJSON(dst, b, q)
	case opPairs:
		return o.appendPair(dst, b, p)
	}
	return o.elem.appendJSON(dst, b, p)
}

func (o *op) appendPair(dst, b []byte, p int) ([]byte, int) {
	keyAt, valueAt := p, p
	var end int
	if o.swapped {
		keyAt = skip(o.elem, b, p)
		end = skip(o.key, b, keyAt)
	} else {
		valueAt = skip(o.key, b, p)
		end = skip(o.elem, b, valueAt)
	}
	if o.key.schema.Type != schemas.String {
		dst, _ = o.key.appendJSON(append(dst, '['), b, keyAt)
		dst, _ = o.elem.appendJSON(append(dst, ','), b, valueAt)
		return append(dst, ']'), end
	}
	start := len(dst)
	dst, _ = o.key.appendJSON(dst, b, keyAt)
	if dst[start] != '"' { // a null key becomes the text null, as in Java
		dst = append(dst[:start], `"null"`...)
	}
	dst, _ = o.elem.appendJSON(append(dst, ':'), b, valueAt)
	return dst, end
}

func appendBase64(dst, b []byte) []byte {
	dst = append(dst, '"')
	return append(base64.StdEncoding.AppendEncode(dst, b), '"')
}

// appendFloat writes the three values JSON has no number for as strings, as Jackson does.
func appendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(schemas.AppendJavaFloat(append(dst, '"'), f, bits), '"')
	}
	return schemas.AppendJavaFloat(dst, f, bits)
}

// skip returns where the value of o at p ends.
func skip(o *op, b []byte, p int) int {
	c := checker{b: b, repeated: true} // the limits hold for every part of what has been checked
	return c.value(o, p)
}
