package inflight

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// revokedFlush is how long a partition that is about to move may take to write its rest: the group waits for it.
const revokedFlush = 3 * time.Second

// lastFlight is how long a closing writer waits for requests in flight that it cannot call back.
const lastFlight = time.Second

// Writer is a connectors.Writer but for Write, for embedding. Its methods are called as those of connectors.Writer are:
// from one goroutine; Each, Put and Delete from Write.
type Writer struct {
	pool     *Pool
	progress *progress
	used     []*Batcher
}

// badRecord is an error that blames the record.
type badRecord struct{ err error }

func (b badRecord) Error() string { return b.err.Error() }

// Bad marks an error of Each's take as one that blames the record: it is rejected, and the next one is taken.
func Bad(err error) error { return badRecord{err} }

// Each is Write: it calls take, which should end in Put or Delete, for each record of batch until one cannot be taken for a
// reason that is not its own. A record that take returns nil for without a Put or Delete is done with. Errors other
// than Bad and those of Put and Delete go to the runtime as they are, with the records so far.
func (w *Writer) Each(batch []schemas.Record, take func(r *schemas.Record) error) (accepted int, err error) {
	if err := w.progress.news(); err != nil {
		return 0, err
	}
	var bad connectors.RejectedError
	for i := range batch {
		err := take(&batch[i])
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

// Put queues a change that r asks for. It copies key, body and what a rejection needs of r, and waits while the buffer is
// full. Its errors are for Write to return.
func (w *Writer) Put(ctx context.Context, b *Batcher, r *schemas.Record, key, body []byte) error {
	return w.add(ctx, b, r, key, body, false)
}

// Delete is Put of an item with Remove set.
func (w *Writer) Delete(ctx context.Context, b *Batcher, r *schemas.Record, key, body []byte) error {
	return w.add(ctx, b, r, key, body, true)
}

func (w *Writer) add(ctx context.Context, b *Batcher, r *schemas.Record, key, body []byte, remove bool) error {
	w.join(b)
	e := newEntry(w.progress, r, body, remove)
	if err := w.reserve(ctx, e.cost); err != nil {
		return err
	}
	e.index = w.progress.accept(r.Offset)
	b.add(key, e)
	return nil
}

// join makes the writer hear of fatal errors of a batcher that it uses for the first time.
func (w *Writer) join(b *Batcher) {
	if !slices.Contains(w.used, b) {
		w.used = append(w.used, b)
		b.join(w.progress)
	}
}

// reserve waits for room in the task's budget and among the open records. It ends early when there is something the
// runtime has to hear, and returns that.
func (w *Writer) reserve(ctx context.Context, n int64) error {
	for w.progress.crowded() {
		if err := w.await(ctx, nil); err != nil {
			return err
		}
	}
	c := w.pool.budget.claim(n)
	for !c.isGranted() {
		if err := w.await(ctx, c.granted); err != nil {
			w.pool.budget.drop(c)
			return err
		}
	}
	return nil
}

// await waits until room came or requests were answered; an error is what the runtime has to hear.
func (w *Writer) await(ctx context.Context, room <-chan struct{}) error {
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
		return connectors.Retriable(fmt.Errorf("wait for room in %s: %w", w.pool.options.BufferKey, context.Cause(ctx)))
	}
	return nil
}

// Advance flushes incomplete requests whose time has come and reports what the answers were.
func (w *Writer) Advance(_ context.Context, now time.Time) (wake time.Time, err error) {
	for _, b := range w.used {
		if at := b.advance(now); wake.IsZero() || !at.IsZero() && at.Before(wake) {
			wake = at
		}
	}
	return wake, w.progress.news()
}

// AnyStart says that each record stands for itself: requests are made of whatever there is.
func (w *Writer) AnyStart() bool { return true }

// Pending returns the first record that is neither written nor reported as refused.
func (w *Writer) Pending() (int64, bool) { return w.progress.pending() }

// Close writes what is queued, unless the partition is lost, and forgets the rest. Refusals that could not be
// reported any more stay pending: whoever reads the records next finds them again.
func (w *Writer) Close(ctx context.Context, reason connectors.CloseReason) error {
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

func (w *Writer) drain(ctx context.Context) error {
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
