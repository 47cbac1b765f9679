package task

import (
	"context"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// conversion is the converters of one pipeline.
type conversion struct {
	set              *settings
	key, value, head converter.Converter
}

func newConversion(set *settings) conversion {
	return conversion{set: set, key: set.key.Clone(), value: set.value.Clone(), head: set.heads.Clone()}
}

// convert fills key, value and headers of r from its raw bytes, in Connect's order. It returns nil when
// that succeeds.
func (c *conversion) convert(ctx context.Context, r *schemas.Record) *recordError {
	var err error
	if r.Key, err = c.key.Convert(ctx, r.Topic, r.Raw.Key); err != nil {
		return failedAt(r, StageKey, c.set.keyClass, err)
	}
	if r.Value, err = c.value.Convert(ctx, r.Topic, r.Raw.Value); err != nil {
		return failedAt(r, StageValue, c.set.valueClass, err)
	}
	if len(r.Raw.Headers) == 0 {
		return nil
	}
	r.Headers = make([]schemas.Header, len(r.Raw.Headers))
	for i, h := range r.Raw.Headers {
		v, err := c.head.Convert(ctx, r.Topic, h.Value)
		if err != nil {
			return failedAt(r, StageHeader, c.set.headerClass, err)
		}
		r.Headers[i] = schemas.Header{Key: h.Key, Value: v}
	}
	return nil
}

func failedAt(r *schemas.Record, stage Stage, class string, err error) *recordError {
	return &recordError{stage: stage, class: class, source: r.Source, offset: r.Offset, err: err}
}
