package avro

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/sluice-connect/sluice/schemas"
)

// Names of Confluent's converter that appear in schemas.
const (
	confluent             = "io.confluent.connect.avro."
	unionName             = confluent + "Union"
	defaultName           = confluent + "ConnectDefault"
	generalizedEnum       = "org.apache.kafka.connect.data.Enum"
	generalizedUnionParam = "org.apache.kafka.connect.data.Union"
	generalizedUnion      = "connect_union_"
)

func setParam(s *schemas.Schema, key, value string) {
	if s.Params == nil {
		s.Params = map[string]string{}
	}
	s.Params[key] = value
}

// decorate adds what the attributes of the type and its place say.
func (c *compiler) decorate(s *schemas.Schema, n *node, p place) error {
	c.document(s, n, p)
	if err := setVersion(s, n, p.version); err != nil {
		return err
	}
	if err := c.connectParams(s, n); err != nil {
		return err
	}
	for k, v := range n.props {
		if strings.HasPrefix(k, "avro") {
			setParam(s, k, attributeText(v))
		}
	}
	if err := setName(s, n); err != nil {
		return err
	}
	s.Optional = s.Optional || p.optional
	c.setDefault(s, n, p)
	c.params += len(s.Params)
	if c.params > maxParams {
		return fmt.Errorf("schema has more than %d parameters", maxParams)
	}
	return nil
}

func (c *compiler) document(s *schemas.Schema, n *node, p place) {
	doc, has := n.props["connect.doc"].(string)
	if !c.discard {
		if has && c.metadata {
			s.Doc = doc
		}
		return
	}
	switch {
	case p.hasDoc:
		s.Doc = p.doc
	case n.hasDoc:
		s.Doc = n.doc
	case has:
		s.Doc = doc
	}
	if c.metadata && n.hasDoc {
		setParam(s, "connect.record.doc", n.doc)
	}
}

// setVersion lets connect.version win over the registry's version, which only fills a gap.
func setVersion(s *schemas.Schema, n *node, registered int) error {
	given, ok := n.props["connect.version"]
	if !ok || given == nil {
		if s.Version == 0 {
			s.Version = registered
		}
		return nil
	}
	number, ok := given.(json.Number)
	if !ok {
		return fmt.Errorf("Invalid Connect version found: %s", cut(attributeText(given))) //nolint:staticcheck // Confluent's text
	}
	f, err := number.Float64()
	if err != nil {
		return fmt.Errorf("Invalid Connect version found: %s", cut(number.String())) //nolint:staticcheck // Confluent's text
	}
	v := int(f)
	if s.Version != 0 && v >= 0 && v != s.Version {
		return fmt.Errorf("Mismatched versions: version already added to SchemaBuilder (%d) differs from version in source schema (%d)", s.Version, v) //nolint:staticcheck // Confluent's text
	}
	s.Version = max(v, 0)
	return nil
}

func (c *compiler) connectParams(s *schemas.Schema, n *node) error {
	given, ok := n.props["connect.parameters"]
	if !ok || given == nil || !c.metadata {
		return nil
	}
	list, ok := given.(map[string]any)
	if !ok {
		return fmt.Errorf("Expected JSON object for schema parameters but found: %s", cut(attributeText(given))) //nolint:staticcheck // Confluent's text
	}
	for k, v := range list {
		text, ok := v.(string)
		if !ok {
			return fmt.Errorf("Expected schema parameter values to be strings but found: %s", cut(attributeText(v))) //nolint:staticcheck // Confluent's text
		}
		setParam(s, k, text)
	}
	return nil
}

func setName(s *schemas.Schema, n *node) error {
	name := ""
	switch given := n.props["connect.name"].(type) {
	case nil:
		if n.kind == kRecord || n.kind == kEnum || (n.kind == kFixed && s.Name == "") {
			name = n.fullName()
		}
	case string:
		name = given
	default:
		return fmt.Errorf("Invalid schema name: %s", cut(attributeText(given))) //nolint:staticcheck // Confluent's text
	}
	if name == "" || strings.HasPrefix(name, defaultName) {
		return nil
	}
	if s.Name != "" && s.Name != name {
		return fmt.Errorf("Mismatched names: name already added to SchemaBuilder (%s) differs from name in source schema (%s)", s.Name, cut(name)) //nolint:staticcheck // Confluent's text
	}
	s.Name = name
	return nil
}

// attributeText is an attribute as a parameter shows it: texts bare, everything else as JSON.
func attributeText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

func decimalShape(s *schemas.Schema, n *node) error {
	scale := 0
	if number, ok := n.props["scale"].(json.Number); ok {
		f, err := number.Float64()
		if err != nil || f < -maxScale || f > maxScale {
			return fmt.Errorf("scale of a decimal is outside -%d to %d", maxScale, maxScale)
		}
		scale = int(f)
	}
	s.Name, s.Version = schemas.DecimalName, 1
	setParam(s, schemas.DecimalScale, strconv.Itoa(scale))
	given, ok := n.props["precision"]
	if !ok || given == nil {
		return nil
	}
	number, ok := given.(json.Number)
	if !ok {
		return errors.New("precision property must be a JSON Integer. https://avro.apache.org/docs/1.9.1/spec.html#Decimal")
	}
	if f, err := number.Float64(); err == nil && int32(f) != 64 { // 64 is what Confluent writes for lack of a better one
		setParam(s, "connect.decimal.precision", strconv.Itoa(int(int32(f))))
	}
	return nil
}

// logical turns an op into that of a logical type, which Connect recognises by the schema's name alone.
func (o *op) logical() error {
	s := o.schema
	switch s.Name {
	case schemas.DecimalName:
		scale, err := strconv.ParseInt(s.Params[schemas.DecimalScale], 10, 32)
		if s.Type != schemas.Bytes || err != nil || scale < -maxScale || scale > maxScale {
			return fmt.Errorf("schema named %s is no decimal with a scale", s.Name)
		}
		o.scale = int32(scale)
		o.code += opDecimal - opBytes // a fixed becomes a decimal of a fixed
		return nil
	case schemas.DateName:
		return o.become(opDate, schemas.Int32)
	case schemas.TimeName:
		return o.become(opTime, schemas.Int32)
	case schemas.TimestampName:
		return o.become(opTimestamp, schemas.Int64)
	}
	return nil
}

func (o *op) become(k code, t schemas.Type) error {
	if o.schema.Type != t {
		return fmt.Errorf("schema named %s is of type %s, not %s", o.schema.Name, o.schema.Type, t)
	}
	o.code = k
	return nil
}
