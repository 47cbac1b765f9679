package sinktest

import (
	"context"
	"errors"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// pipeline drives one writer as the runtime drives it and checks every answer against the contract.
type pipeline struct {
	task   *task
	tp     schemas.TopicPartition
	writer connectors.Writer
	wakeup pace.Signal
	now    time.Time

	log      []entry // everything the partition holds
	next     int     // index in log of the record to offer next
	offered  int     // index in log behind the last record that was offered
	start    int64
	position int64 // the highest commit position seen since the last rewind
	rejected map[int64]error
	// inspect, when set, is called with the position after every call of the writer.
	inspect func(position int64) error
}

// openAt opens the writer of tp at the first record of log from offset on.
func (k *task) openAt(ctx context.Context, tp schemas.TopicPartition, log []entry, from int64) (*pipeline, error) {
	p := &pipeline{
		task: k, tp: tp, log: log, start: from, position: from, now: time.Now(),
		wakeup: k.signal(tp), rejected: map[int64]error{},
	}
	for p.next < len(log) && log[p.next].record.Offset < from {
		p.next++
	}
	p.offered = p.next
	err := within("Task.Open", func() (err error) { p.writer, err = k.Open(ctx, tp, from); return err })
	if err != nil {
		return nil, err
	}
	if first, any := p.writer.Pending(); any {
		return nil, fault("reports offset %d as pending before anything was written", first)
	}
	return p, nil
}

// writeAll offers the rest of the log in batches of the given sizes, over and over.
func (p *pipeline) writeAll(ctx context.Context, size func() int) error {
	for p.next < len(p.log) {
		if err := ctx.Err(); err != nil {
			return fault("takes no more records at %s offset %d: %w", p.tp, p.log[p.next].record.Offset, err)
		}
		if err := p.write(ctx, size()); err != nil {
			return err
		}
		if err := p.advance(ctx); err != nil {
			return err
		}
	}
	return nil
}

// write offers one batch of at most n records.
func (p *pipeline) write(ctx context.Context, n int) error {
	answer, wrong := p.offer(ctx, n)
	if wrong != nil {
		return wrong
	}
	if err := p.handle(ctx, answer); err != nil {
		return err
	}
	return p.check()
}

// offer calls Write with the next n records, without those that were rejected, and moves on by what it accepted. It returns
// the error of Write; wrong is what is against the contract.
func (p *pipeline) offer(ctx context.Context, n int) (answer, wrong error) {
	indexes := p.batch(n)
	if len(indexes) == 0 {
		return nil, nil
	}
	offered := make([]entry, len(indexes))
	for i, at := range indexes {
		offered[i] = p.log[at]
	}
	p.offered = max(p.offered, indexes[len(indexes)-1]+1)
	accepted, answer, wrong := p.call(ctx, offered)
	switch {
	case wrong != nil:
		return nil, wrong
	case accepted < 0 || accepted > len(offered):
		return nil, fault("accepted %d of %d records", accepted, len(offered))
	case answer == nil && accepted < len(offered):
		return nil, fault("accepted %d of %d records without saying why", accepted, len(offered))
	case accepted > 0:
		p.next = indexes[accepted-1] + 1
	}
	return answer, nil
}

// batch returns the indexes of the next n records that were not rejected.
func (p *pipeline) batch(n int) (indexes []int) {
	p.passRejected()
	for i := p.next; i < len(p.log) && len(indexes) < n; i++ {
		if p.rejected[p.log[i].record.Offset] == nil {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// passRejected moves over records that are done with although Write did not count them as accepted.
func (p *pipeline) passRejected() {
	for p.next < len(p.log) && p.rejected[p.log[p.next].record.Offset] != nil {
		p.next++
	}
}

func (p *pipeline) call(ctx context.Context, offered []entry) (accepted int, answer, wrong error) {
	l := p.task.lend(offered)
	wrong = within("Write", func() error {
		accepted, answer = p.writer.Write(ctx, l.batch)
		return nil
	})
	if wrong != nil {
		return 0, nil, wrong
	}
	return accepted, answer, l.end()
}

// advance does what the runtime does between batches.
func (p *pipeline) advance(ctx context.Context) error {
	_, err := p.advanceOnce(ctx)
	return err
}

func (p *pipeline) advanceOnce(ctx context.Context) (wake time.Time, err error) {
	if now := time.Now(); now.After(p.now) {
		p.now = now
	}
	var answer error
	err = within("Advance", func() error { wake, answer = p.writer.Advance(ctx, p.now); return nil })
	if err != nil {
		return wake, err
	}
	if err := p.handle(ctx, answer); err != nil {
		return wake, err
	}
	return wake, p.check()
}

// settle advances until nothing is pending. It does not wait for the times the writer asks for: it makes them come.
func (p *pipeline) settle(ctx context.Context) error {
	deadline := time.Now().Add(patience)
	for {
		if err := p.writeAll(ctx, func() int { return len(p.log) }); err != nil { // after a rewind
			return err
		}
		wake, err := p.advanceOnce(ctx)
		if err != nil {
			return err
		}
		first, any := p.writer.Pending()
		if !any && p.next == len(p.log) {
			return nil
		}
		if time.Now().After(deadline) {
			return fault("keeps offset %d of %s pending", first, p.tp)
		}
		p.pause(ctx, 2*time.Millisecond)
		if wake.After(p.now) {
			p.now = wake
		}
	}
}

// pause waits for Wake, but not for long.
func (p *pipeline) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.wakeup:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// handle does what the runtime does with an error of Write or Advance.
func (p *pipeline) handle(ctx context.Context, err error) error {
	var (
		rejected *connectors.RejectedError
		rewind   *connectors.RewindError
	)
	switch {
	case errors.As(err, &rejected), errors.As(err, &rewind):
		return p.handleRecords(err)
	case connectors.IsRetriable(err):
		p.pause(ctx, 2*time.Millisecond)
		return nil
	case err != nil:
		return fault("stops with a fatal error: %w", err)
	}
	return nil
}

// handleRecords does what an error says about records, if it does.
func (p *pipeline) handleRecords(err error) error {
	var (
		rejected *connectors.RejectedError
		rewind   *connectors.RewindError
	)
	switch {
	case errors.As(err, &rejected):
		return p.reject(rejected)
	case errors.As(err, &rewind):
		return p.rewind(rewind)
	}
	return nil
}

func (p *pipeline) reject(rejected *connectors.RejectedError) error {
	if len(rejected.Rejections) == 0 {
		return fault("rejects, but names no record")
	}
	for _, r := range rejected.Rejections {
		e, ok := p.wasOffered(r.Offset)
		switch {
		case !ok:
			return fault("rejects offset %d, which it was not offered", r.Offset)
		case p.rejected[r.Offset] != nil:
			return fault("rejects offset %d twice", r.Offset)
		case r.Err == nil:
			return fault("rejects offset %d without a reason", r.Offset)
		case r.Record.Source != e.record.Source || r.Record.Offset != e.record.Offset:
			return fault("rejects offset %d with the record of %s offset %d", r.Offset, r.Record.Source, r.Record.Offset)
		case string(r.Record.Raw.Value) != string(e.record.Raw.Value) || string(r.Record.Raw.Key) != string(e.record.Raw.Key):
			return fault("rejects offset %d with other bytes than it was consumed with", r.Offset)
		}
		p.rejected[r.Offset] = r.Err
	}
	p.passRejected()
	return nil
}

// wasOffered finds a record that the writer has seen.
func (p *pipeline) wasOffered(offset int64) (entry, bool) {
	for _, e := range p.log[:p.offered] {
		if e.record.Offset == offset && offset >= p.start {
			return e, true
		}
	}
	return entry{}, false
}

func (p *pipeline) rewind(r *connectors.RewindError) error {
	if p.next < len(p.log) && r.Offset > p.log[p.next].record.Offset || r.Offset > after(p.log) {
		return fault("rewinds forward to offset %d", r.Offset)
	}
	p.next = 0
	for p.next < len(p.log) && p.log[p.next].record.Offset < r.Offset {
		p.next++
	}
	for offset := range p.rejected {
		if offset >= r.Offset {
			delete(p.rejected, offset)
		}
	}
	p.offered = p.next
	p.position = min(p.position, r.Offset)
	return nil
}

// commitPosition is what the runtime would commit now.
func (p *pipeline) commitPosition() (int64, error) {
	last := p.start // one past the last accepted record
	if p.next > 0 && p.log[p.next-1].record.Offset >= p.start {
		last = p.log[p.next-1].record.Offset + 1
	}
	first, any := p.writer.Pending()
	switch {
	case !any:
		return last, nil
	case first < p.start || first >= last:
		return 0, fault("reports offset %d as pending, but accepted only %d to %d", first, p.start, last-1)
	}
	return first, nil
}

// check holds the commit position against what was reported before.
func (p *pipeline) check() error {
	position, err := p.commitPosition()
	if err != nil {
		return err
	}
	if position < p.position {
		return fault("moves the commit position of %s back from %d to %d", p.tp, p.position, position)
	}
	p.position = position
	if p.inspect != nil {
		return p.inspect(position)
	}
	return nil
}

// close closes the writer and returns the position that could then be committed.
func (p *pipeline) close(ctx context.Context, reason connectors.CloseReason) (int64, error) {
	var closeErr error
	err := within("Writer.Close", func() error { closeErr = p.writer.Close(ctx, reason); return nil })
	if err != nil {
		return 0, err
	}
	if closeErr != nil && reason == connectors.Lost {
		return 0, fault("closes a lost partition with an error: %w", closeErr)
	}
	if err := p.handleRecords(closeErr); err != nil {
		return 0, err
	}
	position, err := p.commitPosition()
	if err != nil {
		return 0, err
	}
	if position < p.position {
		return 0, fault("moves the commit position back from %d to %d on Close", p.position, position)
	}
	return position, nil
}
