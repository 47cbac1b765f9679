package runtime

import (
	"github.com/sluice-connect/sluice/schemas/converter"

	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// The keys of Kafka's own converters as its workers describe them. User interfaces show them, and tools compare them,
// so they are listed with Apache Kafka's texts, groups and order, whatever our converters say of themselves.
var (
	converterType = cd.Key{Name: "converter.type", Type: cd.String, Required: true, Importance: cd.Low,
		Valid: cd.OneOf("key", "value", "header"), Doc: "How this converter will be used."}
	kafkaTexts = map[string]cd.Key{
		"schemas.enable":     {Group: "Schemas", Order: orderZero},
		"schemas.cache.size": {Group: "Schemas", Order: 1},
		"schema.content": {Group: "Schemas", Order: 2, Doc: "When set, this is used as the schema for all messages, and the schemas within each of the message will be " +
			"ignored.Otherwise, the schema will be included in the content of each message. This configuration applies only " +
			"'schemas.enable' is true, and it exclusively affects the sink connector."},
		"decimal.format":            {Group: "Serialization", Order: orderZero, Doc: "Controls which format this converter will serialize decimals in. This value is case insensitive and can be either 'BASE64' (default) or 'NUMERIC'"},
		"replace.null.with.default": {Group: "Serialization", Order: 1},
		"converter.encoding": {Width: cd.WidthMedium, DisplayName: "Encoding",
			Doc: "The name of the Java character set to use for encoding strings as byte arrays."},
	}
)

// orderZero stands for the order 0, which is how a Key says that it has none.
const orderZero = -2

// shownKeys are the keys of a converter as answers describe them.
func shownKeys(p *converter.Plugin) *cd.Def {
	own := p.Config()
	shown := cd.New()
	for _, k := range own.Keys() {
		if k.Name == converterType.Name {
			k = converterType
		} else if text, ok := kafkaTexts[k.Name]; ok && kafkas(p.Class) {
			k = retold(k, text)
		}
		shown.Add(k)
	}
	return shown
}

// retold gives k the words of Kafka where they differ.
func retold(k, text cd.Key) cd.Key {
	k.Group, k.Order = text.Group, text.Order
	if text.Doc != "" {
		k.Doc = text.Doc
	}
	if text.Width != "" {
		k.Width = text.Width
	}
	if text.DisplayName != "" {
		k.DisplayName = text.DisplayName
	}
	return k
}

func kafkas(class string) bool {
	const kafka = "org.apache.kafka.connect."
	return len(class) > len(kafka) && class[:len(kafka)] == kafka
}
