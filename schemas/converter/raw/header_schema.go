package raw

import "github.com/sluice-connect/sluice/schemas"

// common finds the schema that fits all values of a container: the widest of their number types, or the one they
// share. There is none for values of different kinds, nor without any value.
type common struct {
	schema *schemas.Schema
	mixed  bool
}

func (c *common) add(v schemas.Value) {
	switch {
	case v.IsNull() || c.mixed:
	case c.schema == nil || c.schema.Type == v.Schema.Type:
		c.mixed = c.schema != nil && c.schema.Name != v.Schema.Name
		c.schema = v.Schema
	case isNumeric(c.schema) && isNumeric(v.Schema):
		if width[v.Schema.Type] > width[c.schema.Type] {
			c.schema = v.Schema
		}
	default:
		c.mixed = true
	}
	if c.mixed {
		c.schema = nil
	}
}

var width = map[schemas.Type]int{
	schemas.Int8: 1, schemas.Int16: 2, schemas.Int32: 3, schemas.Int64: 4, schemas.Float32: 5, schemas.Float64: 6,
}

func isNumeric(s *schemas.Schema) bool { return s.Name == "" && width[s.Type] > 0 }

// widen turns a number into the type of s.
func widen(s *schemas.Schema, data any) any {
	if s == nil || !isNumeric(s) {
		return data
	}
	var n int64
	switch v := data.(type) {
	case int8:
		n = int64(v)
	case int16:
		n = int64(v)
	case int32:
		n = int64(v)
	case int64:
		n = v
	case float32:
		if s.Type == schemas.Float64 {
			return float64(v)
		}
		return v
	default:
		return data
	}
	switch s.Type {
	case schemas.Int8:
		return int8(n)
	case schemas.Int16:
		return int16(n)
	case schemas.Int32:
		return int32(n)
	case schemas.Float32:
		return float32(n)
	case schemas.Float64:
		return float64(n)
	}
	return n
}
