package task

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sluice-connect/sluice/schemas"
)

// report tells the log and the dead letter queue of a record that failed, whatever becomes of the task.
func (pl *pipeline) report(r *schemas.Record, e *recordError) {
	t := pl.task
	pl.safety.fail(e.offset)
	if t.set.errors.log {
		t.log.Error(logText(t, r, e), "error", e.err)
		t.spec.Metrics.ErrorLogged()
	}
	if t.dead != nil && !pl.life.lost() {
		pl.safety.letters = append(pl.safety.letters, t.dead.add(pl, r, e))
	}
}

// logText is Connect's: people search their logs for it.
func logText(t *SinkTask, r *schemas.Record, e *recordError) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Error encountered in task %s-%d. Executing stage '%s' with class '%s'", t.spec.Connector, t.spec.ID, e.stage, e.class)
	if t.set.errors.logRecord {
		fmt.Fprintf(&b, ", where consumed record is {topic='%s', partition=%d, offset=%d", e.source.Topic, e.source.Partition, e.offset)
		if r.TimestampType != schemas.NoTimestampType {
			kind := "CreateTime"
			if r.TimestampType == schemas.LogAppendTime {
				kind = "LogAppendTime"
			}
			fmt.Fprintf(&b, ", timestamp=%d, timestampType=%s", r.Timestamp.UnixMilli(), kind)
		}
		b.WriteByte('}')
	}
	b.WriteByte('.')
	return b.String()
}

// drop reports a record and lets the position pass over it: errors.tolerance is all.
func (pl *pipeline) drop(r *schemas.Record, e *recordError) {
	pl.report(r, e)
	pl.task.spec.Metrics.RecordSkipped()
}

// hasRoom reports whether another record may fail; if not, the pipeline is woken when that has changed.
func (pl *pipeline) hasRoom() bool { return pl.task.dead == nil || pl.task.dead.hasRoom(pl) }

// block stops the pipeline until the dead letter queue has room again.
func (pl *pipeline) block() {
	pl.pacer.block()
	pl.part.Waiting(true)
}

// letterTime bounds how long a pipeline that ends waits for its letters; those that have not arrived are not committed.
const letterTime = 2 * time.Second

// awaitLetters waits for what is on its way to the dead letter queue, unless nothing gets there at the moment.
func (pl *pipeline) awaitLetters(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, letterTime)
	defer cancel()
	for pl.tidy(); len(pl.safety.letters) > 0 && !pl.task.dead.isAway(); pl.tidy() {
		select {
		case <-pl.wake:
		case <-ctx.Done():
			return
		}
	}
}
