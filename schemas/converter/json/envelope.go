package json

import (
	"bytes"
	"context"
	"errors"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/converter"
)

var errEnvelope = errors.New(`JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional fields. ` + //nolint:staticcheck // Kafka's text
	`If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.`)

// enveloped converts documents that carry their schema (schemas.enable=true).
type enveloped struct {
	cache        *planCache // shared by clones
	replaceNulls bool
	plain        schemaless // for payloads under a null schema
	// The records of a topic mostly repeat everything before the payload: prefix is that text of the record before,
	// known to be valid, and plan what its schema stands for.
	prefix []byte
	plan   *plan
}

func newEnveloped(cacheSize int, replaceNulls bool) *enveloped {
	return &enveloped{cache: newPlanCache(cacheSize), replaceNulls: replaceNulls}
}

// Clone shares the schemas read so far.
func (c *enveloped) Clone() converter.Converter {
	return &enveloped{cache: c.cache, replaceNulls: c.replaceNulls}
}

func (c *enveloped) Close() error { return nil }

// Convert checks data in full and builds the payload as its schema says. No bytes are null; empty ones are an error.
func (c *enveloped) Convert(_ context.Context, _ string, data []byte) (schemas.Value, error) {
	if data == nil {
		return schemas.Value{}, nil
	}
	text := trim(data)
	if payload, ok := c.familiar(text); ok {
		return c.build(c.plan, payload)
	}
	if len(text) == 0 {
		return schemas.Value{}, errEnvelope
	}
	breaks, err := validate(text)
	if err != nil {
		return schemas.Value{}, invalidJSON(err)
	}
	e, ok := open(text)
	if !ok {
		return schemas.Value{}, errEnvelope
	}
	if string(e.schema) == "null" {
		return c.schemaless(e.payload, breaks), nil
	}
	p, err := c.cache.get(e.schema, c.replaceNulls)
	if err != nil {
		return schemas.Value{}, err
	}
	if e.payloadLast {
		c.prefix, c.plan = append(c.prefix[:0], text[:e.payloadAt]...), p
	}
	return c.build(p, e.payload)
}

// familiar cuts the payload out of a document that begins like the one before. Whatever does not fit exactly is left
// to the long way, errors included.
func (c *enveloped) familiar(text []byte) (payload []byte, ok bool) {
	if c.plan == nil || !bytes.HasPrefix(text, c.prefix) || text[len(text)-1] != '}' {
		return nil, false
	}
	payload = trim(text[len(c.prefix) : len(text)-1])
	if len(payload) == 0 {
		return nil, false
	}
	_, err := validate(payload)
	return payload, err == nil
}

func (c *enveloped) schemaless(payload []byte, breaks bool) schemas.Value {
	if string(payload) == "null" {
		return schemas.Value{}
	}
	return c.plain.lazy(payload, breaks)
}

func (c *enveloped) build(p *plan, payload []byte) (schemas.Value, error) {
	data, err := decode(p, payload, c.replaceNulls)
	if err != nil {
		return schemas.Value{}, err
	}
	return schemas.Of(p.schema, data), nil
}

// envelope is the two parts of a document.
type envelope struct {
	schema, payload []byte
	payloadAt       int
	payloadLast     bool // nothing but the closing brace follows the payload
}

// open takes a validated document apart; ok is false unless it is an object of exactly the two members.
func open(b []byte) (e envelope, ok bool) {
	if b[0] != '{' {
		return e, false
	}
	for i := 1; ; {
		from, to, value, ok := member(b, i)
		if !ok {
			return e, e.schema != nil && e.payload != nil
		}
		i = valueEnd(b, value)
		switch {
		case isName(b[from:to], "schema"):
			e.schema, e.payloadLast = b[value:i], false
		case isName(b[from:to], "payload"):
			e.payload, e.payloadAt, e.payloadLast = b[value:i], value, true
		default:
			return e, false
		}
	}
}
