package sinktest

import (
	"context"
	"errors"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// pipeline drives one writer as the runtime drives it and checks every answer against the contract.
type pipeline struct {
	task   *task
	tp     schemas.TopicPartition
	writer connectors.Writer
	wakeup chan struct{}
	now    time.Time

	log      []entry // everything the partition holds
	next     int     // index in log of the record to offer next
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
	offered := p.log[p.next:min(p.next+n, len(p.log))]
	accepted, err, misuse := p.call(ctx, offered)
	if misuse != nil {
		return misuse
	}
	if accepted < 0 || accepted > len(offered) {
		return fault("accepted %d of %d records", accepted, len(offered))
	}
	if err == nil && accepted < len(offered) {
		return fault("accepted %d of %d records without saying why", accepted, len(offered))
	}
	p.next += accepted
	if err := p.handle(ctx, err); err != nil {
		return err
	}
	return p.check()
}

func (p *pipeline) call(ctx context.Context, offered []entry) (accepted int, err, misuse error) {
	l := p.task.lend(offered)
	returned := within("Write", func() error {
		accepted, err = p.writer.Write(ctx, l.batch)
		return nil
	})
	if returned != nil {
		return 0, nil, returned
	}
	return accepted, err, l.end()
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
		e, ok := p.taken(r.Offset)
		switch {
		case !ok:
			return fault("rejects offset %d, which it has not accepted", r.Offset)
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
	return nil
}

// taken finds an accepted record.
func (p *pipeline) taken(offset int64) (entry, bool) {
	for _, e := range p.log[:p.next] {
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
