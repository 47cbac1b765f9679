package task

import (
	"errors"
	"fmt"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// mayRetry reports whether an error of the sink asks for another attempt. What a person has to correct does not,
// whatever it is wrapped in.
func mayRetry(err error) bool {
	return connectors.IsRetriable(err) && !errors.As(err, new(*connectors.CorrectableError))
}

// handle acts on an error of the writer; what it returns is fatal. Rejections and rewinds count also when the pipeline
// is ending: they say which records are not safe although they were accepted.
func (pl *pipeline) handle(doing string, err error) error {
	if err == nil {
		return nil
	}
	var rejections *connectors.RejectedError
	var rewind *connectors.RewindError
	switch {
	case errors.As(err, &rejections):
		return pl.reject(rejections.Rejections)
	case errors.As(err, &rewind):
		return pl.rewind(rewind)
	case pl.life.writing.Err() != nil:
		return errEnding
	case mayRetry(err):
		pl.retryLater("writing to the sink", err)
		return nil
	}
	return &sinkError{doing: doing, at: pl.part.TopicPartition, err: err}
}

// rewind goes back to where the writer wants to be offered records again. Going forward would skip records.
func (pl *pipeline) rewind(r *connectors.RewindError) error {
	if r.Offset < 0 || r.Offset > pl.intake.next {
		return pl.breach(pl.intake.position(), ruleRewind, "it rewinds to offset %d, beyond the position %d: %w", r.Offset, pl.intake.next, r.Err)
	}
	pl.retryLater(fmt.Sprintf("reading again from offset %d", r.Offset), r.Err)
	pl.part.Rewind(r.Offset)
	pl.intake.rewind(r.Offset)
	return nil
}

// reject is where records go that the sink refuses. They are reported; with errors.tolerance none the first of them
// fails the task and none of them is committed, with all they are not offered again.
func (pl *pipeline) reject(rejections []connectors.Rejection) (failed error) {
	if len(rejections) == 0 {
		return pl.breach(pl.intake.position(), ruleRejected, "it rejects, but names no record")
	}
	var first *recordError
	var breach error
	last := int64(-1)
	for i := range rejections {
		r := &rejections[i]
		if pl.life.lost() {
			return nil
		}
		if wrong := pl.misnamed(r); wrong != nil {
			breach = wrong
			continue
		}
		last = max(last, r.Offset)
		if e := pl.refused(r); first == nil || (e != nil && e.offset < first.offset) {
			first = e
		}
	}
	pl.intake.omit(last, pl.safety.hasFailed)
	if first == nil {
		return breach
	}
	pl.safety.reject(first.offset)
	return first
}

// refused reports a record that the sink rejects, and returns why the task fails for it, nil when it is dropped.
func (pl *pipeline) refused(r *connectors.Rejection) *recordError {
	pl.task.spec.Metrics.RecordFailed()
	pl.task.spec.Metrics.RecordError()
	e := &recordError{stage: StagePut, class: stageClass, source: pl.part.TopicPartition, offset: r.Offset, err: r.Err}
	if pl.task.set.errors.all {
		pl.drop(&r.Record, e)
		return nil
	}
	pl.report(&r.Record, e)
	return e
}

// recovered ends a series of attempts.
func (pl *pipeline) recovered() {
	if pl.pacer.recovered() {
		pl.part.Waiting(false)
		pl.task.outages.set(pl, "")
	}
}

// retryLater sets the time of the next attempt, with waits that double.
func (pl *pipeline) retryLater(doing string, err error) {
	pl.sayWaiting(pl.pacer.later(time.Now()), doing, err)
}

// retryIn leaves conversions and writes alone for a while.
func (pl *pipeline) retryIn(wait time.Duration, doing string, err error) {
	pl.pacer.hold(time.Now(), wait)
	pl.sayWaiting(wait, doing, err)
}

func (pl *pipeline) sayWaiting(wait time.Duration, doing string, err error) {
	pl.part.Waiting(true)
	pl.task.outages.set(pl, fmt.Sprintf("%s at topic %s, partition %d: %v", doing, pl.part.Topic, pl.part.Partition, err))
	pl.log.Warn(doing+"; will retry", "in", wait, "error", err)
}

// sitOut waits for the next attempt, but not beyond a request to end.
func (pl *pipeline) sitOut() error {
	if pace.Sleep(pl.life.reading, time.Until(pl.pacer.retryAt)) != nil {
		return errEnding
	}
	pl.pacer.retryAt = time.Time{}
	return nil
}
