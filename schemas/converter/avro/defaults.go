package avro

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/sluice-connect/sluice/schemas"
)

// errDefault is a default that does not fit its type. Confluent's converter drops such a default and goes on.
var errDefault = errors.New("default does not fit its type")

// setDefault puts the default of the field, or else that of connect.default, on s.
func (c *compiler) setDefault(s *schemas.Schema, n *node, p place) {
	own := n.props["connect.default"]
	doc := own
	if p.hasDef && fits(s, n, p.def) {
		doc = p.def
		if own == nil && c.metadata && !c.discard {
			setParam(s, confluent+"field.default", "true")
		}
	}
	if doc == nil {
		return
	}
	data, err := c.defaultData(s, n, doc)
	if err == nil && data != nil {
		s.Default, s.HasDefault = data, true
	}
}

// fits reports whether doc has the form of a default of n, whatever stands inside a container.
func fits(s *schemas.Schema, n *node, doc any) bool {
	for n.kind == kUnion {
		n = n.branches[0]
	}
	var ok bool
	switch n.kind {
	case kArray:
		_, ok = doc.([]any)
	case kMap, kRecord:
		_, ok = doc.(map[string]any)
	default:
		_, err := scalarDefault(s, n, doc)
		ok = err == nil
	}
	return ok || doc == nil
}

// defaultData converts the JSON of a default to Connect data of schema s.
func (c *compiler) defaultData(s *schemas.Schema, n *node, doc any) (any, error) {
	if doc == nil {
		return nil, nil
	}
	switch n.kind {
	case kArray:
		return c.arrayDefault(s, n, doc)
	case kMap:
		return c.mapDefault(s, n, doc)
	case kRecord:
		return c.recordDefault(s, n, doc)
	case kUnion:
		return c.unionDefault(s, n, doc)
	}
	return scalarDefault(s, n, doc)
}

func scalarDefault(s *schemas.Schema, n *node, doc any) (any, error) {
	if doc == nil {
		return nil, nil
	}
	switch d := doc.(type) {
	case bool:
		if n.kind == kBoolean {
			return d, nil
		}
	case string:
		return textDefault(s, n, d)
	case json.Number:
		return numberDefault(s, n, d)
	}
	return nil, errDefault
}

func textDefault(s *schemas.Schema, n *node, text string) (any, error) {
	switch n.kind {
	case kString, kEnum:
		return text, nil
	case kBytes, kFixed:
		b := make([]byte, 0, len(text))
		for _, r := range text { // Avro writes bytes as the characters U+0000 to U+00FF
			if r > 0xff {
				r = '?'
			}
			b = append(b, byte(r))
		}
		if decimal, scale := isDecimal(s); decimal {
			if len(b) == 0 {
				return nil, errDefault
			}
			return schemas.DecimalFromBigEndian(b, scale), nil
		}
		return b, nil
	}
	return nil, errDefault
}

func isDecimal(s *schemas.Schema) (bool, int32) {
	scale, err := strconv.ParseInt(s.Params[schemas.DecimalScale], 10, 32)
	return s.Name == schemas.DecimalName && err == nil, int32(scale)
}

func numberDefault(s *schemas.Schema, n *node, d json.Number) (any, error) {
	if n.kind == kFloat || n.kind == kDouble {
		f, err := d.Float64()
		if err != nil && !math.IsInf(f, 0) {
			return nil, errDefault
		}
		if n.kind == kFloat {
			return float32(f), nil
		}
		return f, nil
	}
	i, err := d.Int64()
	if err != nil || (n.kind != kInt && n.kind != kLong) || (n.kind == kInt && int64(int32(i)) != i) {
		return nil, errDefault
	}
	switch {
	case s.Name == schemas.DateName:
		return schemas.DateFromDays(int32(i)), nil
	case s.Name == schemas.TimeName:
		return schemas.TimeFromMillis(int32(i)), nil
	case s.Name == schemas.TimestampName:
		return schemas.TimestampFromMillis(i), nil
	case s.Type == schemas.Int8:
		return int8(i), nil
	case s.Type == schemas.Int16:
		return int16(i), nil
	case n.kind == kInt:
		return int32(i), nil
	}
	return i, nil
}

// required refuses null where the schema has no place for it.
func required(s *schemas.Schema, data any, err error) (any, error) {
	if err == nil && data == nil && !s.Optional {
		return nil, errDefault
	}
	return data, err
}

func (c *compiler) arrayDefault(s *schemas.Schema, n *node, doc any) (any, error) {
	list, ok := doc.([]any)
	if !ok || s.Type != schemas.ArrayType {
		return nil, errDefault
	}
	out := make([]any, 0, len(list))
	for _, d := range list {
		v, err := c.innerDefault(s.Elem, n.elem, d)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (c *compiler) mapDefault(s *schemas.Schema, n *node, doc any) (any, error) {
	object, ok := doc.(map[string]any)
	if !ok {
		return nil, errDefault
	}
	keys := make([]string, 0, len(object))
	for k := range object {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make(schemas.Map, 0, len(keys))
	for _, k := range keys {
		v, err := c.innerDefault(s.Elem, n.elem, object[k])
		if err != nil {
			return nil, err
		}
		out = append(out, schemas.Entry{Key: k, Value: v})
	}
	return out, nil
}

func (c *compiler) recordDefault(s *schemas.Schema, n *node, doc any) (any, error) {
	object, ok := doc.(map[string]any)
	if !ok || len(s.Fields) != len(n.fields) {
		return nil, errDefault
	}
	out := &schemas.Struct{Schema: withoutDefault(s), Values: make([]any, len(n.fields))}
	for i, f := range n.fields {
		inner := s.Fields[i].Schema
		d, given := object[f.name]
		if !given && inner.HasDefault {
			out.Values[i] = inner.Default
			continue
		}
		v, err := c.innerDefault(inner, f.node, d)
		if err != nil {
			return nil, err
		}
		out.Values[i] = v
	}
	return out, nil
}

// innerDefault converts a part of a default; unions that Connect does not see are looked through.
func (c *compiler) innerDefault(s *schemas.Schema, n *node, doc any) (any, error) {
	if n.kind == kUnion && s.Name != unionName && s.Params[generalizedUnionParam] == "" {
		n = n.branches[0]
		if n.kind == kNull {
			return nil, nil
		}
	}
	v, err := c.defaultData(s, n, doc)
	return required(s, v, err)
}

// unionDefault is a struct with the first branch set, which is the branch Avro's defaults are of.
func (c *compiler) unionDefault(s *schemas.Schema, n *node, doc any) (any, error) {
	first := n.branches[0]
	if first.kind == kNull || first.name != "" {
		return nil, errDefault
	}
	v, err := c.defaultData(s.Fields[0].Schema, first, doc)
	if err != nil || v == nil {
		return nil, errDefault
	}
	out := &schemas.Struct{Schema: withoutDefault(s), Values: make([]any, len(s.Fields))}
	out.Values[0] = v
	return out, nil
}

// withoutDefault copies s for the struct that becomes its default: a schema must not hold itself.
func withoutDefault(s *schemas.Schema) *schemas.Schema {
	c := *s
	c.Default, c.HasDefault = nil, false
	return &c
}
