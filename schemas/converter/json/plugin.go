// Package json converts JSON as Connect's JsonConverter does: plain documents, which stay bytes until somebody looks
// into them, and documents in an envelope that carries their schema.
package json

import (
	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// Class is the name of the converter in configurations.
const Class = "org.apache.kafka.connect.json.JsonConverter"

// The keys of the converter.
const (
	TypeKey         = "converter.type"
	SchemasKey      = "schemas.enable"
	CacheKey        = "schemas.cache.size"
	ContentKey      = "schema.content"
	DecimalKey      = "decimal.format"
	ReplaceNullsKey = "replace.null.with.default"
)

func init() {
	converter.Register(converter.Plugin{
		Class: Class, Header: true, Value: true, Version: "4.3.1", Config: config, New: build,
	})
}

func config() *configdef.Def {
	return configdef.New(
		configdef.Key{Name: TypeKey, Type: configdef.String, Null: true, Importance: configdef.Low, Internal: true,
			Valid: configdef.OneOf("key", "value", "header"), Doc: "How this converter will be used. The worker sets it."},
		configdef.Key{Name: SchemasKey, Type: configdef.Boolean, Default: "true", Importance: configdef.High,
			Group: "Schemas", Order: 1, Width: configdef.WidthMedium, DisplayName: "Enable Schemas",
			Doc: "Include schemas within each of the serialized values and keys."},
		configdef.Key{Name: CacheKey, Type: configdef.Int, Default: "1000", Importance: configdef.High,
			Group: "Schemas", Order: 2, Width: configdef.WidthMedium, DisplayName: "Schema Cache Size",
			Doc: "The maximum number of schemas that can be cached in this converter instance."},
		configdef.Key{Name: ContentKey, Type: configdef.String, Null: true, Importance: configdef.High,
			Group: "Schemas", Order: 2, Width: configdef.WidthMedium, DisplayName: "Schema Content",
			Doc: "Schema of all documents, as JSON in the form it has in an envelope. Documents are plain then. It counts " +
				"when schemas.enable is true."},
		configdef.Key{Name: DecimalKey, Type: configdef.String, Default: "BASE64", Importance: configdef.Low,
			Group: "Serialization", Order: 1, Width: configdef.WidthMedium, DisplayName: "Decimal Format",
			Valid: configdef.OneOfFold("NUMERIC", "BASE64"), NonNull: "String must be one of (case insensitive): NUMERIC, BASE64",
			Doc: "Controls which format this converter will serialize decimals in. This value is case insensitive and can be " +
				"either 'BASE64' (default) or 'NUMERIC'. Reading accepts both."},
		configdef.Key{Name: ReplaceNullsKey, Type: configdef.Boolean, Default: "true", Importance: configdef.Low,
			Group: "Schemas", Order: 3, Width: configdef.WidthMedium, DisplayName: "Replace null with default",
			Doc: "Whether to replace fields that have a default value and that are null to the default value. When set to " +
				"true, the default value is used, otherwise null is used."},
	)
}

func build(v configdef.Values, _ converter.Role) (converter.Converter, error) {
	content, err := readContent(v.String(ContentKey), v.Bool(ReplaceNullsKey))
	switch {
	case err != nil:
		return nil, err
	case !v.Bool(SchemasKey):
		return &schemaless{}, nil
	case content != nil:
		return &fixed{content, v.Bool(ReplaceNullsKey)}, nil
	}
	return newEnveloped(int(v.Int(CacheKey)), v.Bool(ReplaceNullsKey)), nil
}
