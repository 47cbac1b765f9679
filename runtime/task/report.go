package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/schemas"
)

// report tells the log and the dead letter queue of a record that failed, whatever becomes of the task.
func (pl *pipeline) report(r *schemas.Record, e *recordError) {
	t := pl.task
	if t.set.errors.log {
		t.log.Error(logText(t, r, e), "error", e.err)
		t.spec.Metrics.ErrorLogged()
	}
	if t.dead != nil && !pl.lost() {
		pl.letters = append(pl.letters, t.dead.add(pl, r, e))
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
	at, _ := slices.BinarySearch(pl.dropped, e.offset)
	pl.dropped = slices.Insert(pl.dropped, at, e.offset)
	if len(pl.dropped) > maxDropped {
		pl.dropped = slices.Delete(pl.dropped, 0, len(pl.dropped)-maxDropped/2)
	}
}

// maxDropped bounds what a pipeline remembers of dropped records that are not committed. Should a sink rewind over more
// of them, the oldest are reported again.
const maxDropped = 1 << 16

// wasDropped reports whether the record at offset was dropped already: after a rewind it comes again.
func (pl *pipeline) wasDropped(offset int64) bool {
	if n := len(pl.dropped); n == 0 || offset > pl.dropped[n-1] {
		return false
	}
	_, found := slices.BinarySearch(pl.dropped, offset)
	return found
}

// settle forgets the letters that have arrived and the dropped records that cannot come again.
func (pl *pipeline) settle() {
	if len(pl.letters) > 0 {
		pl.letters = pl.task.dead.unsettled(pl.letters)
	}
	if len(pl.dropped) > 0 {
		n, _ := slices.BinarySearch(pl.dropped, pl.part.Committed())
		pl.dropped = slices.Delete(pl.dropped, 0, n)
	}
}

// undelivered returns the lowest offset among the letters that have not arrived.
func (pl *pipeline) undelivered(next int64) int64 {
	for _, l := range pl.letters {
		next = min(next, l.offset)
	}
	return next
}

// hasRoom reports whether another record may fail; if not, the pipeline is woken when that has changed.
func (pl *pipeline) hasRoom() bool { return pl.task.dead == nil || pl.task.dead.hasRoom(pl) }

// block stops the pipeline until the dead letter queue has room again.
func (pl *pipeline) block() {
	pl.blocked, pl.waits = true, true
	pl.part.Waiting(true)
}

// lost reports whether the partition belongs to somebody else.
func (pl *pipeline) lost() bool { return errors.Is(context.Cause(pl.ctx), consume.ErrLost) }

// letterTime bounds how long a pipeline that ends waits for its letters; those that have not arrived are not committed.
const letterTime = 2 * time.Second

// awaitLetters waits for what is on its way to the dead letter queue, unless nothing gets there at the moment.
func (pl *pipeline) awaitLetters(ctx context.Context) {
	timer := time.NewTimer(letterTime)
	defer timer.Stop()
	for pl.settle(); len(pl.letters) > 0 && !pl.task.dead.isAway(); pl.settle() {
		select {
		case <-pl.wake:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
