package avro

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// object reads a schema written as a JSON object.
func (p *parser) object(d map[string]any, space string) (*node, error) {
	name, ok := d["type"].(string)
	if !ok {
		if d["type"] == nil {
			return nil, errors.New("a schema has no type")
		}
		return p.schema(d["type"], space) // {"type": {"type": …}}: Java takes the inner one
	}
	switch name {
	case "record", "error":
		return p.record(d, space)
	case "enum":
		return p.enum(d, space)
	case "fixed":
		return p.fixed(d, space)
	case "array", "map":
		return p.collection(d, name, space)
	}
	k, ok := primitive(name)
	if !ok {
		return p.named(name, space)
	}
	return &node{kind: k, props: d}, nil
}

func (p *parser) collection(d map[string]any, name, space string) (*node, error) {
	n, inner := &node{kind: kArray, props: d}, "items"
	if name == "map" {
		n.kind, inner = kMap, "values"
	}
	if d[inner] == nil {
		return nil, fmt.Errorf("a schema of type %s has no %s", name, inner)
	}
	var err error
	n.elem, err = p.schema(d[inner], space)
	return n, err
}

// define makes the node of a named type and enters it under its name, before its insides are read.
func (p *parser) define(k kind, d map[string]any, space string) (*node, error) {
	name, _ := d["name"].(string)
	if name == "" {
		return nil, fmt.Errorf("a schema of type %s has no name", k)
	}
	n := &node{kind: k, name: name, space: space, props: d}
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		n.space, n.name = name[:dot], name[dot+1:]
	} else if s, ok := d["namespace"].(string); ok {
		n.space = s
	}
	n.doc, n.hasDoc = d["doc"].(string)
	full := n.fullName()
	if p.names[full] != nil {
		return nil, fmt.Errorf("type %s is defined twice", cut(full))
	}
	p.names[full] = n
	return n, nil
}

func (p *parser) record(d map[string]any, space string) (*node, error) {
	n, err := p.define(kRecord, d, space)
	if err != nil {
		return nil, err
	}
	list, ok := d["fields"].([]any)
	if !ok {
		return nil, fmt.Errorf("record %s has no fields", cut(n.name))
	}
	if err := p.count(len(list)); err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(list))
	for _, e := range list {
		f, err := p.field(e, n.space)
		if err != nil {
			return nil, err
		}
		if seen[f.name] {
			return nil, fmt.Errorf("record %s has field %s twice", cut(n.name), cut(f.name))
		}
		seen[f.name] = true
		n.fields = append(n.fields, f)
	}
	return n, nil
}

func (p *parser) field(e any, space string) (nodeField, error) {
	d, _ := e.(map[string]any)
	f := nodeField{}
	f.name, _ = d["name"].(string)
	if f.name == "" || d["type"] == nil {
		return f, errors.New("a record field has no name or no type")
	}
	f.doc, f.hasDoc = d["doc"].(string)
	f.def, f.hasDefault = d["default"]
	var err error
	f.node, err = p.schema(d["type"], space)
	return f, err
}

func (p *parser) enum(d map[string]any, space string) (*node, error) {
	n, err := p.define(kEnum, d, space)
	if err != nil {
		return nil, err
	}
	list, _ := d["symbols"].([]any)
	if err := p.count(len(list)); err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(list))
	for _, e := range list {
		s, _ := e.(string)
		if s == "" || seen[s] {
			return nil, fmt.Errorf("enum %s has a symbol that is empty or there twice", cut(n.name))
		}
		seen[s] = true
		n.symbols = append(n.symbols, s)
	}
	n.fallback, _ = d["default"].(string)
	return n, nil
}

func (p *parser) fixed(d map[string]any, space string) (*node, error) {
	n, err := p.define(kFixed, d, space)
	if err != nil {
		return nil, err
	}
	size, _ := d["size"].(json.Number)
	v, err := size.Int64()
	if err != nil || v < 0 || v > maxFixed {
		return nil, fmt.Errorf("fixed %s has no size from 0 to %d", cut(n.name), maxFixed)
	}
	n.size = int(v)
	return n, nil
}
