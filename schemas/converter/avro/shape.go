package avro

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sluice-connect/sluice/schemas"
)

// shape sets what the type alone says.
func (c *compiler) shape(o *op, n *node) error {
	switch n.kind {
	case kNull:
		return errors.New("Standalone null schemas are not supported by this converter") //nolint:staticcheck // Confluent's text
	case kBoolean:
		o.set(opBoolean, schemas.Boolean)
	case kInt:
		return c.shapeInt(o, n)
	case kLong:
		o.set(opInt64, schemas.Int64)
		if strings.EqualFold(n.prop("logicalType"), "timestamp-millis") {
			o.schema.Name, o.schema.Version = schemas.TimestampName, 1
		}
	case kFloat:
		o.set(opFloat32, schemas.Float32)
	case kDouble:
		o.set(opFloat64, schemas.Float64)
	case kString:
		o.set(opString, schemas.String)
	case kBytes, kFixed:
		return c.shapeBytes(o, n)
	case kEnum:
		c.shapeEnum(o, n)
	case kArray, kMap:
		return c.shapeCollection(o, n)
	case kRecord:
		return c.shapeRecord(o, n)
	case kUnion:
		return c.shapeUnion(o, n)
	}
	return nil
}

func (o *op) set(k code, t schemas.Type) { o.code, o.schema.Type = k, t }

func (c *compiler) shapeInt(o *op, n *node) error {
	o.set(opInt32, schemas.Int32)
	if logical := n.prop("logicalType"); logical != "" {
		switch {
		case strings.EqualFold(logical, "date"):
			o.schema.Name, o.schema.Version = schemas.DateName, 1
		case strings.EqualFold(logical, "time-millis"):
			o.schema.Name, o.schema.Version = schemas.TimeName, 1
		}
		return nil
	}
	switch n.prop("connect.type") {
	case "":
	case "int8":
		o.set(opInt8, schemas.Int8)
	case "int16":
		o.set(opInt16, schemas.Int16)
	default:
		return errors.New("Connect type annotation for Avro int field is null") //nolint:staticcheck // Confluent's text
	}
	return nil
}

func (c *compiler) shapeBytes(o *op, n *node) error {
	o.set(opBytes, schemas.Bytes)
	if strings.EqualFold(n.prop("logicalType"), "decimal") {
		if err := decimalShape(o.schema, n); err != nil {
			return err
		}
	}
	if n.kind == kFixed {
		o.code, o.size = opFixed, n.size
		setParam(o.schema, "connect.fixed.size", fmt.Sprint(n.size))
	}
	return nil
}

func (c *compiler) shapeEnum(o *op, n *node) {
	o.set(opEnum, schemas.String)
	s := o.schema
	if c.metadata && n.hasDoc {
		if c.discard {
			setParam(s, "connect.enum.doc", n.doc)
		} else {
			setParam(s, confluent+"enum.doc."+n.name, n.doc)
		}
	}
	if c.metadata && !c.discard && n.fallback != "" {
		setParam(s, confluent+"enum.default."+n.name, n.fallback)
	}
	param := confluent + "Enum"
	if c.generalized {
		param = generalizedEnum
	}
	setParam(s, param, n.fullName())
	for i, text := range n.symbols {
		value := text
		if c.generalized {
			value = fmt.Sprint(i)
		}
		setParam(s, param+"."+text, value)
		o.symbols = append(o.symbols, symbol{text: text, json: schemas.AppendJSONString(nil, text)})
	}
}

func (c *compiler) shapeCollection(o *op, n *node) (err error) {
	if n.kind == kArray && isMapEntry(n.elem) {
		return c.shapePairs(o, n.elem)
	}
	if o.elem, err = c.at(n.elem, place{}); err != nil {
		return err
	}
	o.schema.Elem = o.elem.schema
	o.set(opArray, schemas.ArrayType)
	if n.kind == kMap {
		o.set(opMap, schemas.MapType)
		o.schema.Key = &schemas.Schema{Type: schemas.String}
	}
	return nil
}

// isMapEntry finds the records as which Confluent writes maps whose keys are no strings.
func isMapEntry(n *node) bool {
	return n.kind == kRecord &&
		((n.space == "io.confluent.connect.avro" && n.name == "MapEntry") || n.prop("connect.internal.type") == "MapEntry")
}

func (c *compiler) shapePairs(o *op, entry *node) (err error) {
	if len(entry.fields) != 2 || entry.fields[0].name == entry.fields[1].name {
		return errPairs
	}
	key, value := entry.fields[0], entry.fields[1]
	if key.name == "value" {
		key, value, o.swapped = value, key, true
	}
	if key.name != "key" || value.name != "value" {
		return errPairs
	}
	if o.key, err = c.at(key.node, place{}); err != nil {
		return err
	}
	if o.elem, err = c.at(value.node, place{}); err != nil {
		return err
	}
	o.set(opPairs, schemas.MapType)
	o.schema.Key, o.schema.Elem = o.key.schema, o.elem.schema
	return nil
}

var errPairs = errors.New("Found map encoded as array of key-value pairs, but array elements do not match the expected format.") //nolint:staticcheck // Confluent's text

func (c *compiler) shapeRecord(o *op, n *node) error {
	o.set(opRecord, schemas.StructType)
	c.recordDocs(o.schema, n)
	if b, ok := c.bodies[n]; ok {
		o.body, o.schema.Fields = b, b.connect
		return nil
	}
	b := &body{weight: len("{}")}
	o.body, c.bodies[n] = b, b
	c.open[n] = &opening{schema: o.schema, body: b}
	for i, f := range n.fields {
		inner, err := c.at(f.node, place{def: f.def, hasDef: f.hasDefault, doc: f.doc, hasDoc: f.hasDoc})
		if err != nil {
			return err
		}
		b.fields = append(b.fields, inner)
		b.connect = append(b.connect, schemas.Field{Name: f.name, Schema: inner.schema})
		before := []byte{','}
		if i == 0 {
			before[0] = '{'
		}
		before = append(schemas.AppendJSONString(before, f.name), ':')
		b.before = append(b.before, before)
		b.weight += len(before)
		b.takesBytes = b.takesBytes || inner.takesBytes()
	}
	o.schema.Fields = b.connect
	return nil
}

func (c *compiler) recordDocs(s *schemas.Schema, n *node) {
	if c.discard || !c.metadata {
		return
	}
	if n.hasDoc {
		setParam(s, confluent+"record.doc", n.doc)
	}
	for _, f := range n.fields {
		if f.hasDoc {
			setParam(s, confluent+"field.doc."+f.name, f.doc)
		}
	}
}
