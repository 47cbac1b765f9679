package json

import (
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/schemas/converter"
)

// TestSchemaContent: as Java's converter of Kafka 4.3.1 has it, except for empty bytes, from which that makes a zero.
func TestSchemaContent(t *testing.T) {
	const number, optional, text = `{"type":"int32"}`, `{"type":"int32","optional":true}`, `{"type":"string","default":"d"}`
	const pair = `{"type":"struct","fields":[{"field":"a","type":"int32"}]}`
	const nothing = "Invalid null value for required INT32 field"
	for _, c := range []struct{ content, enable, data, want, wrong string }{
		{number, "true", "5", "5", ""},
		{" " + number + "\n", "true", " 5 ", "5", ""},
		{number, "true", "null", "", nothing},
		{number, "true", "", "", nothing},
		{number, "true", "[", "", "serialization error"},
		{optional, "true", "null", "null", ""},
		{text, "true", "null", `"d"`, ""},
		{text, "true", `"a"`, `"a"`, ""},
		{pair, "true", `{"a":1,"b":2}`, `{"a":1}`, ""},
		{pair, "true", `{"schema":{"type":"struct"},"payload":{"a":1}}`, "", nothing},
		{number, "false", `"x"`, `"x"`, ""},
		{"null", "true", "5", "", "requires \"schema\" and \"payload\""},
		{"  ", "true", "5", "", "requires \"schema\" and \"payload\""},
	} {
		conv, err := converter.New(Class, map[string]string{ContentKey: c.content, SchemasKey: c.enable}, converter.ForValue)
		if err != nil {
			t.Fatal(c.content, err)
		}
		v, err := conv.Clone().Convert(t.Context(), "t", []byte(c.data))
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%s, %q: %v, want %q", c.content, c.data, err, c.wrong)
			}
			continue
		}
		if got := string(v.AppendJSON(nil)); err != nil || got != c.want || (v.Schema == nil) != (c.enable == "false") {
			t.Errorf("%s, %q: %s %v, want %s", c.content, c.data, got, err, c.want)
		}
		if v, err := conv.Convert(t.Context(), "t", nil); err != nil || !v.IsNull() {
			t.Errorf("%s: a tombstone is %v, %v", c.content, v, err)
		}
	}
	for content, wrong := range map[string]string{"x": "Failed to parse schema in converter config", "{}": "type", "5": "type", `{"type":"nope"}`: "nope"} {
		for _, enable := range []string{"true", "false"} {
			_, err := converter.New(Class, map[string]string{ContentKey: content, SchemasKey: enable}, converter.ForValue)
			if err == nil || !strings.Contains(err.Error(), wrong) {
				t.Errorf("%s: %v, want %q", content, err, wrong)
			}
		}
	}
}
