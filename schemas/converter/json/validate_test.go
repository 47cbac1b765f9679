package json

import (
	stdjson "encoding/json"
	"testing"
)

const telemetry = `{"vehicle_id":"VIN00042","ts":1772400600123,"kind":"telemetry","region":"eu-central","speed":93.0,"lat":52.52000659999999,"lon":13.404954,"fuel":0.73,"odometer":123456.7,"doors":{"locked":true,"open":["fl","rr"]},"note":null,"driver":"Jürgen Müller","firmware":"1.0","event_time":"2026-03-01T21:30:00Z"}`

func BenchmarkValidate(b *testing.B) {
	data := []byte(telemetry)
	b.Run("own", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := validate(data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if !stdjson.Valid(data) {
				b.Fatal("invalid")
			}
		}
	})
}
