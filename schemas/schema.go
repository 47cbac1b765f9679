// Package schemas holds Kafka Connect's data model in Go: records, schemas and the values they describe.
package schemas

import "maps"

// Type is the physical type of a schema, named as in Connect's Schema.Type.
type Type uint8

// The physical types of Connect.
const (
	Int8 Type = iota + 1
	Int16
	Int32
	Int64
	Float32
	Float64
	Boolean
	String
	Bytes
	ArrayType
	MapType
	StructType
)

var typeNames = [...]string{
	Int8: "int8", Int16: "int16", Int32: "int32", Int64: "int64", Float32: "float", Float64: "double",
	Boolean: "boolean", String: "string", Bytes: "bytes", ArrayType: "array", MapType: "map", StructType: "struct",
}

// String returns the name the JSON schema envelope uses for t, such as "int64" or "struct".
func (t Type) String() string {
	if int(t) < len(typeNames) && typeNames[t] != "" {
		return typeNames[t]
	}
	return "unknown"
}

// TypeByName finds the type with the envelope name n; ok is false for a name that is none of Connect's.
func TypeByName(n string) (t Type, ok bool) {
	for i, s := range typeNames {
		if s == n && s != "" {
			return Type(i), true
		}
	}
	return 0, false
}

// Schema describes a value. A schema is immutable once it is shared: converters cache and reuse them, so that
// sinks may compare pointers before they compare contents.
type Schema struct {
	Type     Type
	Optional bool
	Name     string // logical or record name, "" if none
	Version  int    // 0 if none
	Doc      string
	Default  any // in the form of Value.Data; only meaningful when HasDefault
	// HasDefault tells a default of nil from no default.
	HasDefault bool
	Params     map[string]string // nil if none
	Fields     []Field           // of a StructType, in order
	Key        *Schema           // of a MapType
	Elem       *Schema           // of an ArrayType or MapType
}

// Field is a named member of a struct schema.
type Field struct {
	Name   string
	Schema *Schema
}

// FieldIndex returns the position of the field called name, or -1.
func (s *Schema) FieldIndex(name string) int {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return i
		}
	}
	return -1
}

// At follows path through the fields of structs and the values of maps; it returns nil when the path leads nowhere or s
// is nil.
func (s *Schema) At(path []string) *Schema {
	for _, p := range path {
		if s == nil {
			return nil
		}
		if i := s.FieldIndex(p); i >= 0 {
			s = s.Fields[i].Schema
		} else {
			s = s.Elem
		}
	}
	return s
}

// Equal reports whether a and b describe the same data with the same names, versions, parameters and defaults,
// which is what Connect's ConnectSchema.equals compares. Recursive schemas are compared too.
func (s *Schema) Equal(b *Schema) bool { return s.equal(b, map[[2]*Schema]bool{}) }

// equal takes a pair it has met before as equal: either it was, or its comparison is under way because the schemas are
// recursive; and the first difference anywhere ends all of it.
func (s *Schema) equal(b *Schema, met map[[2]*Schema]bool) bool {
	if s == b {
		return true
	}
	if s == nil || b == nil || !s.sameHead(b) {
		return false
	}
	if met[[2]*Schema{s, b}] {
		return true
	}
	met[[2]*Schema{s, b}] = true
	for i := range s.Fields {
		if s.Fields[i].Name != b.Fields[i].Name || !s.Fields[i].Schema.equal(b.Fields[i].Schema, met) {
			return false
		}
	}
	return s.Key.equal(b.Key, met) && s.Elem.equal(b.Elem, met) && (!s.HasDefault || DataEqual(s.Default, b.Default))
}

// sameHead compares everything but the schemas inside and the default.
func (s *Schema) sameHead(b *Schema) bool {
	return s.Type == b.Type && s.Optional == b.Optional && s.Name == b.Name && s.Version == b.Version && s.Doc == b.Doc &&
		s.HasDefault == b.HasDefault && maps.Equal(s.Params, b.Params) && len(s.Fields) == len(b.Fields)
}
