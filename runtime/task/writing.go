package task

import (
	"errors"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// write and advanceWriter are the only calls that start something in the sink while the pipeline works.

func (pl *pipeline) write(batch []schemas.Record) (accepted int, err error) {
	return pl.writer.Write(pl.life.writing, batch)
}

func (pl *pipeline) advanceWriter() (wake time.Time, err error) {
	return pl.writer.Advance(pl.life.writing, time.Now())
}

// open opens the writer; while the sink is away it keeps trying.
func (pl *pipeline) open(from int64) error {
	for {
		w, err := pl.task.sink.Open(pl.life.reading, pl.part.TopicPartition, from)
		if err == nil {
			pl.writer = w
			any, ok := w.(connectors.AnyStarter)
			pl.safety.open(from, ok && any.AnyStart())
			pl.intake.open(from)
			pl.safety.heard = pl.part.Committed()
			pl.observeCommit(from)
			return nil
		}
		if pl.life.ending() {
			return errEnding
		}
		if !mayRetry(err) {
			return &sinkError{doing: "open", at: pl.part.TopicPartition, err: err}
		}
		pl.retryLater("opening the partition in the sink", err)
		if err := pl.sitOut(); err != nil {
			return err
		}
	}
}

// startAnew opens the partition again at an offset below the position. What was said to be safe is not any more,
// whatever comes of the opening: a commit from before would skip records of now.
func (pl *pipeline) startAnew(next int64) error {
	pl.log.Warn("position went back; opening the partition again", "from", pl.intake.next, "to", next)
	w := pl.writer
	pl.writer = nil
	pl.intake.open(next)
	pl.safety.anew()
	pl.part.Commit(next)
	if err := w.Close(pl.life.writing, connectors.Lost); err != nil {
		pl.log.Warn("closing the writer", "error", err)
	}
	return pl.open(next)
}

// offer gives the converted records to the writer.
func (pl *pipeline) offer() error {
	batch := pl.intake.batch()
	if tell := pl.task.spec.Topic; tell != nil {
		tell(pl.part.Topic)
	}
	began := time.Now()
	n, err := pl.write(batch)
	if breach := pl.miscounted(batch, n, err); breach != nil {
		return breach
	}
	pl.task.spec.Metrics.Put(len(batch), n, time.Since(began))
	pl.intake.offered += n
	if err == nil {
		pl.recovered()
	}
	return pl.handle("write to", err)
}

// advance lets the writer do what time asks for, and says what may be committed.
func (pl *pipeline) advance() error {
	pl.tellCommitted() // also while there is a backlog, in which nobody waits for a signal
	wakeAt, err := pl.advanceWriter()
	pl.pacer.wakeAt = wakeAt
	if err == nil && pl.intake.empty() && !pl.pacer.blocked {
		pl.recovered()
	}
	if err := pl.handle("write to", err); err != nil {
		return err
	}
	pl.tidy()
	pl.part.Commit(pl.safe())
	return nil
}

// safe is the first offset that must be read again if the task died now.
func (pl *pipeline) safe() int64 { return pl.safety.next(pl.intake.position(), pl.writer) }

// tidy forgets the letters that have arrived and the failed records that cannot come again.
func (pl *pipeline) tidy() {
	if s := &pl.safety; len(s.letters) > 0 {
		s.letters = pl.task.dead.undelivered(s.letters)
	}
	pl.safety.forget(pl.part.Committed())
}

// tellCommitted passes a commit that moved on to the writer.
func (pl *pipeline) tellCommitted() {
	if next := pl.part.Committed(); pl.safety.hears(next, pl.safe()) {
		pl.observeCommit(next)
	}
}

func (pl *pipeline) observeCommit(next int64) {
	if w, ok := pl.writer.(connectors.CommitObserver); ok {
		w.Committed(next)
	}
}

// end closes the writer for the given reason and leaves the last word on what is safe.
func (pl *pipeline) end(c closeRequest) {
	if dead := pl.task.dead; dead != nil {
		defer dead.forget(pl) // what has not arrived is not committed
	}
	if pl.writer == nil {
		return
	}
	err := pl.guard(func() error {
		err := pl.writer.Close(c.ctx, c.reason)
		fatal := pl.handle("close", err) // notes what is not safe; the pipeline ends in any case
		if c.reason != connectors.Lost && !pl.safety.crashed {
			pl.awaitLetters(c.ctx)
			pl.part.Commit(pl.safe())
		}
		if errors.As(err, new(*connectors.RejectedError)) {
			return fatal // nil when they were dropped
		}
		return err
	})
	if err != nil {
		pl.log.Warn("closing the writer; what it held will be read again", "reason", c.reason, "error", err)
	}
}
