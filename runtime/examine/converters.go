package examine

import (
	"github.com/sluice-connect/sluice/runtime/javatext"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// converterRoles is the order in which answers list the settings of converters.
var converterRoles = []converter.Role{converter.ForHeader, converter.ForKey, converter.ForValue}

// The interfaces of converters. Who takes them for classes is told so.
const (
	converterInterface       = "org.apache.kafka.connect.storage.Converter"
	headerConverterInterface = "org.apache.kafka.connect.storage.HeaderConverter"
)

// javaClass is a class that a converter key may name, rightly or wrongly.
type javaClass struct {
	name      string
	converter *converter.Plugin // nil when it is none
}

// lookupClass finds a class that exists in the Java worker as well, by name or alias.
func lookupClass(name string) (javaClass, bool) {
	if p, ok := converter.Lookup(name); ok {
		return javaClass{p.Class, p}, true
	}
	if p, err := LookupConnector(name); err == nil {
		return javaClass{name: p.Class}, true
	}
	if full, ok := otherPlugins[name]; ok {
		return javaClass{name: full}, true
	}
	return javaClass{name: name}, name == converterInterface || name == headerConverterInterface || serializer(name)
}

// kindOf is what Java says a class is when it prints it.
func (c javaClass) kindOf() string {
	if c.name == converterInterface || c.name == headerConverterInterface {
		return "interface "
	}
	return "class "
}

// fits says what is wrong with c as a converter in role, "" for nothing.
func (c javaClass) fits(role converter.Role) string {
	wanted, kind, implements := converterInterface, "Converter", c.converter != nil && c.converter.Value
	if role == converter.ForHeader {
		wanted, kind, implements = headerConverterInterface, "HeaderConverter", c.converter != nil && c.converter.Header
	}
	switch {
	case implements:
		return ""
	case c.name == wanted:
		return "This class is abstract and cannot be created."
	}
	return "Class " + c.kindOf() + c.name + " does not implement the " + kind + " interface"
}

// converterClasses judges the classes that the connector names itself, and their versions.
func (e *Examination) converterClasses() {
	for _, role := range converterRoles {
		name := role.String() + ".converter"
		text, set := e.props[name]
		f, version := e.find(name), e.find(name+".plugin.version")
		if set {
			padded := *f.value != text
			class, known := lookupClass(*f.value)
			f.value = &class.name
			if !known {
				f.value, version.hidden = nil, true
				f.errors = append(f.errors, f.key.Refusal(text, "Class "+text+" could not be found."))
			} else if wrong := class.fits(role); wrong != "" {
				f.errors = append(f.errors, wrong)
			} else if padded {
				f.errors = append(f.errors, "Failed to load class "+text+": "+text)
			}
		}
		e.converterVersion(f, version)
	}
}

// converterVersion refuses a version of a converter that is not there: a binary holds one version of each class.
func (e *Examination) converterVersion(f, version *finding) {
	text, set := e.props[version.name]
	if !set {
		return
	}
	wanted, err := parseVersionRange(text)
	if err != nil {
		version.errors = append(version.errors, err.Error())
		return
	}
	p, ok := e.namedConverter(f.name)
	if !ok || wanted.contains(p.Version) {
		return
	}
	missing := wanted.missing(p.Class, installedVersions(p))
	f.errors, version.errors = append(f.errors, missing), append(version.errors, missing)
}

// installedVersions lists the versions of a converter as Java does: it counts a class once as each kind.
func installedVersions(p *converter.Plugin) string {
	if p.Value && p.Header {
		return p.Version + ", " + p.Version
	}
	return p.Version
}

// namedConverter returns the converter that the connector names under a key, if it is one that can be used there.
func (e *Examination) namedConverter(name string) (*converter.Plugin, bool) {
	text, set := e.props[name]
	if !set {
		return nil, false
	}
	p, ok := converter.Lookup(text)
	return p, ok && (p.Header && name == "header.converter" || p.Value && name != "header.converter")
}

// converterFindings checks the settings of converters that the connector names itself. Their messages carry the
// names without prefix, as the converter knows them.
func (e *Examination) converterFindings() {
	for _, role := range converterRoles {
		name := role.String() + ".converter"
		p, ok := e.namedConverter(name)
		if !ok || len(e.find(name+".plugin.version").errors) > 0 {
			continue
		}
		config := cd.WithPrefix(e.props, name+".")
		if _, set := config[converterType.Name]; !set {
			config[converterType.Name] = role.String()
		}
		first := len(e.findings)
		e.take(name+".", p.Config(), config)
		e.describe(e.findings[first:], name+".", shownKeys(p))
		javatext.Order(e.findings[first:], func(f finding) string { return f.key.Name })
	}
}

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
