package file

import "github.com/sluice-connect/sluice/schemas"

// appendText appends a value as Java's toString shows strings, numbers and null. What Java shows in forms nobody can
// read back is written differently: structured values as JSON, bytes as they are, times in ISO 8601.
func appendText(dst []byte, v schemas.Value) []byte {
	return v.AppendText(dst, schemas.TextOptions{ISOTimes: true})
}
