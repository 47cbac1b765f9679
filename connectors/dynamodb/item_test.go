package dynamodb

import (
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/schemas"
)

func encodeItem(t *testing.T, v schemas.Value) (string, int, error) {
	t.Helper()
	s := settings{hash: reference{text: "key", from: fromKey, column: "key"}, single: "value"}
	e := newEncoder(&s)
	l := layout{hash: attribute{"key", 'S'}}
	err := e.encode(&l, &schemas.Record{Topic: "t", Key: schemas.Of(nil, "k"), Value: v}, false)
	return strings.TrimSuffix(strings.TrimPrefix(string(e.item.buf), `{"key":{"S":"k"}`), "}"), e.item.size - 4, err
}

func TestSchemalessItems(t *testing.T) {
	m := func(kv ...any) schemas.Map {
		var m schemas.Map
		for i := 0; i < len(kv); i += 2 {
			m = append(m, schemas.Entry{Key: kv[i], Value: kv[i+1]})
		}
		return m
	}
	repeats := m()
	for i := range 40 {
		repeats = append(repeats, schemas.Entry{Key: "a", Value: int64(i)})
	}
	for name, c := range map[string]struct {
		data any
		want string
	}{
		"scalars":     {m("s", "x\"y", "t", true, "f", false, "z", nil, "n", schemas.Number("1.50")), `,"s":{"S":"x\"y"},"t":{"BOOL":true},"f":{"BOOL":false},"z":{"NULL":true},"n":{"N":"1.50"}`},
		"bytes":       {m("b", []byte{0, 1}), `,"b":{"B":"AAE="}`},
		"nested":      {m("m", m("l", []any{int64(1), "a", nil}, "e", m())), `,"m":{"M":{"l":{"L":[{"N":"1"},{"S":"a"},{"NULL":true}]},"e":{"M":{}}}}`},
		"key wins":    {m("key", "other", "a", int64(1)), `,"a":{"N":"1"}`},
		"last wins":   {m("a", int64(1), "b", int64(2), "a", int64(3)), `,"b":{"N":"2"},"a":{"N":"3"}`},
		"many times":  {repeats, `,"a":{"N":"39"}`},
		"other keys":  {m(int32(7), "x", true, "y"), `,"7":{"S":"x"},"true":{"S":"y"}`},
		"text":        {"hello", `,"value":{"S":"hello"}`},
		"list":        {[]any{"a"}, `,"value":{"L":[{"S":"a"}]}`},
		"number":      {schemas.Number("12"), `,"value":{"N":"12"}`},
		"empty":       {m(), ``},
		"big unicode": {m("ü", "😀"), `,"ü":{"S":"\uD83D\uDE00"}`},
	} {
		got, _, err := encodeItem(t, schemas.Of(nil, c.data))
		if err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
		}
	}
}

func TestStructItems(t *testing.T) {
	field := func(name string, typ schemas.Type, logical string) schemas.Field {
		return schemas.Field{Name: name, Schema: &schemas.Schema{Type: typ, Name: logical}}
	}
	inner := &schemas.Schema{Type: schemas.StructType, Fields: []schemas.Field{field("day", schemas.Int32, schemas.DateName)}}
	s := &schemas.Schema{Type: schemas.StructType, Fields: []schemas.Field{
		field("i", schemas.Int8, ""), field("d", schemas.Bytes, schemas.DecimalName), field("t", schemas.Int64, schemas.TimestampName),
		{Name: "in", Schema: inner}, {Name: "days", Schema: &schemas.Schema{Type: schemas.ArrayType, Elem: inner.Fields[0].Schema}},
		field("f", schemas.Float64, ""),
	}}
	day := schemas.DateFromDays(10)
	v := &schemas.Struct{Schema: s, Values: []any{int8(1), schemas.Decimal{Unscaled: big.NewInt(-150), Scale: 2}, time.UnixMilli(5).UTC(),
		&schemas.Struct{Schema: inner, Values: []any{day}}, []any{day}, 2.5}}
	got, _, err := encodeItem(t, schemas.Of(s, v))
	want := `,"i":{"N":"1"},"d":{"N":"-1.50"},"t":{"N":"5"},"in":{"M":{"day":{"N":"10"}}},"days":{"L":[{"N":"10"}]},"f":{"N":"2.5"}`
	if err != nil || got != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}

func TestItemsBeyondTheLimits(t *testing.T) {
	deep := func(n int) any {
		var v any = "x"
		for range n {
			v = []any{v}
		}
		return schemas.Map{{Key: "a", Value: v}}
	}
	if _, _, err := encodeItem(t, schemas.Of(nil, deep(maxDepth))); err != nil {
		t.Error(err)
	}
	if _, _, err := encodeItem(t, schemas.Of(nil, deep(maxDepth+1))); !errors.Is(err, errDepth) {
		t.Error("too deep:", err)
	}
	filled := func(n int) schemas.Value {
		return schemas.Of(nil, schemas.Map{{Key: "a", Value: strings.Repeat("x", n)}})
	}
	// "key" + "k" + "a" are five bytes.
	if _, size, err := encodeItem(t, filled(maxItemBytes-5)); err != nil || size != maxItemBytes-4 {
		t.Error(size, err)
	}
	if _, _, err := encodeItem(t, filled(maxItemBytes-4)); err == nil {
		t.Error("an item over 400 KB passed")
	}
	var short []any // 110,000 numbers of one significant digit: two bytes each, and some for the list
	for range 110_000 {
		short = append(short, schemas.Number("1000000"))
	}
	if _, size, err := encodeItem(t, schemas.Of(nil, short)); err != nil || size > maxItemBytes {
		t.Error("an item DynamoDB takes:", size, err)
	}
	if _, _, err := encodeItem(t, schemas.Of(nil, schemas.Map{{Key: 1.5, Value: "x"}})); err == nil {
		t.Error("a map key without text form passed")
	}
}

func TestHugeRecordsAreNotRendered(t *testing.T) {
	e := newEncoder(&settings{hash: reference{text: "key", from: fromKey, column: "key"}, single: "value"})
	l := layout{hash: attribute{"key", 'S'}}
	for name, data := range map[string]any{
		"text": strings.Repeat("x", 8<<20), "bytes": make([]byte, 8<<20),
		"list": slices.Repeat([]any{"0123456789"}, 1<<20), "map": schemas.Map{{Key: "a", Value: slices.Repeat([]any{nil}, 1<<20)}},
	} {
		err := e.encode(&l, &schemas.Record{Topic: "t", Key: schemas.Of(nil, "k"), Value: schemas.Of(nil, data)}, false)
		if !errors.Is(err, errSize) || cap(e.item.buf) > 8<<20 {
			t.Errorf("%s: %v, %d bytes", name, err, cap(e.item.buf))
		}
		e.item.reset()
		if cap(e.item.buf) > keepBytes {
			t.Errorf("%s: %d bytes are kept", name, cap(e.item.buf))
		}
	}
}

func TestNumbersCountBySignificantDigits(t *testing.T) {
	for text, want := range map[string]int{
		"0": 1, "-0.0": 1, "7": 1, "12": 2, "-1.50": 2, "1000000000000": 1, "0.00000000012": 2, "1e125": 1, "9007199254740993": 9,
		"12345678901234567890123456789012345678": 20,
	} {
		if got := numberSize([]byte(text)); got != want {
			t.Errorf("%s counts %d, want %d", text, got, want)
		}
	}
}
