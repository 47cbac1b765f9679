package task

import (
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// take gets the next records from the partition; more says whether there were any, or only offsets to pass over.
func (pl *pipeline) take() (more bool, err error) {
	clear(pl.records)
	records, next, err := pl.part.Take(pl.records[:0], pl.task.set.consumer.MaxRecords)
	pl.records, pl.read, pl.converted, pl.offered = records, 0, 0, 0
	if err != nil {
		return false, err
	}
	if next < 0 {
		return false, nil
	}
	if next < pl.next { // the log starts anew: so does the writer
		return true, pl.startAnew(next)
	}
	pl.next = next
	return true, nil
}

// startAnew opens the partition again at an offset below the position. What was said to be safe is not any more,
// whatever comes of the opening: a commit from before would skip records of now.
func (pl *pipeline) startAnew(next int64) error {
	pl.log.Warn("position went back; opening the partition again", "from", pl.next, "to", next)
	w := pl.writer
	pl.writer, pl.next, pl.dropped = nil, next, nil
	pl.part.Commit(next)
	if err := w.Close(pl.ctx, connectors.Lost); err != nil {
		pl.log.Warn("closing the writer", "error", err)
	}
	return pl.open(next)
}

// convert converts what was taken. It stops at a record that fails the task, at one to try again later, and at one
// that the dead letter queue has no room for; an error is the end of the pipeline.
func (pl *pipeline) convert() error {
	for pl.poison == nil && pl.read < len(pl.records) {
		r := &pl.records[pl.read]
		if !pl.wasDropped(r.Offset) {
			if err := pl.conversion.convert(pl.intake, r); err != nil {
				if pl.intake.Err() != nil {
					return errEnding
				}
				if !pl.unconverted(r, err) {
					return nil
				}
			} else {
				pl.keep()
			}
		}
		pl.read++
		pl.trial = trial{}
	}
	return nil
}

// keep moves the record that was converted to those before it, over the ones that were dropped.
func (pl *pipeline) keep() {
	if pl.converted != pl.read {
		pl.records[pl.converted] = pl.records[pl.read]
	}
	pl.converted++
}

// unconverted decides about a record that cannot be converted; goOn says that it is dropped.
func (pl *pipeline) unconverted(r *schemas.Record, e *recordError) (goOn bool) {
	m, rules := pl.task.spec.Metrics, &pl.task.set.errors
	tolerated := rules.all && !converter.IsFatal(e)
	if converter.IsRetriable(e) {
		if wait, ok := pl.trial.again(rules.retry, time.Now()); ok {
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
		pl.poison = e
		return false
	}
	pl.drop(r, e)
	return true
}

// condemn reports the record that fails the task. One that nobody could convert with this configuration is not to
// blame and is not reported.
func (pl *pipeline) condemn() error {
	if !converter.IsFatal(pl.poison) {
		pl.report(&pl.records[pl.read], pl.poison)
	}
	return pl.poison
}
