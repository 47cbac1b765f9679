package template

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/javatime"
)

// everything is the widest grammar.
var everything = Grammar{
	Accept: func(Reference) bool { return true },
	Usage:  "use anything",
	Date:   func(pattern string) (*javatime.Pattern, error) { return javatime.Fixed(pattern, time.UTC) },
}

func record() *schemas.Record {
	point := &schemas.Schema{Type: schemas.StructType, Fields: []schemas.Field{{Name: "x", Schema: &schemas.Schema{Type: schemas.Int32}}}}
	return &schemas.Record{
		Topic: "cars", Source: schemas.TopicPartition{Topic: "source", Partition: 3}, Offset: 42,
		Timestamp: time.UnixMilli(1700000000123),
		Key:       schemas.Of(point, &schemas.Struct{Schema: point, Values: []any{int32(7)}}),
		Value:     schemas.Of(nil, schemas.Map{{Key: "car", Value: schemas.Map{{Key: "vin", Value: "V1"}}}, {Key: "none", Value: nil}}),
		Headers: []schemas.Header{{Key: "fleet.id", Value: schemas.Of(nil, "old")}, {Key: "fleet.id", Value: schemas.Of(nil, int8(5))},
			{Key: "null", Value: schemas.Value{}}},
	}
}

func TestTemplatesAreFilledIn(t *testing.T) {
	for text, want := range map[string]string{
		"plain $x {y}": "plain $x {y}", "${topic}": "cars", "<${topic}/${partition}/${offset}>": "<cars/3/42>",
		"${key}": `{"x":7}`, "${key.x}${value.car.vin}": "7V1", "${value}": `{"car":{"vin":"V1"},"none":null}`,
		"${header.fleet.id}": "5", "${timestamp:yyyy-MM-dd'T'HH}": "2023-11-14T22",
	} {
		tmpl, err := Parse(text, everything)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := tmpl.Append([]byte("before "), record()); err != nil || string(got) != "before "+want {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestRecordsThatLackAPart(t *testing.T) {
	empty := &schemas.Record{}
	for _, c := range []struct {
		text      string
		r         *schemas.Record
		want      string
		container bool
	}{
		{"a${key}", empty, "the record has no key", false}, {"a${value}", empty, "the record has no value", false},
		{"a${timestamp:yyyy}", empty, "${timestamp}: the record lacks it", false},
		{"a${key.y}", record(), "${key.y}: the record lacks it", false}, {"a${value.none}", record(), "${value.none}: the record lacks it", false},
		{"a${header.none}", record(), "${header.none}: the record lacks it", false}, {"a${header.null}", record(), "lacks it", false},
		{"a${value.car.vin.x}", record(), "lacks it", false},
		{"a${value.car}", record(), "${value.car} is no single value", true},
	} {
		tmpl, err := Parse(c.text, everything)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tmpl.Append([]byte("before"), c.r)
		var missing *MissingError
		var container *ContainerError
		if string(got) != "before" || err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, &missing) == c.container || errors.As(err, &container) != c.container {
			t.Errorf("%s: %s, %v", c.text, got, err)
		}
	}
}

func TestTemplatesThatAreNone(t *testing.T) {
	narrow := everything
	narrow.Accept = func(ref Reference) bool { return ref.Source != Offset }
	for text, want := range map[string]struct {
		at    int
		error string
	}{
		"é${vehicle}": {1, "${vehicle} is unknown; use anything (at character 2)"}, "${topic}${offset}": {8, "is unknown"},
		"a${key": {1, "close the brace of ${key"}, "${}": {0, "is unknown"}, "${topic.x}": {0, "is unknown"}, "${header}": {0, "is unknown"},
		"${timestamp}": {0, "is unknown"}, "${key.}": {0, "an empty name"}, "${value.a..b}": {0, "an empty name"}, "${header.}": {0, "an empty name"},
		"  ${timestamp:YYYY}": {2, "YYYY is unknown"}, "${timestamp:}": {0, "is empty"},
	} {
		_, err := Parse(text, narrow)
		var wrong *ParseError
		if !errors.As(err, &wrong) || wrong.At != want.at || !strings.Contains(err.Error(), want.error) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := Parse("", narrow); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing: %v", err)
	}
}

// TestLenientTemplatesReplaceOnlyWhatTheyKnow: they do what a replacement of ${topic} would.
func TestLenientTemplatesReplaceOnlyWhatTheyKnow(t *testing.T) {
	grammar := Grammar{Lenient: true, Accept: func(ref Reference) bool { return ref.Source == Topic }}
	piece := rapid.SampledFrom([]string{"${topic}", "${", "}", "$", "{", "topic", "${key}", "a", "${timestamp:yyyy}"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(piece).Draw(t, "text"), "")
		tmpl, err := Parse(text, grammar)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tmpl.Append(nil, record())
		if want := strings.ReplaceAll(text, "${topic}", "cars"); err != nil || string(got) != want {
			t.Fatalf("%s: %s, %v; want %s", text, got, err, want)
		}
	})
}

func TestJoinedTemplates(t *testing.T) {
	key, err := Parse("${key.x}", everything)
	if err != nil {
		t.Fatal(err)
	}
	joined := Join(Literal("a"), Literal(""), Literal(":${topic}:"), key)
	if got, err := joined.Append(nil, record()); err != nil || string(got) != "a:${topic}:7" {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := Literal("").Append(nil, record()); err != nil || len(got) != 0 {
		t.Errorf("%s, %v", got, err)
	}
}

func TestReferences(t *testing.T) {
	for text, want := range map[string]error{
		"topic": nil, "partition": nil, "offset": nil, "key": nil, "value": nil, "key.a.b": nil, "value.a": nil, "header.a..b": nil, "timestamp:x": nil,
		"": ErrUnknown, "keys": ErrUnknown, "header": ErrUnknown, "timestamp": ErrUnknown, "a..b": ErrUnknown,
		"key.": ErrEmptyName, "value..a": ErrEmptyName, "value.a.": ErrEmptyName, "header.": ErrEmptyName, "topic.": ErrEmptyName,
		"topic.x": ErrNoFields, "offset.a.b": ErrNoFields,
	} {
		ref, err := ParseReference(text)
		if !errors.Is(err, want) || want == nil && err != nil || ref.Name != text || (ref.Source == Nothing) != errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %+v, %v", text, ref, err)
		}
	}
}

func TestFillingInAllocatesNothing(t *testing.T) {
	tmpl, err := Parse("${topic}/${partition}/${offset}/${key.x}/${value.car.vin}/${header.fleet.id}/${timestamp:yyyy-MM-dd SSS}", everything)
	if err != nil {
		t.Fatal(err)
	}
	r, buf := record(), make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() {
		if buf, err = tmpl.Append(buf[:0], r); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for %s", n, buf)
	}
}
