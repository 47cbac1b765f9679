package schemas

import (
	"math/big"
	"testing"
	"time"
)

func TestLookupWalksStructsAndMaps(t *testing.T) {
	s := &Schema{Type: StructType, Fields: []Field{{"a", &Schema{Type: MapType}}, {"b", &Schema{Type: Int8}}}}
	v := Of(s, &Struct{s, []any{Map{{int8(1), "x"}, {"k", "old"}, {"k", "new"}}, int8(3)}})
	if got, ok := v.Lookup([]string{"a", "k"}); !ok || got != "new" {
		t.Errorf("a.k is %v, %v", got, ok)
	}
	if got, ok := v.Lookup([]string{"b"}); !ok || got != int8(3) {
		t.Errorf("b is %v, %v", got, ok)
	}
	if got, ok := v.Lookup(nil); !ok || !DataEqual(got, v.Data()) {
		t.Errorf("the whole is %v, %v", got, ok)
	}
	for _, path := range [][]string{{"c"}, {"a", "x"}, {"b", "x"}} {
		if got, ok := v.Lookup(path); ok {
			t.Errorf("%v: %v", path, got)
		}
	}
	if !(Value{}).IsNull() || v.IsNull() {
		t.Error("null is mixed up")
	}
}

func TestDataEqualComparesDeeply(t *testing.T) {
	s := &Schema{Type: StructType, Fields: []Field{{"a", &Schema{Type: Int8}}}}
	now := time.UnixMilli(5)
	for name, build := range map[string]func(int64) any{
		"bytes":   func(n int64) any { return []byte{byte(n)} },
		"array":   func(n int64) any { return []any{n, []any{}} },
		"map":     func(n int64) any { return Map{{"k", n}} },
		"struct":  func(n int64) any { return &Struct{s, []any{n}} },
		"decimal": func(n int64) any { return Decimal{big.NewInt(n), 2} },
		"time":    func(n int64) any { return now.Add(time.Duration(n)).In(time.FixedZone("", int(n)*60)) },
		"number":  func(n int64) any { return n },
	} {
		if !DataEqual(build(1), build(1)) || DataEqual(build(1), build(2)) || DataEqual(build(1), "x") || DataEqual(nil, build(1)) {
			t.Errorf("%s", name)
		}
	}
	if !DataEqual(Decimal{}, Decimal{Unscaled: big.NewInt(0)}) || DataEqual([]any{1}, []any{1, 2}) || DataEqual(Map{}, Map{{"k", 1}}) {
		t.Error("empty data is mixed up")
	}
	if !DataEqual(now, now.UTC()) {
		t.Error("the same instant in two zones differs")
	}
}

func TestSchemasCompareByContent(t *testing.T) {
	build := func(change func(*Schema)) *Schema {
		s := &Schema{Type: StructType, Name: "n", Params: map[string]string{"p": "1"}, HasDefault: true, Default: int8(1),
			Fields: []Field{{"a", &Schema{Type: ArrayType, Elem: &Schema{Type: Int8}}}}}
		if change != nil {
			change(s)
		}
		return s
	}
	if !build(nil).Equal(build(nil)) || build(nil).Equal(nil) || !(*Schema)(nil).Equal(nil) {
		t.Error("equal schemas differ")
	}
	for name, change := range map[string]func(*Schema){
		"type":     func(s *Schema) { s.Type = MapType },
		"optional": func(s *Schema) { s.Optional = true },
		"name":     func(s *Schema) { s.Name = "m" },
		"version":  func(s *Schema) { s.Version = 2 },
		"doc":      func(s *Schema) { s.Doc = "d" },
		"default":  func(s *Schema) { s.Default = int8(2) },
		"none":     func(s *Schema) { s.HasDefault = false },
		"param":    func(s *Schema) { s.Params["p"] = "2" },
		"field":    func(s *Schema) { s.Fields[0].Name = "b" },
		"element":  func(s *Schema) { s.Fields[0].Schema.Elem.Type = Int16 },
		"fields":   func(s *Schema) { s.Fields = nil },
	} {
		if build(nil).Equal(build(change)) {
			t.Errorf("%s does not count", name)
		}
	}
}

func TestRecursiveSchemasCanBeCompared(t *testing.T) {
	list := func(item Type) *Schema {
		s := &Schema{Type: StructType, Name: "node"}
		s.Fields = []Field{{"next", s}, {"item", &Schema{Type: item}}}
		return s
	}
	if !list(Int8).Equal(list(Int8)) || list(Int8).Equal(list(Int16)) {
		t.Error("recursive schemas are mixed up")
	}
}

func TestTypesHaveConnectsNames(t *testing.T) {
	for typ := Int8; typ <= StructType; typ++ {
		if got, ok := TypeByName(typ.String()); !ok || got != typ {
			t.Errorf("%s: %v", typ, got)
		}
	}
	if _, ok := TypeByName(""); ok || Type(99).String() != "unknown" || Float64.String() != "double" {
		t.Error("names are mixed up")
	}
}

func TestRawClonesShareNothing(t *testing.T) {
	r := Raw{Key: []byte("k"), Value: []byte{}, Headers: []RawHeader{{Key: "h", Value: []byte("v")}, {Key: "null"}}}
	c := r.Clone()
	r.Key[0], r.Headers[0].Value[0] = 'X', 'X'
	if string(c.Key) != "k" || c.Value == nil || string(c.Headers[0].Value) != "v" || c.Headers[1].Value != nil {
		t.Errorf("%+v", c)
	}
	if got := (TopicPartition{"fleet", 3}).String(); got != "fleet-3" {
		t.Error(got)
	}
}

func TestSlabElementsAreDistinct(t *testing.T) {
	var slab Slab[int]
	seen := map[*int]bool{}
	for range 3 * slabSize {
		p := slab.Next()
		if *p != 0 || seen[p] {
			t.Fatal("an element was handed out twice")
		}
		*p, seen[p] = 1, true
	}
}
