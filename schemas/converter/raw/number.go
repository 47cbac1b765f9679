package raw

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// format describes a fixed-width, big-endian encoding.
type format struct {
	name   string // in Connect's messages
	java   string // the deserializer's name, likewise
	width  int
	schema *schemas.Schema
	decode func([]byte) (any, error)
}

var (
	shortFormat = format{"short", "ShortDeserializer", 2, optional(schemas.Int16), func(b []byte) (any, error) {
		return int16(binary.BigEndian.Uint16(b)), nil
	}}
	integerFormat = format{"integer", "IntegerDeserializer", 4, optional(schemas.Int32), func(b []byte) (any, error) {
		return int32(binary.BigEndian.Uint32(b)), nil
	}}
	longFormat = format{"long", "LongDeserializer", 8, optional(schemas.Int64), func(b []byte) (any, error) {
		return int64(binary.BigEndian.Uint64(b)), nil
	}}
	floatFormat = format{"float", "Deserializer", 4, optional(schemas.Float32), func(b []byte) (any, error) {
		return math.Float32frombits(binary.BigEndian.Uint32(b)), nil
	}}
	doubleFormat = format{"double", "Deserializer", 8, optional(schemas.Float64), func(b []byte) (any, error) {
		return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
	}}
	booleanFormat = format{"boolean", "BooleanDeserializer", 1, optional(schemas.Boolean), func(b []byte) (any, error) {
		if b[0] > 1 {
			return nil, fmt.Errorf("Unexpected byte received by BooleanDeserializer: %d", int8(b[0])) //nolint:staticcheck // Kafka's text
		}
		return b[0] == 1, nil
	}}
)

// fixed converts one fixed-width encoding.
type fixed struct{ format }

func fixedWidth(f format) func(configdef.Values) converter.Converter {
	return func(configdef.Values) converter.Converter { return fixed{f} }
}

// Convert refuses bytes of any other length than the encoding's.
func (c fixed) Convert(_ context.Context, _ string, data []byte) (schemas.Value, error) {
	if data == nil {
		return schemas.Of(c.schema, nil), nil
	}
	if len(data) != c.width {
		return schemas.Value{}, c.undecodable(fmt.Errorf("Size of data received by %s is not %d", c.java, c.width)) //nolint:staticcheck // Kafka's text
	}
	v, err := c.decode(data)
	if err != nil {
		return schemas.Value{}, c.undecodable(err)
	}
	return schemas.Of(c.schema, v), nil
}

func (c fixed) undecodable(err error) error {
	return &converter.CausedError{Message: "Failed to deserialize " + c.name + ": ", Err: err}
}

func (c fixed) Clone() converter.Converter { return c }
func (c fixed) Close() error               { return nil }
