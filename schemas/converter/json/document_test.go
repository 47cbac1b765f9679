package json

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/converter"
	"pgregory.net/rapid"
)

// convert reads text with a fresh converter.
func convert(t testing.TB, props map[string]string, text string) (schemas.Value, error) {
	t.Helper()
	c, err := converter.New(Class, props, converter.ForValue)
	if err != nil {
		t.Fatal(err)
	}
	return c.Convert(context.Background(), "fleet", []byte(text))
}

var plain = map[string]string{SchemasKey: "false"}

func TestPlainDocumentsBecomeConnectData(t *testing.T) {
	deep := strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)
	for _, c := range []struct {
		name, in, out string
		data          any
	}{
		{"integer", `12`, `12`, schemas.Number("12")},
		{"number text is kept", `12345678901234567890.10`, `12345678901234567890.10`, schemas.Number("12345678901234567890.10")},
		{"string", `"aé\n\u00e9\ud83d\ude97"`, `"aé\n\u00e9\ud83d\ude97"`, "aé\né🚗"},
		{"lone surrogate", `"\ud83dx"`, `"\ud83dx"`, "\ufffdx"},
		{"two high surrogates", `"\ud83d\ud83d\ude97"`, `"\ud83d\ud83d\ude97"`, "\ufffd🚗"},
		{"bool", ` true `, `true`, true},
		{"object in order, repeated key", `{"b":1,"a":null,"b":false}`, `{"b":1,"a":null,"b":false}`,
			schemas.Map{{Key: "b", Value: schemas.Number("1")}, {Key: "a"}, {Key: "b", Value: false}}},
		{"spaces stay on one line", `{ "a" : [ 1 , 2 ] }`, `{ "a" : [ 1 , 2 ] }`,
			schemas.Map{{Key: "a", Value: []any{schemas.Number("1"), schemas.Number("2")}}}},
		{"line breaks go", "{\r\n \"a b\" :\n[ 1 ,\n2 ] }\n", `{"a b":[1,2]}`,
			schemas.Map{{Key: "a b", Value: []any{schemas.Number("1"), schemas.Number("2")}}}},
		{"break behind a name only", "{\"a\"\n:1}", `{"a":1}`, schemas.Map{{Key: "a", Value: schemas.Number("1")}}},
		{"empty containers", `[{},[],""]`, `[{},[],""]`, []any{schemas.Map{}, []any{}, ""}},
		{"escaped key", `{"\u0061\"":1}`, `{"\u0061\"":1}`, schemas.Map{{Key: `a"`, Value: schemas.Number("1")}}},
		{"byte order mark", "\xef\xbb\xbf[1]", `[1]`, []any{schemas.Number("1")}},
		{"deepest", deep, deep, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := convert(t, plain, c.in)
			if err != nil {
				t.Fatal(err)
			}
			if v.Schema != nil || v.IsNull() {
				t.Fatalf("schema %v, null %v", v.Schema, v.IsNull())
			}
			if got := string(v.AppendJSON([]byte("x"))); got != "x"+c.out {
				t.Errorf("AppendJSON = %s, want %s", got[1:], c.out)
			}
			if got := v.Data(); c.data != nil && !reflect.DeepEqual(got, c.data) {
				t.Errorf("Data = %#v, want %#v", got, c.data)
			}
		})
	}
}

func TestPlainNullIsATombstone(t *testing.T) {
	c := &schemaless{}
	for _, in := range [][]byte{nil, {}, []byte(" \n"), []byte("null"), []byte(" null\n")} {
		if v, err := c.Convert(context.Background(), "fleet", in); err != nil || !v.IsNull() || v.Data() != nil {
			t.Errorf("%q: %v, %v", in, v, err)
		}
	}
}

func TestBrokenDocumentsAreRefusedWhereTheyBreak(t *testing.T) {
	const prefix = "Converting byte[] to Kafka Connect data failed due to serialization error: "
	for in, want := range map[string]string{
		`{"a":1`:                        `Unexpected end-of-input in a value at offset 6`,
		`{"a":1} x`:                     `Unexpected character ('x') after the end of the document at offset 8`,
		`{"a":1}{}`:                     `Unexpected character ('{') after the end of the document at offset 7`,
		`{a:1}`:                         `Unexpected character ('a') where a field name was expected at offset 1`,
		`{"a" 1}`:                       `Unexpected character ('1') where a colon was expected at offset 5`,
		`{"a":1,}`:                      `Unexpected character ('}') where a field name was expected at offset 7`,
		`{,}`:                           `Unexpected character (',') where a field name was expected at offset 1`,
		`[1,]`:                          `Unexpected character (']') where a value was expected at offset 3`,
		`[1}`:                           `Unexpected character ('}') where a comma or the end of a container was expected at offset 2`,
		`{"a":1]`:                       `Unexpected character (']') where a comma or the end of a container was expected at offset 6`,
		`[1 2]`:                         `Unexpected character ('2') where a comma or the end of a container was expected at offset 3`,
		`01`:                            `Unexpected character ('1') after the end of the document at offset 1`,
		`-`:                             `Unexpected end-of-input in a number at offset 1`,
		`+1`:                            `Unexpected character ('+') where a value was expected at offset 0`,
		`1.`:                            `Unexpected end-of-input in a number at offset 2`,
		`1e+`:                           `Unexpected end-of-input in a number at offset 3`,
		`.5`:                            `Unexpected character ('.') where a value was expected at offset 0`,
		`NaN`:                           `Unexpected character ('N') where a value was expected at offset 0`,
		`nul`:                           `Unexpected character ('n') where a value was expected at offset 0`,
		`'x'`:                           `Unexpected character ('\'') where a value was expected at offset 0`,
		`"abc`:                          `Unexpected end-of-input in a string at offset 4`,
		"\"a\tbcdefghij\"":              `Unexpected character ('\t') in a string: control characters must be escaped at offset 2`,
		`"\x"`:                          `Unexpected character ('x') in an escape at offset 2`,
		`"\u12g4"`:                      `Unexpected character ('g') where a hex digit was expected at offset 5`,
		"{\x00}":                        `Unexpected character ('\x00') between tokens at offset 1`,
		"[\"\xc3\xa9\",\"\xc3\"]":       `Invalid UTF-8 byte at offset 7`,
		"\"\xc0\x80\"":                  `Invalid UTF-8 byte at offset 1`,
		"\"\xed\xa0\x80\"":              `Invalid UTF-8 byte at offset 1`,
		strings.Repeat("[", maxDepth+1): `Document nesting depth exceeds the maximum allowed (1000) at offset 1000`,
		strings.Repeat("1", 1001):       `Number value length (1001) exceeds the maximum allowed (1000) at offset 0`,
	} {
		_, err := convert(t, plain, in)
		if err == nil || err.Error() != prefix+want {
			t.Errorf("%.40q: %v, want %s", in, err, want)
		}
		if converter.IsRetriable(err) {
			t.Errorf("%.40q: retriable", in)
		}
	}
}

func TestTreeKeepsNoMemoryOfTheRecord(t *testing.T) {
	data := []byte(`{"name":"a\tb","plain":"text","n":[1.50],"o":{"k":"v"}}`)
	v, err := (&schemaless{}).Convert(context.Background(), "fleet", data)
	if err != nil {
		t.Fatal(err)
	}
	whole := v.Data()
	part, _ := v.Lookup([]string{"o"})
	name, _ := v.Lookup([]string{"plain"})
	want := v.AppendJSON(nil)
	for i := range data {
		data[i] = 'X'
	}
	if got := schemas.AppendDataJSON(nil, nil, whole, schemas.JSONOptions{}); string(got) != string(want) {
		t.Errorf("tree changed to %s", got)
	}
	if !reflect.DeepEqual(part, schemas.Map{{Key: "k", Value: "v"}}) || name != "text" {
		t.Errorf("looked up data changed to %v, %v", part, name)
	}
}

func TestLookupFollowsTheLastOfRepeatedKeys(t *testing.T) {
	v, err := convert(t, plain, `{"a":{"x":1},"a":{"y":{"z":[true]}},"s":"t","\u0062":2,"n":null}`)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{
		"a.y.z": []any{true}, "s": "t", "b": schemas.Number("2"), "n": nil,
		"": v.Data(),
	} {
		got, ok := v.Lookup(split(path))
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v", path, got, ok)
		}
	}
	for _, path := range []string{"a.x", "s.t", "c", "a.y.z.0", "n.x"} {
		if got, ok := v.Lookup(split(path)); ok {
			t.Errorf("%s: found %v", path, got)
		}
	}
}

func split(path string) []string {
	if path == "" {
		return nil
	}
	return strings.Split(path, ".")
}

func TestPlainConversionHardlyAllocates(t *testing.T) {
	c, data := &schemaless{}, []byte(telemetry)
	dst := make([]byte, 0, 4096)
	path := []string{"doors", "locked"}
	n := testing.AllocsPerRun(2560, func() {
		v, err := c.Convert(context.Background(), "fleet", data)
		if err != nil {
			t.Fatal(err)
		}
		v.AppendJSON(dst)
		if locked, ok := v.Lookup(path); !ok || locked != true {
			t.Fatal(locked)
		}
	})
	if n > 0.05 {
		t.Errorf("%v allocations a record", n)
	}
}

// jsonText draws a document, most of them valid, some slightly damaged.
func jsonText(t *rapid.T) []byte {
	b, err := stdjson.Marshal(anyValue(3).Draw(t, "document"))
	if err != nil {
		t.Fatal(err)
	}
	if rapid.Bool().Draw(t, "indented") {
		var out bytes.Buffer
		if err := stdjson.Indent(&out, b, "", "\t"); err != nil {
			t.Fatal(err)
		}
		b = out.Bytes()
	}
	return b
}

func anyValue(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		kinds := 5
		if depth > 0 {
			kinds = 7
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return rapid.String().Draw(t, "string")
		case 1:
			return rapid.Int64().Draw(t, "int")
		case 2:
			return rapid.Float64().Draw(t, "float")
		case 3:
			return rapid.Bool().Draw(t, "bool")
		case 4:
			return nil
		case 5:
			return rapid.SliceOfN(anyValue(depth-1), 0, 4).Draw(t, "array")
		}
		return rapid.MapOfN(rapid.StringN(0, 12, -1), anyValue(depth-1), 0, 5).Draw(t, "object")
	})
}

func TestTreeAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := jsonText(t)
		v, err := (&schemaless{}).Convert(context.Background(), "fleet", text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		want := decodeAny(t, text)
		if got := generic(v.Data()); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %#v, want %#v", text, got, want)
		}
		line := v.AppendJSON(nil)
		if bytes.ContainsAny(line, "\r\n") || !reflect.DeepEqual(decodeAny(t, line), want) {
			t.Fatalf("%s was written as %s", text, line)
		}
	})
}

func decodeAny(t *rapid.T, text []byte) any {
	d := stdjson.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// generic turns Connect data into what encoding/json decodes.
func generic(data any) any {
	switch d := data.(type) {
	case schemas.Number:
		return stdjson.Number(d)
	case []any:
		out := make([]any, len(d))
		for i, e := range d {
			out[i] = generic(e)
		}
		return out
	case schemas.Map:
		out := map[string]any{}
		for _, e := range d {
			out[e.Key.(string)] = generic(e.Value)
		}
		return out
	}
	return data
}

func TestLookupAgreesWithTheTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := jsonText(t)
		v, err := (&schemaless{}).Convert(context.Background(), "fleet", text)
		if err != nil {
			t.Fatal(err)
		}
		whole := v.Data()
		var path []string
		for at := whole; ; {
			m, ok := at.(schemas.Map)
			if !ok || len(m) == 0 {
				break
			}
			e := m[rapid.IntRange(0, len(m)-1).Draw(t, "member")]
			path, at = append(path, e.Key.(string)), e.Value
		}
		if rapid.IntRange(0, 3).Draw(t, "miss") == 0 {
			path = append(path, "missing")
		}
		got, ok := v.Lookup(path)
		want, wantOK := schemas.LookupData(whole, path)
		if ok != wantOK || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s at %q: %v %v, want %v %v", text, path, got, ok, want, wantOK)
		}
	})
}

func TestValidatorAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := jsonText(t)
		for range rapid.IntRange(0, 3).Draw(t, "damages") {
			at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
			text[at] = rapid.SampledFrom([]byte("{}[]\",:\\ \n0-.eEtfnu\x00\x7f\xc3")).Draw(t, "byte")
		}
		agree(t, text)
	})
}

// agree checks validate against encoding/json.Valid. The documented differences: validate refuses invalid UTF-8,
// nesting deeper than 1000 (there 10,000) and numbers longer than 1000 bytes.
func agree(t interface{ Fatalf(string, ...any) }, text []byte) {
	_, err := validate(text)
	want := stdjson.Valid(text)
	if (err == nil) == want {
		return
	}
	var s *syntaxError
	documented := want && errors.As(err, &s) && (strings.HasPrefix(s.reason, "Invalid UTF-8") ||
		strings.HasPrefix(s.reason, "Document nesting") || strings.HasPrefix(s.reason, "Number value length"))
	if !documented {
		t.Fatalf("%q: %v, encoding/json says %v", text, err, want)
	}
}

func BenchmarkConvertPlain(b *testing.B) {
	c, data := &schemaless{}, []byte(telemetry)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := c.Convert(context.Background(), "fleet", data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlainTree(b *testing.B) {
	v, err := (&schemaless{}).Convert(context.Background(), "fleet", []byte(telemetry))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if v.Data() == nil {
			b.Fatal(io.ErrUnexpectedEOF)
		}
	}
}

func BenchmarkPlainLookup(b *testing.B) {
	v, err := (&schemaless{}).Convert(context.Background(), "fleet", []byte(telemetry))
	if err != nil {
		b.Fatal(err)
	}
	path := []string{"firmware"}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := v.Lookup(path); !ok {
			b.Fatal(io.ErrUnexpectedEOF)
		}
	}
}
