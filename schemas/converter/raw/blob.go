package raw

import (
	"bytes"
	"context"
	"encoding/base64"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// blobs is ByteArrayConverter: the bytes as they are.
type blobs struct{ slab schemas.Slab[blob] }

var optionalBytes = optional(schemas.Bytes)

// Convert never fails.
func (c *blobs) Convert(_ context.Context, _ string, data []byte) (schemas.Value, error) {
	if data == nil {
		return schemas.Of(optionalBytes, nil), nil
	}
	b := c.slab.Next()
	b.bytes = data
	return schemas.LazyOf(optionalBytes, b), nil
}

func (c *blobs) Clone() converter.Converter { return &blobs{} }
func (c *blobs) Close() error               { return nil }

// blob is bytes that are copied only when somebody asks for them.
type blob struct{ bytes []byte }

func (b *blob) Tree() any                   { return bytes.Clone(b.bytes) }
func (b *blob) Lookup([]string) (any, bool) { return nil, false }

func (b *blob) AppendText(dst []byte) []byte { return append(dst, b.bytes...) }

func (b *blob) AppendJSON(dst []byte) []byte {
	return append(base64.StdEncoding.AppendEncode(append(dst, '"'), b.bytes), '"')
}
