package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// revokedFlush is how long a partition that is about to move may take to write its rest: the group waits for it.
const revokedFlush = 3 * time.Second

// lastFlight is how long a closing writer waits for requests in flight that it cannot call back.
const lastFlight = time.Second

// writer converts the records of one partition and hands them to the batchers of their tables.
type writer struct {
	task     *task
	progress *progress
	encoder  encoder

	routes    map[string]*batcher // by topic
	lastTopic string
	last      *batcher
	used      []*batcher
}

func newWriter(t *task, tp schemas.TopicPartition) *writer {
	return &writer{task: t, progress: newProgress(tp), encoder: newEncoder(&t.settings), routes: map[string]*batcher{}}
}

// badRecord is an error that blames the record.
type badRecord struct{ err error }

func (b badRecord) Error() string { return b.err.Error() }

// Write takes records until one cannot be taken for a reason that is not its own.
func (w *writer) Write(ctx context.Context, batch []schemas.Record) (int, error) {
	if err := w.progress.news(); err != nil {
		return 0, err
	}
	var bad connectors.RejectedError
	for i := range batch {
		err := w.take(ctx, &batch[i])
		var blame badRecord
		var refused *connectors.RejectedError
		switch {
		case err == nil:
		case errors.As(err, &blame):
			bad.Rejections = append(bad.Rejections, connectors.NewRejection(&batch[i], blame.err))
		case errors.As(err, &refused):
			bad.Rejections = append(refused.Rejections, bad.Rejections...) // told only once, so nothing may get lost here
			return i, &bad
		case len(bad.Rejections) > 0:
			return i, &bad // the other reason shows again with the next call
		default:
			return i, err
		}
	}
	if len(bad.Rejections) > 0 {
		return len(batch), &bad
	}
	return len(batch), nil
}

// take converts a record and queues it.
func (w *writer) take(ctx context.Context, r *schemas.Record) error {
	remove := false
	if r.Value.IsNull() {
		switch w.task.settings.nulls {
		case nullsIgnore:
			return nil
		case nullsFail:
			return badRecord{fmt.Errorf("the record has no value and %s is %s", keyNulls, nullsFail)}
		case nullsDelete:
			remove = true
		}
	}
	b, err := w.route(ctx, r.Topic)
	if err != nil {
		return err
	}
	if err := w.encoder.encode(&b.layout, r, remove); err != nil {
		return badRecord{err}
	}
	e := w.entry(r, remove)
	if err := w.reserve(ctx, e.cost); err != nil {
		return err
	}
	e.index = w.progress.accept(r.Offset)
	b.add(w.encoder.key.identity, e)
	return nil
}

// entry copies what is kept of r into one piece of memory.
func (w *writer) entry(r *schemas.Record, remove bool) *entry {
	body := w.encoder.item.buf
	mem := make([]byte, 0, len(body)+len(r.Raw.Key)+len(r.Raw.Value))
	mem = append(append(append(mem, body...), r.Raw.Key...), r.Raw.Value...)
	part := func(from, to int) []byte { return mem[from:to:to] }
	key, value := len(body), len(body)+len(r.Raw.Key)
	e := &entry{owner: w.progress, remove: remove, body: part(0, key), source: sourceRecord{
		topic: r.Topic, offset: r.Offset, timestamp: r.Timestamp, timestampType: r.TimestampType,
	}}
	raw := &e.source.raw
	if r.Raw.Key != nil {
		raw.Key = part(key, value)
	}
	if r.Raw.Value != nil {
		raw.Value = part(value, len(mem))
	}
	// Twice the body: a request in flight holds a second copy.
	e.cost = int64(len(mem)+len(body)) + entryOverhead
	if len(r.Raw.Headers) > 0 {
		raw.Headers = schemas.Raw{Headers: r.Raw.Headers}.Clone().Headers
		for _, h := range raw.Headers {
			e.cost += int64(len(h.Key)+len(h.Value)) + 64
		}
	}
	return e
}

// reserve waits for room in the task's budget and among the open records. It ends early when there is something the
// runtime has to hear, and returns that.
func (w *writer) reserve(ctx context.Context, n int64) error {
	for w.progress.crowded() {
		if err := w.await(ctx, nil); err != nil {
			return err
		}
	}
	c := w.task.budget.claim(n)
	for !c.isGranted() {
		if err := w.await(ctx, c.granted); err != nil {
			w.task.budget.drop(c)
			return err
		}
	}
	return nil
}

// await waits until room came or the lanes got on; an error is what the runtime has to hear.
func (w *writer) await(ctx context.Context, room <-chan struct{}) error {
	for _, b := range w.used {
		b.flush() // nobody calls Advance while this waits
	}
	if err := w.progress.news(); err != nil {
		return err
	}
	select {
	case <-room:
	case <-w.progress.changed:
	case <-ctx.Done():
		return connectors.Retriable(fmt.Errorf("wait for room in %s: %w", keyBuffer, context.Cause(ctx)))
	}
	return nil
}

// route finds the batcher of a topic's table.
func (w *writer) route(ctx context.Context, topic string) (*batcher, error) {
	if w.last != nil && w.lastTopic == topic {
		return w.last, nil
	}
	b := w.routes[topic]
	if b == nil {
		name, err := expandTable(w.task.settings.tableFormat, topic)
		if err != nil {
			return nil, badRecord{err}
		}
		if b, err = w.task.batcher(ctx, name); err != nil {
			return nil, err
		}
		w.routes[topic] = b
		w.join(b)
	}
	w.lastTopic, w.last = topic, b
	return b, nil
}

func (w *writer) join(b *batcher) {
	for _, u := range w.used {
		if u == b {
			return
		}
	}
	w.used = append(w.used, b)
	b.join(w.progress)
}

// Advance flushes incomplete batches whose time has come and reports what the lanes found out.
func (w *writer) Advance(_ context.Context, now time.Time) (wake time.Time, err error) {
	for _, b := range w.used {
		if at := b.advance(now); wake.IsZero() || !at.IsZero() && at.Before(wake) {
			wake = at
		}
	}
	return wake, w.progress.news()
}

// Pending returns the first record that is neither written nor reported as refused.
func (w *writer) Pending() (int64, bool) { return w.progress.pending() }

// Close writes what is queued, unless the partition is lost, and forgets the rest. Refusals that could not be
// reported any more stay pending: whoever reads the records next finds them again.
func (w *writer) Close(ctx context.Context, reason connectors.CloseReason) error {
	var err error
	switch reason {
	case connectors.Stopping:
		err = w.drain(ctx)
	case connectors.Revoked:
		quick, cancel := context.WithTimeout(ctx, revokedFlush)
		err = w.drain(quick)
		cancel()
	}
	// A request in flight is not called back; but closing waits for it a little, so that what the sink shows next is
	// final.
	patient, cancel := context.WithTimeout(ctx, lastFlight)
	defer cancel()
	for _, b := range w.used {
		b.leave(patient, w.progress)
	}
	return err
}

func (w *writer) drain(ctx context.Context) error {
	for _, b := range w.used {
		b.flush()
	}
	for {
		n, err := w.progress.unwritten()
		if n == 0 || err != nil {
			return err
		}
		select {
		case <-w.progress.changed:
		case <-ctx.Done():
			return connectors.Retriable(fmt.Errorf("write the last %d records of %s: %w", n, w.progress.tp, context.Cause(ctx)))
		}
	}
}
