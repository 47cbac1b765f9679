package dynamodb

import (
	"maps"
	"slices"
	"strings"
)

// value is one attribute value. kind is the DynamoDB type tag; which of the other fields counts follows from it.
// Numbers are kept in canonical notation, so equal values have equal representations.
type value struct {
	kind  string
	text  string // S, N; B holds the raw bytes
	truth bool   // BOOL
	list  []value
	attrs item
}

// item is a set of named attributes: a stored item, a key or a map value.
type item map[string]value

const maxItemSize = 400 << 10

func numberValue(n number) value { return value{kind: "N", text: n.String()} }

// number reads a value whose kind is known to be N; it was checked on arrival.
func (v value) number() number { return parseNumber(v.text) }

// size is the number of bytes DynamoDB counts for the value.
func (v value) size() int {
	switch v.kind {
	case "N":
		return v.number().size()
	case "BOOL", "NULL":
		return 1
	case "L":
		n := 3
		for _, e := range v.list {
			n += e.size() + 1
		}
		return n
	case "M":
		return 3 + v.attrs.size() + len(v.attrs)
	}
	return len(v.text)
}

func (it item) size() int {
	n := 0
	for name, v := range it {
		n += len(name) + v.size()
	}
	return n
}

// compare orders two values of one scalar type; ok is false for any other pair.
func (v value) compare(o value) (order int, ok bool) {
	if v.kind != o.kind {
		return 0, false
	}
	switch v.kind {
	case "N":
		return v.number().compare(o.number()), true
	case "S", "B":
		return strings.Compare(v.text, o.text), true
	}
	return 0, false
}

func (v value) equal(o value) bool {
	return v.kind == o.kind && v.text == o.text && v.truth == o.truth &&
		slices.EqualFunc(v.list, o.list, value.equal) &&
		maps.EqualFunc(v.attrs, o.attrs, value.equal)
}

// pick returns the named attributes that exist.
func (it item) pick(names ...string) item {
	out := make(item, len(names))
	for _, name := range names {
		if v, ok := it[name]; ok {
			out[name] = v
		}
	}
	return out
}
