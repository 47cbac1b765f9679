package task

import (
	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// take gets the next records from the partition; more says whether there were any, or only offsets to pass over.
func (pl *pipeline) take() (more bool, err error) {
	clear(pl.records)
	records, next, err := pl.part.Take(pl.records[:0], pl.task.set.consumer.MaxRecords)
	pl.records, pl.converted, pl.offered = records, 0, 0
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
	pl.writer, pl.next = nil, next
	pl.part.Commit(next)
	if err := w.Close(pl.ctx, connectors.Lost); err != nil {
		pl.log.Warn("closing the writer", "error", err)
	}
	return pl.open(next)
}

// convert converts what was taken. It stops at a record that is bad, and at one to try again later; an error is the
// end of the pipeline.
func (pl *pipeline) convert() error {
	for ; pl.poison == nil && pl.converted < len(pl.records); pl.converted++ {
		err := pl.conversion.convert(pl.intake, &pl.records[pl.converted])
		switch {
		case err == nil:
			continue
		case pl.intake.Err() != nil:
			return errEnding
		case converter.IsRetriable(err):
			pl.task.spec.Metrics.RecordFailed()
			pl.task.spec.Metrics.Retried()
			pl.retryLater("converting a record", err)
		default:
			pl.task.spec.Metrics.RecordFailed()
			pl.task.spec.Metrics.RecordError()
			pl.poison = err
		}
		return nil
	}
	return nil
}
