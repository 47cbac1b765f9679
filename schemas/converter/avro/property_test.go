package avro

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/linkedin/goavro/v2"
	"github.com/sluice-connect/sluice/schemas"
	"pgregory.net/rapid"
)

// specimen is a random schema with a way to draw values of it: as goavro takes them, and as Connect data.
type specimen struct {
	schema string
	union  string // the name goavro gives it as a union member
	draw   func(t *rapid.T) (native, data any)
}

// specimens draws schemas whose named types are numbered from *next.
func specimens(t *rapid.T, depth int, next *int) specimen {
	leaves := []func() specimen{
		leaf("boolean", rapid.Bool(), func(b bool) any { return b }),
		leaf("int", rapid.Int32(), func(i int32) any { return i }),
		leaf("long", rapid.Int64(), func(i int64) any { return i }),
		leaf("float", rapid.Float32(), func(f float32) any { return f }),
		leaf("double", rapid.Float64(), func(f float64) any { return f }),
		leaf("string", rapid.String(), func(s string) any { return s }),
		leaf("bytes", rapid.SliceOf(rapid.Byte()), func(b []byte) any { return append([]byte{}, b...) }),
		func() specimen { return enumSpecimen(next) },
		func() specimen { return fixedSpecimen(t, next) },
	}
	kinds := len(leaves)
	if depth > 0 {
		kinds += 5
	}
	k := rapid.IntRange(0, kinds-1).Draw(t, "kind")
	if k < len(leaves) {
		return leaves[k]()
	}
	switch k - len(leaves) {
	case 0:
		return arraySpecimen(specimens(t, depth-1, next))
	case 1:
		return mapSpecimen(specimens(t, depth-1, next))
	case 2:
		return optionalSpecimen(t, specimens(t, depth-1, next))
	}
	return recordSpecimen(t, depth, next)
}

func leaf[V any](name string, g *rapid.Generator[V], data func(V) any) func() specimen {
	return func() specimen {
		return specimen{schema: `"` + name + `"`, union: name, draw: func(t *rapid.T) (any, any) {
			v := g.Draw(t, name)
			return v, data(v)
		}}
	}
}

func number(next *int, kind string) string { *next++; return fmt.Sprint(kind, *next) }

func enumSpecimen(next *int) specimen {
	name := number(next, "E")
	return specimen{schema: `{"type":"enum","name":"` + name + `","symbols":["A","B","C"]}`, union: name,
		draw: func(t *rapid.T) (any, any) {
			s := rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "symbol")
			return s, s
		}}
}

func fixedSpecimen(t *rapid.T, next *int) specimen {
	name, size := number(next, "F"), rapid.IntRange(1, 5).Draw(t, "size")
	return specimen{schema: fmt.Sprintf(`{"type":"fixed","name":"%s","size":%d}`, name, size), union: name,
		draw: func(t *rapid.T) (any, any) {
			b := rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "fixed")
			return b, append([]byte{}, b...)
		}}
}

func arraySpecimen(items specimen) specimen {
	return specimen{schema: `{"type":"array","items":` + items.schema + `}`, union: "array",
		draw: func(t *rapid.T) (any, any) {
			native, data := []any{}, []any{}
			for range rapid.IntRange(0, 4).Draw(t, "items") {
				n, d := items.draw(t)
				native, data = append(native, n), append(data, d)
			}
			return native, data
		}}
}

func mapSpecimen(values specimen) specimen {
	return specimen{schema: `{"type":"map","values":` + values.schema + `}`, union: "map",
		draw: func(t *rapid.T) (any, any) {
			native, data := map[string]any{}, schemas.Map{}
			for _, k := range rapid.SliceOfNDistinct(rapid.String(), 0, 3, rapid.ID).Draw(t, "keys") {
				n, d := values.draw(t)
				native[k] = n
				data = append(data, schemas.Entry{Key: k, Value: d})
			}
			return native, data
		}}
}

func optionalSpecimen(t *rapid.T, inner specimen) specimen {
	if strings.HasPrefix(inner.schema, "[") {
		return inner
	}
	schema := `["null",` + inner.schema + `]`
	if rapid.Bool().Draw(t, "null last") {
		schema = `[` + inner.schema + `,"null"]`
	}
	return specimen{schema: schema, draw: func(t *rapid.T) (any, any) {
		if rapid.Bool().Draw(t, "null") {
			return nil, nil
		}
		n, d := inner.draw(t)
		return map[string]any{inner.union: n}, d
	}}
}

func recordSpecimen(t *rapid.T, depth int, next *int) specimen {
	name := number(next, "R")
	var fields []specimen
	var parts []string
	for i := range rapid.IntRange(1, 4).Draw(t, "fields") {
		f := specimens(t, depth-1, next)
		fields = append(fields, f)
		parts = append(parts, fmt.Sprintf(`{"name":"f%d","type":%s}`, i, f.schema))
	}
	return specimen{schema: `{"type":"record","name":"` + name + `","fields":[` + strings.Join(parts, ",") + `]}`, union: name,
		draw: func(t *rapid.T) (any, any) {
			native, data := map[string]any{}, &schemas.Struct{}
			for i, f := range fields {
				n, d := f.draw(t)
				native[fmt.Sprint("f", i)] = n
				data.Values = append(data.Values, d)
			}
			return native, data
		}}
}

func TestValuesOfGoavroDecodeEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		next := 0
		spec := recordSpecimen(t, 3, &next)
		codec, err := goavro.NewCodec(spec.schema)
		if err != nil {
			t.Fatalf("%s: %v", spec.schema, err)
		}
		native, want := spec.draw(t)
		body, err := codec.BinaryFromNative(nil, native)
		if err != nil {
			t.Fatalf("%s: %v", spec.schema, err)
		}
		c := reading(spec.schema)
		defer c.Close()
		v, err := c.Convert(context.Background(), "fleet", message(body...))
		if err != nil {
			t.Fatalf("%s: %v", spec.schema, err)
		}
		if got := v.Data(); !alike(got, want) {
			t.Fatalf("%s: %v, want %v", spec.schema, got, want)
		}
		consistent(t, v)
		for cutAt := range body { // no prefix is a value, and none is read beyond its end
			if _, err := c.Convert(context.Background(), "fleet", message(body[:cutAt]...)); err == nil {
				t.Fatalf("%s: %d of %d bytes pass", spec.schema, cutAt, len(body))
			}
		}
	})
}

// alike compares data of which only one side has schemas; maps compare without order.
func alike(got, want any) bool {
	switch w := want.(type) {
	case *schemas.Struct:
		g, ok := got.(*schemas.Struct)
		return ok && alike(g.Values, w.Values)
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for i := range w {
			if !alike(g[i], w[i]) {
				return false
			}
		}
		return true
	case schemas.Map:
		g, ok := got.(schemas.Map)
		if !ok || len(g) != len(w) {
			return false
		}
		for _, e := range w {
			if v, ok := g.Get(e.Key.(string)); !ok || !alike(v, e.Value) {
				return false
			}
		}
		return true
	case float32:
		g, ok := got.(float32)
		return ok && math.Float32bits(g) == math.Float32bits(w)
	case float64:
		g, ok := got.(float64)
		return ok && math.Float64bits(g) == math.Float64bits(w)
	}
	return schemas.DataEqual(got, want)
}

// consistent holds the three ways to read a value against each other.
func consistent(t interface{ Fatalf(string, ...any) }, v schemas.Value) {
	direct, data := v.AppendJSON(nil), v.Data()
	if !json.Valid(direct) {
		t.Fatalf("no JSON: %s", direct)
	}
	if built := schemas.AppendDataJSON(nil, v.Schema, data, schemas.JSONOptions{}); string(built) != string(direct) {
		t.Fatalf("JSON %s, of the tree %s", direct, built)
	}
	s, ok := data.(*schemas.Struct)
	if !ok {
		return
	}
	for i, f := range s.Schema.Fields {
		got, ok := v.Lookup([]string{f.Name})
		if !ok || string(schemas.AppendDataJSON(nil, f.Schema, got, schemas.JSONOptions{})) !=
			string(schemas.AppendDataJSON(nil, f.Schema, s.Values[i], schemas.JSONOptions{})) {
			t.Fatalf("Lookup(%s) = %v, %t, in the tree %v", f.Name, got, ok, s.Values[i])
		}
	}
}
