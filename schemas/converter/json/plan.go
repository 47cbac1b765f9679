package json

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/sluice-connect/sluice/schemas"
)

// plan is a schema prepared for decoding.
type plan struct {
	schema  *schemas.Schema
	logical logical
	scale   int32          // of a decimal
	fields  []*plan        // of a struct, beside schema.Fields
	index   map[string]int // of a struct, by field name
	key     *plan          // of a map
	elem    *plan          // of an array or a map
	// defaultSize is about what the default takes when it is written out.
	defaultSize int
}

// logical says which of Connect's logical types a plan stands for.
type logical uint8

const (
	physical logical = iota
	decimal
	date
	clock
	timestamp
)

// logicals lists the logical types with the only physical type each has. A name on another type is just a name.
var logicals = map[string]struct {
	base    schemas.Type
	logical logical
}{
	schemas.DecimalName:   {schemas.Bytes, decimal},
	schemas.DateName:      {schemas.Int32, date},
	schemas.TimeName:      {schemas.Int32, clock},
	schemas.TimestampName: {schemas.Int64, timestamp},
}

// maxScale bounds the scale of a decimal: written out it has that many digits.
const maxScale = 1000

// readSchema reads the schema part of an envelope.
func readSchema(text []byte, replaceNulls bool) (*plan, error) {
	r := schemaReader{replaceNulls: replaceNulls, budget: newBudget(len(text))}
	return r.read(tree(text))
}

type schemaReader struct {
	replaceNulls bool
	budget       *budget
}

func (r *schemaReader) read(node any) (*plan, error) {
	object, _ := node.(schemas.Map)
	name, ok := get[string](object, "type")
	if !ok {
		return nil, errors.New("Schema must contain 'type' field") //nolint:staticcheck // Kafka's text
	}
	typ, ok := schemas.TypeByName(name)
	if !ok {
		return nil, fmt.Errorf("Unknown schema type: %s", clip(name)) //nolint:staticcheck // Kafka's text
	}
	p := &plan{schema: &schemas.Schema{Type: typ}}
	if err := r.parts(p, object); err != nil {
		return nil, err
	}
	if err := r.attributes(p, object); err != nil {
		return nil, err
	}
	return p, r.defaultValue(p, object)
}

// parts reads the schemas inside a container's schema.
func (r *schemaReader) parts(p *plan, object schemas.Map) (err error) {
	switch p.schema.Type {
	case schemas.ArrayType:
		p.elem, err = r.part(object, "items", "Array schema did not specify the element type")
		if err == nil {
			p.schema.Elem = p.elem.schema
		}
	case schemas.MapType:
		if p.key, err = r.part(object, "keys", "Map schema did not specify the key type"); err != nil {
			return err
		}
		if p.elem, err = r.part(object, "values", "Map schema did not specify the value type"); err != nil {
			return err
		}
		p.schema.Key, p.schema.Elem = p.key.schema, p.elem.schema
	case schemas.StructType:
		err = r.structFields(p, object)
	}
	return err
}

func (r *schemaReader) part(object schemas.Map, name, missing string) (*plan, error) {
	node, _ := object.Get(name)
	if node == nil {
		return nil, errors.New(missing)
	}
	return r.read(node)
}

func (r *schemaReader) structFields(p *plan, object schemas.Map) error {
	nodes, ok := get[[]any](object, "fields")
	if !ok {
		return errors.New(`Struct schema's "fields" argument is not an array.`) //nolint:staticcheck // Kafka's text
	}
	p.index = make(map[string]int, len(nodes))
	for _, node := range nodes {
		field, _ := node.(schemas.Map)
		name, ok := get[string](field, "field")
		if !ok {
			return errors.New("Struct schema's field name not specified properly") //nolint:staticcheck // Kafka's text
		}
		if _, dup := p.index[name]; dup {
			return fmt.Errorf("Cannot create field because of field name duplication %s", clip(name)) //nolint:staticcheck // Kafka's text
		}
		part, err := r.read(node)
		if err != nil {
			return inField(err, name)
		}
		p.index[name] = len(p.fields)
		p.fields = append(p.fields, part)
		p.schema.Fields = append(p.schema.Fields, schemas.Field{Name: name, Schema: part.schema})
	}
	return nil
}

func (r *schemaReader) attributes(p *plan, object schemas.Map) error {
	s := p.schema
	s.Optional, _ = get[bool](object, "optional")
	s.Name, _ = get[string](object, "name")
	s.Doc, _ = get[string](object, "doc")
	if n, ok := get[schemas.Number](object, "version"); ok {
		v, _ := strconv.ParseInt(string(n), 10, 32)
		s.Version = int(v)
	}
	params, _ := get[schemas.Map](object, "parameters")
	for _, e := range params {
		text, ok := e.Value.(string)
		if !ok {
			return errors.New("Schema parameters must have string values.") //nolint:staticcheck // Kafka's text
		}
		if s.Params == nil {
			s.Params = map[string]string{}
		}
		s.Params[e.Key.(string)] = text
	}
	return p.setLogical()
}

func (p *plan) setLogical() error {
	l, ok := logicals[p.schema.Name]
	if !ok || l.base != p.schema.Type {
		return nil
	}
	p.logical = l.logical
	if p.logical != decimal {
		return nil
	}
	text, ok := p.schema.Params[schemas.DecimalScale]
	if !ok {
		return errors.New("Invalid Decimal schema: scale parameter not found.") //nolint:staticcheck // Kafka's text
	}
	scale, err := strconv.ParseInt(text, 10, 32)
	if err != nil || scale < -maxScale || scale > maxScale {
		return fmt.Errorf("Invalid scale parameter found in Decimal schema: %s", clip(text)) //nolint:staticcheck // Kafka's text
	}
	p.scale = int32(scale)
	return nil
}

// defaultValue decodes the default as if it were a payload. A null default is none, as in Connect.
func (r *schemaReader) defaultValue(p *plan, object schemas.Map) error {
	node, ok := object.Get("default")
	if !ok {
		return nil
	}
	d := decoder{b: schemas.AppendDataJSON(nil, nil, node, schemas.JSONOptions{}), replaceNulls: r.replaceNulls, budget: r.budget}
	d.text = string(d.b)
	data, _, err := d.value(p, 0)
	if err != nil {
		return &dataError{text: "Invalid default value: " + err.Error()}
	}
	p.defaultSize = len(d.b)
	p.schema.Default, p.schema.HasDefault = data, data != nil
	return nil
}

// get returns the member called name if it is a T.
func get[T any](object schemas.Map, name string) (T, bool) {
	v, _ := object.Get(name)
	t, ok := v.(T)
	return t, ok
}
