package file

import (
	"math"
	"time"

	"github.com/sluice-connect/sluice/schemas"
)

// appendText appends a value as Java's toString shows strings, numbers and null. What Java shows in forms nobody can
// read back is written differently: structured values as JSON, bytes as they are, times in ISO 8601.
func appendText(dst []byte, v schemas.Value) []byte {
	if v.Schema != nil && v.Schema.Type >= schemas.ArrayType {
		return v.AppendJSON(dst) // without building what lazy data can write by itself
	}
	switch d := v.Data().(type) {
	case string:
		return append(dst, d...)
	case []byte:
		return append(dst, d...)
	case schemas.Decimal:
		return append(dst, d.String()...)
	case time.Time:
		return d.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	case float32:
		return appendFloat(dst, float64(d), v)
	case float64:
		return appendFloat(dst, d, v)
	}
	return v.AppendJSON(dst)
}

// appendFloat writes the values that JSON has no numbers for without JSON's quotes.
func appendFloat(dst []byte, f float64, v schemas.Value) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	return v.AppendJSON(dst)
}
