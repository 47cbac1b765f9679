package task

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/runtime/crash"
	"github.com/sluice-connect/sluice/schemas"
)

// pipeline carries the records of one assigned partition to its writer. Everything but wake and the closing fields
// belongs to the goroutine of run.
type pipeline struct {
	task *SinkTask
	part *consume.Partition
	log  *slog.Logger
	wake chan struct{} // holds a token when Advance should be called, or pause has changed

	ctx     context.Context // of writes; ends when the pipeline has to let go
	cancel  context.CancelCauseFunc
	intake  context.Context // of opening and converting; ends when the pipeline is asked to end: nothing of it is kept
	refuse  context.CancelFunc
	closing chan closeRequest
	done    chan struct{}

	conversion conversion
	writer     connectors.Writer
	committed  int64 // the group's offset that the writer, or its predecessor, has heard of

	records   []schemas.Record // taken from the partition; those that are dropped are moved over
	read      int              // of records; the next to convert
	converted int              // of records, at the front; never more than read
	offered   int              // of records; never more than converted
	poison    *recordError     // why records[read] fails the task
	trial     trial            // of converting records[read]
	next      int64            // position behind records
	rejected  int64            // first offset that the sink rejected and nobody took care of; -1 if none

	letters []*letter // on the way to the dead letter queue: nothing from the lowest on may be committed
	dropped []int64   // offsets of failed records that may come again after a rewind, ascending
	blocked bool      // the dead letter queue has no room

	wakeAt  time.Time // when Advance wants to be called; zero for never
	retryAt time.Time // no conversion and no write before; zero when there was no trouble
	backoff time.Duration
	waits   bool // the metrics have been told so
	crashed bool // something panicked: what the writer says about offsets cannot be trusted
}

// closeRequest asks a pipeline to end.
type closeRequest struct {
	ctx    context.Context
	reason connectors.CloseReason
}

// The waits between attempts at something retriable. Connect leaves a failed put alone until its next commit, which
// may be a minute away; a sink that is back should not wait for that.
const (
	retryFirst = 300 * time.Millisecond
	retryMax   = 10 * time.Second
)

// wakeMin is the shortest wait before Advance: a writer that asks for a time gone by must not take a whole core.
const wakeMin = time.Millisecond

// errEnding says that the pipeline was asked to end in the middle of its work.
var errEnding = errors.New("pipeline is ending")

func newPipeline(t *SinkTask, p *consume.Partition) *pipeline {
	ctx, cancel := context.WithCancelCause(context.Background())
	intake, refuse := context.WithCancel(ctx)
	return &pipeline{task: t, part: p, log: t.log.With("topic", p.Topic, "partition", p.Partition), wake: make(chan struct{}, 1),
		ctx: ctx, cancel: cancel, intake: intake, refuse: refuse, closing: make(chan closeRequest, 1), done: make(chan struct{}),
		conversion: newConversion(t.set), next: p.From, rejected: -1}
}

// run works until it is asked to end. A fatal error fails the task; the pipeline then waits to be ended like the
// others.
func (pl *pipeline) run() {
	defer close(pl.done)
	defer pl.cancel(nil)
	defer pl.task.outages.set(pl, "")
	if err := pl.guarded(pl.work); err != nil && !errors.Is(err, errEnding) {
		pl.task.fail(err)
	}
	pl.end(<-pl.closing)
}

// guarded calls f with panics turned into errors, and notes that there was one.
func (pl *pipeline) guarded(f func() error) error {
	err := crash.Guard(f)
	pl.crashed = pl.crashed || crash.In(err) != nil
	return err
}

func (pl *pipeline) work() error {
	if err := pl.open(pl.part.From); err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		ready := pl.part.Ready()
		if pl.task.paused.Load() || !pl.retryAt.IsZero() {
			ready = nil
		}
		select {
		case c := <-pl.closing:
			pl.closing <- c // for run
			return errEnding
		case <-ready:
		case <-pl.wake:
		case <-pl.part.Commits():
			pl.tellCommitted()
		case <-timer.C:
		}
		if err := pl.step(time.Now()); err != nil {
			return err
		}
		if at := earliest(pl.wakeAt, pl.retryAt); !at.IsZero() {
			timer.Reset(max(time.Until(at), wakeMin))
		}
	}
}

// open opens the writer; while the sink is away it keeps trying.
func (pl *pipeline) open(from int64) error {
	for {
		w, err := pl.task.sink.Open(pl.intake, pl.part.TopicPartition, from)
		if err == nil {
			pl.writer, pl.next, pl.committed = w, from, pl.part.Committed()
			pl.observeCommit(from)
			return nil
		}
		if pl.intake.Err() != nil {
			return errEnding
		}
		if !connectors.IsRetriable(err) {
			return &sinkError{doing: "open", at: pl.part.TopicPartition, err: err}
		}
		pl.retryLater("opening the partition in the sink", err)
		if err := pl.pauseFor(time.Until(pl.retryAt)); err != nil {
			return err
		}
		pl.retryAt = time.Time{}
	}
}

// tellCommitted passes a commit that moved on to the writer. One that is ahead of the pipeline is from before the
// log started anew and says nothing about the records of now.
func (pl *pipeline) tellCommitted() {
	next := pl.part.Committed()
	if next == pl.committed || next > pl.safe() {
		return
	}
	pl.committed = next
	pl.observeCommit(next)
}

func (pl *pipeline) observeCommit(next int64) {
	if w, ok := pl.writer.(connectors.CommitObserver); ok {
		w.Committed(next)
	}
}

// pauseFor waits, but not beyond a request to end.
func (pl *pipeline) pauseFor(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case c := <-pl.closing:
		pl.closing <- c
		return errEnding
	case <-timer.C:
		return nil
	}
}

func (pl *pipeline) isClosing() bool { return len(pl.closing) > 0 }

// step does what can be done now: it moves records along as long as there are any, then lets the writer advance.
func (pl *pipeline) step(now time.Time) error {
	if !pl.retryAt.IsZero() && !now.Before(pl.retryAt) {
		pl.retryAt = time.Time{}
	}
	for pl.retryAt.IsZero() && !pl.task.paused.Load() && !pl.isClosing() {
		more, err := pl.move()
		runtime.Gosched() // what answers requests should not wait until the scheduler takes the core away
		if err != nil {
			return err
		}
		if err := pl.advance(); err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
	return pl.advance()
}

// move takes, converts and offers one run of records; more says whether there may be another.
func (pl *pipeline) move() (more bool, err error) {
	if pl.blocked = false; len(pl.letters) > 0 && !pl.hasRoom() {
		pl.block()
		return false, nil
	}
	if pl.offered == pl.converted && pl.read == len(pl.records) {
		if more, err = pl.take(); !more || err != nil {
			return false, err
		}
	}
	if err := pl.convert(); err != nil {
		return false, err
	}
	if pl.offered < pl.converted {
		if err := pl.offer(); err != nil {
			return false, err
		}
		if pl.offered < pl.converted { // what the sink left is offered again
			return pl.retryAt.IsZero(), nil
		}
	}
	if pl.poison != nil { // all good records before it are in the sink
		return false, pl.condemn()
	}
	return pl.retryAt.IsZero() && !pl.blocked, nil
}

// offer gives the converted records to the writer.
func (pl *pipeline) offer() error {
	batch := pl.records[pl.offered:pl.converted]
	if tell := pl.task.spec.Topic; tell != nil {
		tell(pl.part.Topic)
	}
	began := time.Now()
	n, err := pl.writer.Write(pl.ctx, batch)
	if n < 0 || n > len(batch) || (err == nil && n < len(batch)) {
		return &sinkError{doing: "write to", at: pl.part.TopicPartition, err: fmt.Errorf("the sink took %d of %d records without saying why", n, len(batch))}
	}
	pl.task.spec.Metrics.Put(len(batch), n, time.Since(began))
	pl.offered += n
	if err == nil {
		pl.recovered()
	}
	return pl.handle("write to", err)
}

func (pl *pipeline) advance() error {
	wakeAt, err := pl.writer.Advance(pl.ctx, time.Now())
	pl.wakeAt = wakeAt
	if err == nil && pl.offered == pl.converted && pl.read == len(pl.records) && !pl.blocked {
		pl.recovered()
	}
	if err := pl.handle("write to", err); err != nil {
		return err
	}
	pl.settle()
	pl.part.Commit(pl.safe())
	return nil
}

// safe is the first offset that must be read again if the task died now.
func (pl *pipeline) safe() int64 {
	next := pl.next
	switch {
	case pl.offered < pl.converted:
		next = pl.records[pl.offered].Offset
	case pl.read < len(pl.records):
		next = pl.records[pl.read].Offset
	}
	next = pl.undelivered(next)
	if pl.rejected >= 0 {
		next = min(next, pl.rejected)
	}
	if pl.writer == nil {
		return next
	}
	if first, pending := pl.writer.Pending(); pending {
		next = min(next, first)
	}
	return next
}

// end closes the writer for the given reason and leaves the last word on what is safe.
func (pl *pipeline) end(c closeRequest) {
	if dead := pl.task.dead; dead != nil {
		defer dead.forget(pl) // what has not arrived is not committed
	}
	if pl.writer == nil {
		return
	}
	err := pl.guarded(func() error {
		err := pl.writer.Close(c.ctx, c.reason)
		fatal := pl.handle("close", err) // notes what is not safe; the pipeline ends in any case
		if c.reason != connectors.Lost && !pl.crashed {
			pl.awaitLetters(c.ctx)
			pl.part.Commit(pl.safe())
		}
		if fatal == nil && errors.As(err, new(*connectors.RejectedError)) {
			return nil // they were dropped
		}
		return err
	})
	if err != nil {
		pl.log.Warn("closing the writer; what it held will be read again", "reason", c.reason, "error", err)
	}
}

// close asks the pipeline to end. Whatever it is writing may go on until ctx ends, not at all when the partition is
// lost.
func (pl *pipeline) close(ctx context.Context, reason connectors.CloseReason) {
	pl.closing <- closeRequest{ctx: ctx, reason: reason}
	pl.refuse()
	if reason == connectors.Lost {
		pl.cancel(consume.ErrLost)
	}
	context.AfterFunc(ctx, func() { pl.cancel(context.Cause(ctx)) })
}

func (pl *pipeline) signal() {
	select {
	case pl.wake <- struct{}{}:
	default:
	}
}

// earliest returns the earlier of two times, of which the zero time is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
