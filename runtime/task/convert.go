package task

import (
	"context"
	"time"

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

// convert converts what was taken. It stops at a record that fails the task, at one to try again later, and at one
// that the dead letter queue has no room for; an error is the end of the pipeline.
func (pl *pipeline) convert() error {
	in := &pl.intake
	for r := in.unread(); r != nil; r = in.unread() {
		if pl.safety.hasFailed(r.Offset) {
			in.skip()
			continue
		}
		err := pl.conversion.convert(pl.life.reading, r)
		switch {
		case err == nil:
			in.keep()
		case pl.life.ending():
			return errEnding
		case pl.unconverted(r, err):
			in.skip()
		default:
			return nil
		}
	}
	return nil
}

// unconverted decides about a record that cannot be converted; goOn says that it is dropped.
func (pl *pipeline) unconverted(r *schemas.Record, e *recordError) (goOn bool) {
	m, rules := pl.task.spec.Metrics, &pl.task.set.errors
	tolerated := rules.all && !converter.IsFatal(e)
	if converter.IsRetriable(e) {
		if wait, ok := pl.intake.trial.again(rules.retry, time.Now()); ok {
			m.RecordFailed()
			m.Retried()
			pl.retryIn(wait, "converting a record", e)
			return false
		}
	}
	if tolerated && !pl.hasRoom() { // it is counted and reported when there is
		pl.block()
		return false
	}
	m.RecordFailed()
	m.RecordError()
	if !tolerated {
		pl.intake.poison = e
		return false
	}
	pl.drop(r, e)
	return true
}

// condemn reports the record that fails the task. One that nobody could convert with this configuration is not to
// blame and is not reported.
func (pl *pipeline) condemn() error {
	poison := pl.intake.poison
	if !converter.IsFatal(poison) {
		pl.report(&pl.intake.records[pl.intake.read], poison)
	}
	return poison
}
