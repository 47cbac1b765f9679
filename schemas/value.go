package schemas

import (
	"bytes"
	"time"
)

// Value is a key, a value or a header of a record: a schema (nil when schemaless) and data, which is either built or
// still lazy bytes that a converter has validated.
//
// Data is one of: nil, bool, int8, int16, int32, int64, float32, float64, string, []byte, []any, Map, *Struct,
// Number (schemaless JSON only), Decimal, time.Time (Date, Time and Timestamp). Elements follow the same rule.
// A Value is immutable: whoever wants another one builds it.
type Value struct {
	Schema *Schema
	data   any
	lazy   Lazy
}

// Lazy is converted data whose tree has not been built. Converters implement it over validated bytes, so none of its
// methods can fail. A Lazy is used by one goroutine at a time and is valid until its batch has been written; a sink
// that keeps data longer copies it (Tree returns data that stays valid).
type Lazy interface {
	// Tree builds the data in the form described at Value.
	Tree() any
	// AppendJSON appends the data as one JSON document without line breaks.
	AppendJSON(dst []byte) []byte
	// Lookup returns the data at path (struct fields or string map keys), without building the rest.
	Lookup(path []string) (any, bool)
}

// Of returns a value whose data is already built.
func Of(s *Schema, data any) Value { return Value{Schema: s, data: data} }

// LazyOf returns a value whose data is built on demand.
func LazyOf(s *Schema, l Lazy) Value { return Value{Schema: s, lazy: l} }

// IsNull reports whether the value is null: a tombstone when it is the value of a record. Lazy data is never null.
func (v Value) IsNull() bool { return v.lazy == nil && v.data == nil }

// Data returns the data in built form. For lazy data every call builds it again: keep the result.
func (v Value) Data() any {
	if v.lazy != nil {
		return v.lazy.Tree()
	}
	return v.data
}

// Lookup returns the data found by following path through structs and maps with string keys; ok is false when a
// step does not exist or is no container. An empty path is the whole data.
func (v Value) Lookup(path []string) (data any, ok bool) {
	if v.lazy != nil && len(path) > 0 {
		return v.lazy.Lookup(path)
	}
	return LookupData(v.Data(), path)
}

// AppendJSON appends the value as one line of JSON: what Connect's JsonConverter without schemas would write, except
// that schemaless objects keep the order and the numbers the exact text they came with.
func (v Value) AppendJSON(dst []byte) []byte {
	if v.lazy != nil {
		return v.lazy.AppendJSON(dst)
	}
	return AppendDataJSON(dst, v.Schema, v.data, JSONOptions{})
}

// Number is a number of a schemaless JSON document, with the text it came with.
type Number string

// Map is Connect's map, and a schemaless JSON object: entries in the order they came, string keys in the JSON case.
type Map []Entry

// Entry is one entry of a Map.
type Entry struct {
	Key, Value any
}

// Get returns the value stored under the string key k. Of a repeated key the last one counts, as in a Java map.
func (m Map) Get(k string) (any, bool) {
	for i := len(m) - 1; i >= 0; i-- {
		if s, ok := m[i].Key.(string); ok && s == k {
			return m[i].Value, true
		}
	}
	return nil, false
}

// Struct is a record with a schema; Values has one element for each of Schema.Fields.
type Struct struct {
	Schema *Schema
	Values []any
}

// Get returns the value of the field called name.
func (s *Struct) Get(name string) (any, bool) {
	if i := s.Schema.FieldIndex(name); i >= 0 && i < len(s.Values) {
		return s.Values[i], true
	}
	return nil, false
}

// LookupData follows path through structs and maps of built data.
func LookupData(data any, path []string) (any, bool) {
	for _, p := range path {
		var ok bool
		switch d := data.(type) {
		case *Struct:
			data, ok = d.Get(p)
		case Map:
			data, ok = d.Get(p)
		}
		if !ok {
			return nil, false
		}
	}
	return data, true
}

// DataEqual compares built data deeply; numbers compare by type and value, Number by text, maps by order.
func DataEqual(a, b any) bool {
	switch x := a.(type) {
	case []byte:
		y, ok := b.([]byte)
		return ok && bytes.Equal(x, y)
	case []any:
		y, ok := b.([]any)
		return ok && allEqual(x, y)
	case Map:
		y, ok := b.(Map)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !DataEqual(x[i].Key, y[i].Key) || !DataEqual(x[i].Value, y[i].Value) {
				return false
			}
		}
		return true
	case *Struct:
		y, ok := b.(*Struct)
		return ok && x.Schema.Equal(y.Schema) && allEqual(x.Values, y.Values)
	case Decimal:
		y, ok := b.(Decimal)
		return ok && x.equal(y)
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	}
	return a == b
}

func allEqual(x, y []any) bool {
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if !DataEqual(x[i], y[i]) {
			return false
		}
	}
	return true
}
