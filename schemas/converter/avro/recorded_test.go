package avro

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/converter"
	"github.com/sluice-connect/sluice/schemas/registry"
)

// recorded is one conversion by Confluent's AvroConverter 7.9.10.
type recorded struct {
	Case     string            `json:"case"`
	Schema   string            `json:"avro_schema"`
	Subject  string            `json:"subject"`
	ID       int32             `json:"id"`
	Version  int               `json:"version"`
	Key      bool              `json:"key"`
	Config   map[string]string `json:"converter_config"`
	Payload  *string           `json:"payload_hex"`
	Connect  *string           `json:"connect"`
	Error    *struct{ Message string }
	Returned *string `json:"converter_returned"`
	Render   any     `json:"render_error"`
	Shape    *string `json:"connect_schema"`
	Data     *string `json:"connect_payload"`
}

// one is a registry with one schema.
type one struct {
	schema  registry.Schema
	subject string
	version int
}

func (o one) ByID(_ context.Context, id int32, _ string) (*registry.Schema, error) {
	if id != o.schema.ID {
		return nil, registry.ErrUnknown
	}
	return &o.schema, nil
}

func (o one) Version(_ context.Context, subject string, _ *registry.Schema) (int, error) {
	if subject != o.subject {
		return 0, registry.ErrUnknown
	}
	return o.version, nil
}

func (o one) Close() error { return nil }

func (r recorded) converter(t testing.TB) *avroConverter {
	t.Helper()
	props := map[string]string{registry.URLKey: "http://registry.invalid"}
	for k, v := range r.Config {
		props[k] = v
	}
	role := converter.ForValue
	if r.Key {
		role = converter.ForKey
	}
	built, err := converter.New(Class, props, role)
	if err != nil {
		t.Fatal(err)
	}
	lib := built.(*avroConverter).lib
	return newConverter(one{schema: registry.Schema{ID: r.ID, Type: "AVRO", Text: r.Schema}, subject: r.Subject, version: r.Version},
		lib.subjects, lib.options, 10)
}

// deviates names the recorded conversions that this converter does otherwise, and why.
func (r recorded) deviates(problem string) string {
	switch {
	case strings.Contains(problem, faultTexts[faultTrailing]) || (strings.HasPrefix(r.Case, "bad/null/") && r.Returned != nil):
		return "data behind the value is refused, not ignored: it means the wrong schema or damage"
	case r.Config["generalized.sum.type.support"] == "true" && r.Error != nil && generalizedBug(r.Error.Message),
		r.Config["generalized.sum.type.support"] == "true" && strings.HasPrefix(r.Case, "union-enum-fixed/0/"):
		return "generalized unions: Java's field index is off by one, so it fails or fills the wrong field"
	case r.Config["avro.use.logical.type.converters"] == "true" && (r.Error != nil || r.Case == "uuid-string/4/avro.use.logical.type.converters"):
		return "avro.use.logical.type.converters: Java fails on its own logical values; here the option has no effect"
	case r.Case == "union-records-same-simple-name/0":
		return "a null of a schema that is no Connect schema: every message of it fails, not only those that are not null"
	case strings.Contains(problem, "e-45"):
		return "the least float: Java prints 1.4E-45, schemas.AppendJavaFloat the shorter 1.0E-45"
	}
	return ""
}

func generalizedBug(message string) bool {
	for _, m := range []string{"is not a valid field name", "Invalid Java object for schema", "Struct schemas do not match", "Did not find matching union field"} {
		if strings.Contains(message, m) {
			return true
		}
	}
	return false
}

func TestRecordedConversions(t *testing.T) {
	same, excused := 0, map[string]int{}
	for r := range readRecorded(t) {
		c := r.converter(t)
		problem := r.compare(c)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		why := r.deviates(problem)
		switch {
		case problem == "":
			same++
		case why != "":
			excused[why]++
		default:
			t.Errorf("%s: %s", r.Case, problem)
		}
	}
	t.Logf("%d recorded conversions are the same", same)
	if same < 2934 {
		t.Errorf("only %d recorded conversions are the same; 2934 have been", same)
	}
	for why, n := range excused {
		t.Logf("%d differ: %s", n, why)
	}
}

func readRecorded(t testing.TB) func(func(recorded) bool) {
	return func(yield func(recorded) bool) {
		f, err := os.Open("testdata/toConnect.jsonl.gz")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(z)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var r recorded
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				t.Fatal(err)
			}
			if !yield(r) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// compare returns what differs, "" if nothing does.
func (r recorded) compare(c *avroConverter) string {
	var data []byte
	if r.Payload != nil {
		data, _ = hex.DecodeString(*r.Payload)
		if data == nil {
			data = []byte{}
		}
	}
	v, err := c.Convert(context.Background(), "topic", data)
	switch {
	case r.Error != nil && err == nil:
		return "no error, want " + r.Error.Message
	case r.Error != nil:
		if strings.Contains(err.Error(), "\n") || len(err.Error()) > maxErrorText {
			return "error text: " + err.Error()
		}
		if m := r.Error.Message; m != "" && !strings.HasPrefix(m, "Failed to deserialize") && !strings.Contains(err.Error(), m) {
			return fmt.Sprintf("error %v, want %s", err, m)
		}
		return ""
	case err != nil:
		return "error " + err.Error()
	case r.Connect == nil && r.Shape == nil: // a null message or a null returned
		if !v.IsNull() {
			return "not null"
		}
		return ""
	}
	shape, payload := r.expected()
	got := shapeOf(v.Schema, nil)
	if !reflect.DeepEqual(got, shape) {
		return fmt.Sprintf("schema\n  %s, want\n  %s", toJSON(got), toJSON(shape))
	}
	lazyText := v.AppendJSON(nil)
	if diff := differ(lazyText, payload); diff != "" {
		return "AppendJSON: " + diff
	}
	return r.compareTree(v, payload)
}

func (r recorded) compareTree(v schemas.Value, payload any) string {
	built := v.Data()
	if diff := differ(schemas.AppendDataJSON(nil, v.Schema, built, schemas.JSONOptions{}), payload); diff != "" && !strings.Contains(r.Case, "map-internal") && !strings.Contains(r.Case, "optional-string-keys") {
		return "Tree: " + diff
	}
	s, ok := built.(*schemas.Struct)
	if !ok {
		return ""
	}
	for i, f := range s.Schema.Fields {
		if got, ok := v.Lookup([]string{f.Name}); !ok || !equalData(got, s.Values[i]) {
			return fmt.Sprintf("Lookup(%s) = %v, %t", f.Name, got, ok)
		}
	}
	return ""
}

func equalData(a, b any) bool {
	return string(schemas.AppendDataJSON(nil, nil, a, schemas.JSONOptions{})) == string(schemas.AppendDataJSON(nil, nil, b, schemas.JSONOptions{}))
}

func (r recorded) expected() (shape, payload any) {
	if r.Connect != nil {
		var e struct{ Schema, Payload any }
		d := json.NewDecoder(strings.NewReader(*r.Connect))
		d.UseNumber()
		if err := d.Decode(&e); err != nil {
			panic(err)
		}
		return e.Schema, normal(e.Payload)
	}
	d := json.NewDecoder(strings.NewReader(*r.Shape))
	d.UseNumber()
	if err := d.Decode(&shape); err != nil {
		panic(err)
	}
	return shape, parse([]byte(*r.Data))
}

func parse(text []byte) any {
	var v any
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return "no JSON: " + string(text)
	}
	return normal(v)
}

// normal sorts arrays that may be the pairs of a Java map, which have no order, and gives floats one form.
func normal(v any) any {
	switch d := v.(type) {
	case []any:
		pairs := len(d) > 0
		for i := range d {
			d[i] = normal(d[i])
			p, ok := d[i].([]any)
			pairs = pairs && ok && len(p) == 2
		}
		if pairs {
			slices.SortFunc(d, func(a, b any) int { return strings.Compare(toJSON(a), toJSON(b)) })
		}
	case map[string]any:
		for k := range d {
			d[k] = normal(d[k])
		}
	case json.Number:
		if strings.ContainsAny(string(d), ".eE") {
			f, _ := d.Float64()
			return f
		}
	}
	return v
}

func differ(got []byte, want any) string {
	if g := parse(got); !reflect.DeepEqual(g, want) {
		return fmt.Sprintf("\n  %s, want\n  %s", toJSON(g), toJSON(want))
	}
	return ""
}

func toJSON(v any) string { b, _ := json.Marshal(v); return string(b) }

// shapeOf renders a schema as the envelope of JsonConverter does.
func shapeOf(s *schemas.Schema, open []string) any {
	if s == nil {
		return nil
	}
	m := map[string]any{"type": s.Type.String(), "optional": s.Optional}
	if s.Name != "" {
		m["name"] = s.Name
	}
	if s.Type == schemas.StructType && s.Name != unionName && !strings.HasPrefix(s.Name, generalizedUnion) && s.Name != "" && slices.Contains(open, s.Name) {
		m["ref"] = true
		return m
	}
	if s.Version != 0 {
		m["version"] = json.Number(fmt.Sprint(s.Version))
	}
	if s.Doc != "" {
		m["doc"] = s.Doc
	}
	if len(s.Params) > 0 {
		p := map[string]any{}
		for k, v := range s.Params {
			p[k] = v
		}
		m["parameters"] = p
	}
	if s.HasDefault {
		m["default"] = parseRaw(schemas.AppendDataJSON(nil, s, s.Default, schemas.JSONOptions{}))
	}
	if s.Type == schemas.StructType {
		open = append(slices.Clone(open), s.Name)
		fields := []any{}
		for _, f := range s.Fields {
			inner := shapeOf(f.Schema, open).(map[string]any)
			inner["field"] = f.Name
			fields = append(fields, inner)
		}
		m["fields"] = fields
	}
	if s.Type == schemas.ArrayType {
		m["items"] = shapeOf(s.Elem, open)
	}
	if s.Type == schemas.MapType {
		m["keys"], m["values"] = shapeOf(s.Key, open), shapeOf(s.Elem, open)
	}
	return m
}

func parseRaw(text []byte) any {
	var v any
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil
	}
	return v
}
