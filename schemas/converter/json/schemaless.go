package json

import (
	"bytes"
	"context"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// schemaless converts plain JSON documents (schemas.enable=false).
type schemaless struct {
	slab schemas.Slab[document]
}

// Convert checks data in full and keeps it as it is. No bytes, empty and blank bytes, and the document null are null.
func (c *schemaless) Convert(_ context.Context, _ string, data []byte) (schemas.Value, error) {
	text := trim(data)
	if len(text) == 0 || string(text) == "null" {
		return schemas.Value{}, nil
	}
	breaks, err := validate(text)
	if err != nil {
		return schemas.Value{}, invalidJSON(err)
	}
	return c.lazy(text, breaks), nil
}

func (c *schemaless) lazy(text []byte, breaks bool) schemas.Value {
	d := c.slab.Next()
	d.text, d.breaks = text, breaks
	return schemas.LazyOf(nil, d)
}

func (c *schemaless) Clone() converter.Converter { return &schemaless{} }
func (c *schemaless) Close() error               { return nil }

// invalidJSON words err as Connect's JsonConverter does.
func invalidJSON(err error) error {
	return &converter.CausedError{Message: "Converting byte[] to Kafka Connect data failed due to serialization error: ", Err: err}
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// trim cuts off what may surround a document: a byte order mark, which Jackson skips too, and white space.
func trim(b []byte) []byte {
	b = bytes.TrimPrefix(b, byteOrderMark)
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// document is a validated, trimmed document other than null: data without a schema, built on demand.
type document struct {
	text   []byte
	breaks bool // a line break stands between its tokens
}

func (d *document) Tree() any { return tree(d.text) }

// AppendJSON appends the document as it came; only one that spans lines is rewritten.
func (d *document) AppendJSON(dst []byte) []byte {
	if d.breaks {
		return appendCompact(dst, d.text)
	}
	return append(dst, d.text...)
}

func (d *document) Lookup(path []string) (any, bool) {
	at := 0
	for _, name := range path {
		if at = find(d.text, at, name); at < 0 {
			return nil, false
		}
	}
	return tree(d.text[at:valueEnd(d.text, at)]), true
}
