package schemas

import (
	"math"
	"math/big"
	"testing"
	"time"
)

func TestTextIsJavasExceptWhereNobodyCouldReadIt(t *testing.T) {
	iso := TextOptions{ISOTimes: true}
	numeric := TextOptions{JSON: JSONOptions{NumericDecimals: true}}
	day := &Schema{Type: Int32, Name: DateName}
	price := Decimal{big.NewInt(-390), 2}
	at := time.UnixMilli(1700000000123).In(time.FixedZone("", 3600))
	for _, c := range []struct {
		s    *Schema
		data any
		o    TextOptions
		want string
	}{
		{nil, nil, TextOptions{}, "null"}, {nil, true, TextOptions{}, "true"}, {nil, "a\"b", TextOptions{}, `a"b`},
		{nil, int8(-1), TextOptions{}, "-1"}, {nil, int16(2), TextOptions{}, "2"}, {nil, int32(3), TextOptions{}, "3"},
		{nil, int64(math.MinInt64), TextOptions{}, "-9223372036854775808"},
		{nil, float32(0.1), TextOptions{}, "0.1"}, {nil, 1e7, TextOptions{}, "1.0E7"}, {nil, 2.0, TextOptions{}, "2.0"},
		{nil, math.NaN(), TextOptions{}, "NaN"}, {nil, float32(math.Inf(-1)), TextOptions{}, "-Infinity"}, {nil, math.Inf(1), iso, "Infinity"},
		{nil, Number("1.50"), TextOptions{}, "1.50"}, {nil, price, TextOptions{}, "-3.90"},
		{nil, []byte("\x00\xff"), TextOptions{}, "\x00\xff"},
		{nil, at, TextOptions{}, "1700000000123"}, {day, DateFromDays(20), TextOptions{}, "20"},
		{nil, at, iso, "2023-11-14T22:13:20.123Z"}, {day, DateFromDays(20), iso, "1970-01-21T00:00:00.000Z"},
		{nil, []any{"x", nil, math.NaN()}, TextOptions{}, `["x",null,"NaN"]`},
		{nil, Map{{"p", price}}, TextOptions{}, `{"p":"/no="}`}, {nil, Map{{"p", price}}, numeric, `{"p":-3.90}`},
	} {
		if got := string(AppendText([]byte("before "), c.s, c.data, c.o)); got != "before "+c.want {
			t.Errorf("%v with %+v: %s, want %s", c.data, c.o, got, c.want)
		}
		if got := string(Of(c.s, c.data).AppendText(nil, c.o)); got != c.want {
			t.Errorf("the value %v with %+v: %s, want %s", c.data, c.o, got, c.want)
		}
	}
}

// document is lazy data that remembers whether it was built.
type document struct {
	data  any
	built bool
}

func (d *document) Tree() any                    { d.built = true; return d.data }
func (d *document) AppendJSON(dst []byte) []byte { return append(dst, `{"as": "it came"}`...) }
func (d *document) Lookup([]string) (any, bool)  { return nil, false }

// word is lazy data that is text already.
type word struct{ document }

func (w *word) AppendText(dst []byte) []byte { return append(dst, "word"...) }

func TestLazyDataWritesItsTextItself(t *testing.T) {
	object := &Schema{Type: StructType}
	numeric := TextOptions{JSON: JSONOptions{NumericDecimals: true}}
	for name, c := range map[string]struct {
		s     *Schema
		data  any
		o     TextOptions
		want  string
		built bool
	}{
		"struct":            {object, Map{}, TextOptions{}, `{"as": "it came"}`, false},
		"schemaless object": {nil, Map{}, TextOptions{ISOTimes: true}, `{"as": "it came"}`, true},
		"numeric decimals":  {object, Map{}, numeric, `{}`, true},
		"text":              {&Schema{Type: String}, "text", TextOptions{}, "text", true},
	} {
		d := &document{data: c.data}
		if got := string(LazyOf(c.s, d).AppendText(nil, c.o)); got != c.want || d.built != c.built {
			t.Errorf("%s: %s, built %v", name, got, d.built)
		}
	}
	w := &word{}
	if got := string(LazyOf(nil, w).AppendText(nil, TextOptions{})); got != "word" || w.built {
		t.Errorf("text was built: %s", got)
	}
}

func TestPaddingKeepsAllDigits(t *testing.T) {
	for _, c := range []struct {
		n     int64
		width int
		want  string
	}{{7, 3, "007"}, {1234, 3, "1234"}, {0, 0, "0"}, {-7, 3, "-007"}, {5, 25, "0000000000000000000000005"}} {
		if got := string(AppendPadded(nil, c.n, c.width)); got != c.want {
			t.Errorf("%d in %d digits: %s, want %s", c.n, c.width, got, c.want)
		}
	}
}

func TestSchemaAtAPath(t *testing.T) {
	leaf := &Schema{Type: Int32, Name: DateName}
	s := &Schema{Type: StructType, Fields: []Field{{"a", &Schema{Type: MapType, Elem: leaf}}, {"b", leaf}}}
	for _, c := range []struct {
		path []string
		want *Schema
	}{{nil, s}, {[]string{"b"}, leaf}, {[]string{"a", "anything"}, leaf}, {[]string{"c"}, nil}, {[]string{"b", "x", "y"}, nil}} {
		if got := s.At(c.path); got != c.want {
			t.Errorf("at %v is %v", c.path, got)
		}
	}
	if (*Schema)(nil).At([]string{"a"}) != nil {
		t.Error("no schema has a field")
	}
}
