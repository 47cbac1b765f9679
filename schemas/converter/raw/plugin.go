// Package raw converts the encodings that need no parser: text, bytes and fixed-width numbers, and the guessing header
// converter that Connect uses unless told otherwise.
package raw

import (
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// The names of the converters in configurations.
const (
	StringClass       = "org.apache.kafka.connect.storage.StringConverter"
	ByteArrayClass    = "org.apache.kafka.connect.converters.ByteArrayConverter"
	ShortClass        = "org.apache.kafka.connect.converters.ShortConverter"
	IntegerClass      = "org.apache.kafka.connect.converters.IntegerConverter"
	LongClass         = "org.apache.kafka.connect.converters.LongConverter"
	FloatClass        = "org.apache.kafka.connect.converters.FloatConverter"
	DoubleClass       = "org.apache.kafka.connect.converters.DoubleConverter"
	BooleanClass      = "org.apache.kafka.connect.converters.BooleanConverter"
	SimpleHeaderClass = "org.apache.kafka.connect.storage.SimpleHeaderConverter"
)

// version is the release of Connect whose converters these follow.
const version = "4.3.1"

func init() {
	register(StringClass, stringConfig, newText)
	register(ByteArrayClass, typeConfig, func(configdef.Values) converter.Converter { return &blobs{} })
	register(ShortClass, typeConfig, fixedWidth(shortFormat))
	register(IntegerClass, typeConfig, fixedWidth(integerFormat))
	register(LongClass, typeConfig, fixedWidth(longFormat))
	register(FloatClass, typeConfig, fixedWidth(floatFormat))
	register(DoubleClass, typeConfig, fixedWidth(doubleFormat))
	register(BooleanClass, typeConfig, fixedWidth(booleanFormat))
	converter.Register(converter.Plugin{
		Class: SimpleHeaderClass, Header: true, Version: version,
		Config: func() *configdef.Def { return configdef.New() },
		New:    func(configdef.Values, converter.Role) (converter.Converter, error) { return headers{}, nil },
	})
}

func register(class string, config func() *configdef.Def, build func(configdef.Values) converter.Converter) {
	converter.Register(converter.Plugin{
		Class: class, Header: true, Value: true, Version: version, Config: config,
		New: func(v configdef.Values, _ converter.Role) (converter.Converter, error) { return build(v), nil },
	})
}

func typeConfig() *configdef.Def {
	return configdef.New(configdef.Key{
		Name: "converter.type", Type: configdef.String, Null: true, Importance: configdef.Low, Internal: true,
		Valid: configdef.OneOf("key", "value", "header"), Doc: "How this converter will be used. The worker sets it.",
	})
}

// optional builds the schema of a converter: its type, null allowed.
func optional(t schemas.Type) *schemas.Schema { return &schemas.Schema{Type: t, Optional: true} }
