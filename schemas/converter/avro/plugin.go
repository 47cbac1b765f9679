// Package avro is the converter for Avro data written with Confluent's schema registry.
package avro

import (
	"fmt"
	"log/slog"

	cd "github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
	"github.com/sluice-connect/sluice/schemas/registry"
)

// Class is the Java class name of the converter.
const Class = "io.confluent.connect.avro.AvroConverter"

const (
	enhancedKey    = "enhanced.avro.schema.support"
	metadataKey    = "connect.meta.data"
	flattenKey     = "flatten.singleton.unions"
	discardKey     = "discard.type.doc.default"
	generalizedKey = "generalized.sum.type.support"
	keyStrategy    = "key.subject.name.strategy"
	valueStrategy  = "value.subject.name.strategy"
	cacheSizeKey   = "schemas.cache.config"
)

func init() {
	converter.Register(converter.Plugin{
		Class:   Class,
		Value:   true,
		Version: "7.9.10", // the release whose behaviour this converter was compared with
		Config:  configDef,
		New:     newPlugin,
	})
}

func configDef() *cd.Def {
	return cd.New(
		flag(enhancedKey, "false", "Name the members of unions by their full names."),
		flag(metadataKey, "true", "Heed the connect.* attributes of schemas and keep documentation as parameters."),
		flag(flattenKey, "true", "Read a union of one type as that type."),
		flag(discardKey, "false", "Keep documentation as Connect documentation instead of parameters."),
		flag(generalizedKey, "false", "Name enums and unions as the other Confluent converters do."),
		strategyKey(keyStrategy), strategyKey(valueStrategy),
		ignored("ignore.default.for.nullables", cd.Boolean, "false"),
		ignored("scrub.invalid.names", cd.Boolean, "false"),
		ignored("allow.optional.map.keys", cd.Boolean, "false"),
		ignored("auto.register.schemas", cd.Boolean, "true"),
		ignored("use.latest.version", cd.Boolean, "false"),
		ignored("latest.compatibility.strict", cd.Boolean, "true"),
		ignored("avro.use.logical.type.converters", cd.Boolean, "false"),
		ignored("specific.avro.reader", cd.Boolean, "false"),
	).Merge(registry.Keys())
}

func flag(name, value, doc string) cd.Key {
	return cd.Key{Name: name, Type: cd.Boolean, Default: value, Importance: cd.Medium, Doc: doc}
}

func strategyKey(name string) cd.Key {
	return cd.Key{Name: name, Type: cd.Class, Default: strategyPackage + "TopicNameStrategy", Importance: cd.Medium,
		Valid: func(v any) error { _, err := strategyByName(v.(string)); return err },
		Doc:   "How the subject is named whose version becomes the version of the Connect schema."}
}

// ignored is a key that changes nothing when data is read.
func ignored(name string, t cd.Type, value string) cd.Key {
	return cd.Key{Name: name, Type: t, Default: value, Importance: cd.Low, Ignored: true,
		Doc: "Accepted for compatibility; it has no effect on reading."}
}

func newPlugin(v cd.Values, role converter.Role) (converter.Converter, error) {
	name := v.String(valueStrategy)
	if role == converter.ForKey {
		name = v.String(keyStrategy)
	}
	s, err := strategyByName(name)
	if err != nil {
		return nil, fmt.Errorf("configure Avro converter: %w", err)
	}
	client, err := registry.New(v, slog.Default())
	if err != nil {
		return nil, fmt.Errorf("configure Avro converter: %w", err)
	}
	o := options{
		enhanced:    v.Bool(enhancedKey),
		metadata:    v.Bool(metadataKey),
		flatten:     v.Bool(flattenKey),
		discard:     v.Bool(discardKey),
		generalized: v.Bool(generalizedKey),
	}
	return newConverter(client, subjects{strategy: s, role: role}, o, int(v.Int(cacheSizeKey))), nil
}
