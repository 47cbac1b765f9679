package avro

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// kind is an Avro type.
type kind uint8

const (
	kNull kind = iota
	kBoolean
	kInt
	kLong
	kFloat
	kDouble
	kBytes
	kString
	kFixed
	kEnum
	kArray
	kMap
	kRecord
	kUnion
)

var kindNames = [...]string{kNull: "null", kBoolean: "boolean", kInt: "int", kLong: "long", kFloat: "float",
	kDouble: "double", kBytes: "bytes", kString: "string", kFixed: "fixed", kEnum: "enum", kArray: "array",
	kMap: "map", kRecord: "record", kUnion: "union"}

// String returns the name Avro gives k.
func (k kind) String() string { return kindNames[k] }

func primitive(name string) (kind, bool) {
	for k := kNull; k <= kString; k++ {
		if kindNames[k] == name {
			return k, true
		}
	}
	return 0, false
}

// node is a parsed Avro schema. Every mention of a named type is the same node, so recursive schemas are cyclic.
type node struct {
	kind     kind
	name     string // simple name of a record, enum or fixed
	space    string // its namespace
	doc      string
	hasDoc   bool
	props    map[string]any // all attributes, numbers as json.Number
	fields   []nodeField    // of a record
	symbols  []string       // of an enum
	fallback string         // default symbol of an enum
	size     int            // of a fixed
	elem     *node          // of an array or map
	branches []*node        // of a union
}

type nodeField struct {
	name       string
	doc        string
	hasDoc     bool
	node       *node
	def        any
	hasDefault bool
}

func (n *node) fullName() string { return qualify(n.name, n.space) }

// prop returns a text attribute, "" when there is none or it is no text.
func (n *node) prop(key string) string { s, _ := n.props[key].(string); return s }

func qualify(name, space string) string {
	if space == "" || strings.Contains(name, ".") {
		return name
	}
	return space + "." + name
}

// Limits on schemas: the registry's answers are as foreign as the records.
const (
	maxSchemaText  = 1 << 20
	maxSchemaDepth = 64
	maxFields      = 5000 // record fields, union branches and enum symbols count, over the whole schema
	maxFixed       = 1 << 24
	maxScale       = 10_000
)

// parser reads schema texts into nodes. Names are shared between texts, which is how references work.
type parser struct {
	names  map[string]*node
	fields int
	text   int
	depth  int
}

func newParser() *parser { return &parser{names: map[string]*node{}} }

// parse reads one schema text. It is as lenient as Java's parser is for Confluent: names are not checked for their
// letters, nor defaults for their type.
func (p *parser) parse(text string) (*node, error) {
	p.text += len(text)
	if p.text > maxSchemaText {
		return nil, errors.New("schema text is larger than 1 MiB")
	}
	if jsonDepth(text) > 4*maxSchemaDepth {
		return nil, fmt.Errorf("schema is nested more than %d deep", maxSchemaDepth)
	}
	var doc any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		name := strings.TrimSpace(text) // the registry may hold a bare type name
		if _, ok := primitive(name); !ok {
			return nil, errors.New("schema text is no JSON")
		}
		doc = name
	}
	return p.schema(doc, "")
}

// jsonDepth is how deep text nests, found without building anything.
func jsonDepth(text string) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '{' || c == '['):
			depth++
			deepest = max(deepest, depth)
		case !quoted && (c == '}' || c == ']'):
			depth--
		}
	}
	return deepest
}

func (p *parser) schema(doc any, space string) (*node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxSchemaDepth {
		return nil, fmt.Errorf("schema is nested more than %d deep", maxSchemaDepth)
	}
	switch d := doc.(type) {
	case string:
		return p.named(d, space)
	case []any:
		return p.union(d, space)
	case map[string]any:
		return p.object(d, space)
	}
	return nil, errors.New("a schema is neither a name, an object nor a list")
}

func (p *parser) named(name, space string) (*node, error) {
	if k, ok := primitive(name); ok {
		return &node{kind: k}, nil
	}
	if n, ok := p.names[qualify(name, space)]; ok {
		return n, nil
	}
	if n, ok := p.names[name]; ok {
		return n, nil
	}
	return nil, fmt.Errorf("unknown type name %q", cut(name))
}

func (p *parser) union(list []any, space string) (*node, error) {
	n := &node{kind: kUnion}
	seen := map[string]bool{}
	if err := p.count(len(list)); err != nil {
		return nil, err
	}
	for _, d := range list {
		b, err := p.schema(d, space)
		if err != nil {
			return nil, err
		}
		id := b.kind.String()
		if b.name != "" {
			id = b.fullName()
		}
		if b.kind == kUnion || seen[id] {
			return nil, fmt.Errorf("a union holds a union or %s twice", cut(id))
		}
		seen[id] = true
		n.branches = append(n.branches, b)
	}
	if len(list) == 0 {
		return nil, errors.New("a union is empty")
	}
	return n, nil
}

func (p *parser) count(more int) error {
	p.fields += more
	if p.fields > maxFields {
		return fmt.Errorf("schema has more than %d fields, branches and symbols", maxFields)
	}
	return nil
}

func cut(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
