package json

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"strings"
	"testing"
)

func FuzzPlain(f *testing.F) {
	for _, seed := range []string{
		"", "null", telemetry, "{\n\"a\":[1,2.5e-3,\"\\ud83d\\ude97\"]}", `{"a":{"a":1},"a":2}`, `[[[]]]`, `01`, `"\u12"`, "\"\xff\"", "[1,]", "\xef\xbb\xbf1",
		strings.Repeat("[", 1001), strings.Repeat(" ", 20) + "1",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		agree(t, text)
		v, err := (&schemaless{}).Convert(context.Background(), "fleet", text)
		if err != nil {
			if len(err.Error()) > 512 {
				t.Fatalf("%d bytes of error", len(err.Error()))
			}
			return
		}
		line := v.AppendJSON(nil)
		if bytes.ContainsAny(line, "\r\n") || !stdjson.Valid(line) {
			t.Fatalf("%q was written as %q", text, line)
		}
		v.Data()
		v.Lookup([]string{"a", "a"})
	})
}

func FuzzEnvelope(f *testing.F) {
	for _, seed := range [][2]string{
		{fleetSchema, fleetPayload}, {vehicle, `{"vin":"A","gps":{"lat":1e400}}`}, {"null", "[1]"}, {`{"type":"nope"}`, "1"},
		{`{"type":"map","keys":{"type":"int8"},"values":{"type":"bytes"}}`, `[[1,"AA=="],[2,"="]]`},
		{`{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"-7"}}`, "1e-999"},
		{`{"type":"array","items":{"type":"float","default":"NaN"}}`, `[null,1]`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, schema, payload string) {
		c := newEnveloped(2, true)
		text := []byte(wrap(schema, payload))
		v, err := c.Convert(context.Background(), "fleet", text)
		again, againErr := c.Convert(context.Background(), "fleet", text)
		if (err == nil) != (againErr == nil) {
			t.Fatalf("first %v, then %v", err, againErr)
		}
		if err != nil {
			if len(err.Error()) > 512 || err.Error() != againErr.Error() {
				t.Fatalf("first %v, then %v", err, againErr)
			}
			return
		}
		line := v.AppendJSON(nil)
		if !stdjson.Valid(line) || !bytes.Equal(line, again.AppendJSON(nil)) {
			t.Fatalf("%s was written as %s, then as %s", text, line, again.AppendJSON(nil))
		}
	})
}
