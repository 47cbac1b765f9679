package avro

import "github.com/sluice-connect/sluice/schemas"

// options are the converter's choices that change Connect schemas.
type options struct {
	enhanced    bool // enhanced.avro.schema.support
	metadata    bool // connect.meta.data
	flatten     bool // flatten.singleton.unions
	discard     bool // discard.type.doc.default
	generalized bool // generalized.sum.type.support
}

// program is a compiled schema.
type program struct {
	root *op
	// raw is set for a top-level bytes schema: Confluent's serializer writes its value without a length.
	raw bool
}

// compiler maps Avro schemas to Connect schemas and ops at once. It follows Confluent's AvroData in everything that
// can be seen: names, parameters, defaults, what is optional, and what is an error.
type compiler struct {
	options
	bodies map[*node]*body
	open   map[*node]*opening
	shared map[sharing]*op
	unions int
	params int
}

// maxParams bounds the parameters of all schemas of a program: an enum's symbols are parameters wherever it stands.
const maxParams = 100_000

// sharing finds the op of a named type at a place that says nothing of its own.
type sharing struct {
	n        *node
	optional bool
}

// opening is a record whose fields are being compiled; mentions of it inside itself get copies of its schema, which
// are filled when it is done.
type opening struct {
	schema *schemas.Schema
	body   *body
	inner  []mention
}

type mention struct {
	schema   *schemas.Schema
	optional bool
}

// place is what the surroundings of a type say about it.
type place struct {
	optional bool
	def      any // default of the field
	hasDef   bool
	doc      string // of the field
	hasDoc   bool
	version  int // of the registry, for the top
}

// compile builds the program of a parsed schema; version is the registry's.
func compile(n *node, version int, o options) (*program, error) {
	c := &compiler{options: o, bodies: map[*node]*body{}, open: map[*node]*opening{},
		shared: map[sharing]*op{}}
	if n.kind == kNull {
		return &program{}, nil
	}
	if isAnything(n) {
		return c.compileAnything(n)
	}
	root, err := c.at(n, place{version: version})
	if err != nil {
		return nil, err
	}
	return &program{root: root, raw: n.kind == kBytes}, nil
}

// at compiles n for the place where it stands.
func (c *compiler) at(n *node, p place) (*op, error) {
	if n.kind == kUnion {
		if o, done, err := c.simpleUnion(n, p); done {
			return o, err
		}
	}
	if o, ok := c.open[n]; ok {
		s := &schemas.Schema{}
		o.inner = append(o.inner, mention{schema: s, optional: p.optional})
		return &op{code: opRecord, schema: s, body: o.body}, nil
	}
	plain := n.name != "" && !p.hasDef && !p.hasDoc && p.version == 0
	if o := c.shared[sharing{n, p.optional}]; plain && o != nil {
		return o, nil
	}
	o, err := c.build(n, p)
	if err == nil && plain {
		c.shared[sharing{n, p.optional}] = o
	}
	return o, err
}

func (c *compiler) build(n *node, p place) (*op, error) {
	o := &op{schema: &schemas.Schema{}}
	if err := c.shape(o, n); err != nil {
		return nil, err
	}
	if err := c.decorate(o.schema, n, p); err != nil {
		return nil, err
	}
	if err := o.logical(); err != nil {
		return nil, err
	}
	if done, ok := c.open[n]; ok {
		done.close()
		delete(c.open, n)
	}
	return o, nil
}

// close gives the mentions of a record inside itself the finished schema.
func (o *opening) close() {
	for _, m := range o.inner {
		*m.schema = *o.schema
		m.schema.Optional = m.optional
	}
}
