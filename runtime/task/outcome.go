package task

import (
	"errors"
	"fmt"
	"time"

	"github.com/sluice-connect/sluice/connectors"
)

// handle acts on an error of the writer; what it returns is fatal. Rejections and rewinds count also when the pipeline
// is ending: they say which records are not safe although they were accepted.
func (pl *pipeline) handle(doing string, err error) error {
	if err == nil {
		return nil
	}
	var rejections *connectors.RejectedError
	var rewind *connectors.RewindError
	switch {
	case errors.As(err, &rejections) && len(rejections.Rejections) > 0:
		return pl.reject(rejections.Rejections)
	case errors.As(err, &rewind):
		return pl.rewind(doing, rewind)
	case pl.ctx.Err() != nil:
		return errEnding
	case connectors.IsRetriable(err):
		pl.retryLater("writing to the sink", err)
		return nil
	}
	return &sinkError{doing: doing, at: pl.part.TopicPartition, err: err}
}

// rewind goes back to where the writer wants to be offered records again. Going forward would skip records.
func (pl *pipeline) rewind(doing string, r *connectors.RewindError) error {
	if r.Offset < 0 || r.Offset > pl.next {
		return &sinkError{doing: doing, at: pl.part.TopicPartition, err: fmt.Errorf("the sink rewinds to offset %d, beyond the position %d: %w", r.Offset, pl.next, r.Err)}
	}
	pl.retryLater(fmt.Sprintf("reading again from offset %d", r.Offset), r.Err)
	pl.part.Rewind(r.Offset)
	clear(pl.records)
	pl.records, pl.read, pl.converted, pl.offered, pl.poison, pl.trial = pl.records[:0], 0, 0, 0, nil, trial{}
	pl.next = r.Offset
	return nil
}

// reject is where records go that the sink refuses. They are reported; with errors.tolerance none the first of them
// fails the task and none of them is committed.
func (pl *pipeline) reject(rejections []connectors.Rejection) error {
	var first *recordError
	for i := range rejections {
		r := &rejections[i]
		if pl.lost() || pl.wasDropped(r.Offset) {
			continue
		}
		pl.task.spec.Metrics.RecordFailed()
		pl.task.spec.Metrics.RecordError()
		e := &recordError{stage: StagePut, class: stageClass, source: pl.part.TopicPartition, offset: r.Offset, err: r.Err}
		if pl.task.set.errors.all {
			pl.drop(&r.Record, e)
			continue
		}
		pl.report(&r.Record, e)
		if first == nil || e.offset < first.offset {
			first = e
		}
	}
	if first == nil {
		return nil
	}
	if pl.rejected < 0 || first.offset < pl.rejected {
		pl.rejected = first.offset
	}
	return first
}

// recovered ends a series of attempts.
func (pl *pipeline) recovered() {
	pl.backoff = 0
	if pl.waits {
		pl.waits = false
		pl.part.Waiting(false)
		pl.task.outages.set(pl, "")
	}
}

// retryLater sets the time of the next attempt, with waits that double.
func (pl *pipeline) retryLater(doing string, err error) {
	if pl.backoff == 0 {
		pl.backoff = retryFirst
	} else {
		pl.backoff = min(2*pl.backoff, retryMax)
	}
	pl.retryIn(pl.backoff, doing, err)
}

// retryIn leaves conversions and writes alone for a while.
func (pl *pipeline) retryIn(wait time.Duration, doing string, err error) {
	pl.retryAt = time.Now().Add(wait)
	pl.waits = true
	pl.part.Waiting(true)
	pl.task.outages.set(pl, fmt.Sprintf("%s at topic %s, partition %d: %v", doing, pl.part.Topic, pl.part.Partition, err))
	pl.log.Warn(doing+"; will retry", "in", wait, "error", err)
}
