package avro

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/converter"
	"github.com/sluice-connect/sluice/schemas/registry"
)

const (
	// badTTL is how long a schema that cannot be used is not looked at again.
	badTTL = 5 * time.Second
	// maxErrorText is what the contract of converters allows.
	maxErrorText = 512
	// maxOwn bounds the programs a clone keeps for itself, beside the shared cache.
	maxOwn = 256
)

// library is what a converter and its clones share.
type library struct {
	client   source
	options  options
	subjects subjects
	programs *registry.Cache[programKey, *program]
	log      *slog.Logger
}

// source is the part of the registry client that this converter needs.
type source interface {
	ByID(ctx context.Context, id int32, subject string) (*registry.Schema, error)
	Version(ctx context.Context, subject string, s *registry.Schema) (int, error)
	Close() error
}

// programKey names a program: the registered version of a schema, which is part of it, depends on the topic.
type programKey struct {
	id    int32
	topic string
}

// avroConverter reads Avro messages of one goroutine.
type avroConverter struct {
	lib   *library
	own   map[programKey]*program
	check checker
	slab  schemas.Slab[lazy]
}

func newConverter(client source, s subjects, o options, cacheSize int) *avroConverter {
	lib := &library{client: client, options: o, subjects: s, log: slog.Default()}
	lib.programs = registry.NewCache(cacheSize, badTTL, lib.load)
	return &avroConverter{lib: lib, own: map[programKey]*program{}}
}

// Clone returns a converter that shares the compiled schemas and the registry client.
func (c *avroConverter) Clone() converter.Converter {
	return &avroConverter{lib: c.lib, own: map[programKey]*program{}}
}

// LogTo implements converter.Logging.
func (c *avroConverter) LogTo(log *slog.Logger) {
	c.lib.log = log
	if client, ok := c.lib.client.(converter.Logging); ok {
		client.LogTo(log)
	}
}

// Close ends what the registry is being asked.
func (c *avroConverter) Close() error {
	c.lib.programs.Close()
	return c.lib.client.Close()
}

// Convert checks data and returns a value that is built from it on demand.
func (c *avroConverter) Convert(ctx context.Context, topic string, data []byte) (schemas.Value, error) {
	if data == nil {
		return schemas.Value{}, nil
	}
	id, body, err := header(data)
	if err != nil {
		return schemas.Value{}, err
	}
	p, err := c.program(ctx, programKey{id: id, topic: topic})
	if err != nil {
		return schemas.Value{}, bounded(err)
	}
	if p.root == nil { // the schema "null"
		if len(body) > 0 {
			return schemas.Value{}, errors.New("decode Avro data: " + faultTexts[faultTrailing])
		}
		return schemas.Value{}, nil
	}
	if p.raw {
		return c.rawValue(p, body)
	}
	if err := c.check.run(p.root, body); err != nil {
		return schemas.Value{}, fmt.Errorf("schema id %d: %w", id, err)
	}
	if p.root.isNull(body) {
		return schemas.Value{}, nil
	}
	l := c.slab.Next()
	*l = lazy{root: p.root, b: body, repeated: c.check.repeated}
	return schemas.LazyOf(p.root.schema, l), nil
}

// isNull reports whether a top-level union is null, or nothing is in the envelope: such a message is a null.
func (o *op) isNull(b []byte) bool {
	switch o.code {
	case opOptional:
		n, _ := readLong(b, 0)
		return n == o.nullAt
	case opUnion:
		inner, _, _ := readUnion(o.union, b, 0)
		return inner == nil
	case opAnything:
		data, _ := o.tree(b, 0)
		return data == nil
	}
	return false
}

// rawValue is a value of a top-level bytes schema, which stands in the message without its length.
func (c *avroConverter) rawValue(p *program, body []byte) (schemas.Value, error) {
	if p.root.code == opDecimal && len(body) == 0 {
		return schemas.Value{}, errors.New("decode Avro data: " + faultTexts[faultDecimal])
	}
	if p.root.code == opDecimal {
		return schemas.Of(p.root.schema, schemas.DecimalFromBigEndian(trimmed(body), p.root.scale)), nil
	}
	return schemas.Of(p.root.schema, append([]byte{}, body...)), nil
}

// program finds a compiled schema, first without asking anybody.
func (c *avroConverter) program(ctx context.Context, k programKey) (*program, error) {
	if p, ok := c.own[k]; ok {
		return p, nil
	}
	p, err := c.lib.programs.Get(ctx, k)
	if err != nil {
		return nil, err
	}
	if len(c.own) >= maxOwn {
		clear(c.own)
	}
	k.topic = strings.Clone(k.topic) // it may be cut from a batch
	c.own[k] = p
	return p, nil
}

// load asks the registry for a schema and compiles it.
func (l *library) load(ctx context.Context, k programKey) (*program, error) {
	s, err := l.client.ByID(ctx, k.id, l.subjects.hint(k.topic))
	if err != nil {
		return nil, err
	}
	n, err := parseRegistered(s)
	if err != nil {
		return nil, fmt.Errorf("read schema id %d: %w", k.id, err)
	}
	if err := vet(s.Text); err != nil && len(s.Imports) == 0 {
		l.log.Info("schema is not portable to every Avro library; it is read all the same", "schema", k.id, "reason", bounded(err))
	}
	subject, err := l.subjects.of(k.topic, n)
	if err != nil {
		return nil, fmt.Errorf("find subject of schema id %d: %w", k.id, err)
	}
	version, err := l.client.Version(ctx, subject, s)
	if err != nil {
		return nil, err
	}
	p, err := compile(n, version, l.options)
	if err != nil {
		return nil, fmt.Errorf("read schema id %d: %w", k.id, err)
	}
	return p, nil
}

func parseRegistered(s *registry.Schema) (*node, error) {
	if s.Type != "AVRO" {
		return nil, fmt.Errorf("it is of type %s, not AVRO", cut(s.Type))
	}
	p := newParser()
	for _, im := range s.Imports {
		if _, err := p.parse(im.Text); err != nil {
			return nil, fmt.Errorf("in reference %s: %w", cut(im.Name), err)
		}
	}
	return p.parse(s.Text)
}

// bounded shortens the text of err and keeps what it wraps.
func bounded(err error) error {
	text := err.Error()
	if len(text) <= maxErrorText {
		return err
	}
	return &shortened{text: strings.ToValidUTF8(text[:maxErrorText-3], "") + "…", err: err}
}

type shortened struct {
	text string
	err  error
}

func (s *shortened) Error() string { return s.text }
func (s *shortened) Unwrap() error { return s.err }
