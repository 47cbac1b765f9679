package avro

import (
	"context"
	"encoding/hex"
	"testing"

	"github.com/sluice-connect/sluice/schemas"
)

// FuzzConvert looks for a schema and bytes that panic, or that pass the check and then read differently each way.
func FuzzConvert(f *testing.F) {
	seen := map[string]int{}
	for r := range readRecorded(f) {
		if r.Payload == nil || len(r.Config) > 0 || len(*r.Payload) < 2*headerSize || seen[r.Schema] >= 2 {
			continue
		}
		seen[r.Schema]++
		if b, err := hex.DecodeString((*r.Payload)[2*headerSize:]); err == nil {
			f.Add(r.Schema, b)
		}
	}
	f.Add(fleetSchema, unhex(f, fleetReport)[headerSize:])
	f.Add(selfish, []byte{2, 2, 0})
	f.Add(`{"type":"array","items":{"type":"record","name":"E","fields":[]}}`, append(long(1e9), 0))
	f.Fuzz(func(t *testing.T, schema string, body []byte) {
		c := reading(schema)
		defer c.Close()
		v, err := c.Convert(context.Background(), "fleet", message(body...))
		if err != nil {
			if len(err.Error()) > maxErrorText {
				t.Errorf("error text of %d bytes", len(err.Error()))
			}
			return
		}
		if v.IsNull() || keyedOptionally(v.Schema, 0) {
			return
		}
		consistent(t, v)
	})
}

// keyedOptionally finds maps with optional string keys: schemas.AppendDataJSON writes them as pairs, Java and this
// package as objects.
func keyedOptionally(s *schemas.Schema, depth int) bool {
	if s == nil || depth > maxDepth {
		return false
	}
	if s.Key != nil && s.Key.Type == schemas.String && s.Key.Optional {
		return true
	}
	for _, f := range s.Fields {
		if keyedOptionally(f.Schema, depth+8) {
			return true
		}
	}
	return keyedOptionally(s.Key, depth+8) || keyedOptionally(s.Elem, depth+8)
}
