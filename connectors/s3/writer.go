package s3

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// writer writes one topic partition. It keeps one open file for each directory and cuts all of them together.
type writer struct {
	task *task
	tp   schemas.TopicPartition
	part partitioner
	rot  rotation

	files       map[string]*file // by topic and encoded partition
	current     *file            // the file of the last record
	first, last int64            // the offsets of the records since the last cut
	any         bool

	gate   gate
	closed []*closedCut // in the order of offsets
	held   int          // bytes of closed cuts that wait for the gate
	full   bool         // they are too many to take more records

	dir, line []byte // scratch

	// uploads ends the parts that are sent in the background; running counts them.
	uploads context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
}

func newWriter(t *task, tp schemas.TopicPartition) *writer {
	w := &writer{task: t, tp: tp, part: t.set.newPartitioner(), rot: rotation{rules: t.set.rules}, files: map[string]*file{},
		gate: gate{asks: t.set.clockObjects(), holds: t.set.clockCuts()}}
	w.uploads, w.cancel = context.WithCancel(context.Background())
	return w
}

// Write adds records to the open files and stores them when a rule says so, which blocks until S3 has them.
func (w *writer) Write(ctx context.Context, batch []schemas.Record) (int, error) {
	if err := w.storeClosed(ctx); err != nil {
		return 0, err
	}
	now := w.task.clock()
	for i := range batch {
		taken, err := w.add(ctx, &batch[i], now)
		if taken {
			i++
		}
		if err != nil {
			return i, err
		}
	}
	return len(batch), nil
}

// add reports whether it took r; a rejected record counts as taken.
func (w *writer) add(ctx context.Context, r *schemas.Record, now time.Time) (taken bool, err error) {
	if w.full {
		return false, connectors.Retriable(fmt.Errorf("store the next files of %s: those before offset %d wait for their commit", w.tp, w.gate.next))
	}
	if r.Value.IsNull() && w.task.set.nulls != nullWrite {
		return true, w.null(r)
	}
	s, err := w.look(r, now)
	if err != nil {
		return true, connectors.Reject(r, err)
	}
	if c := w.rot.before(s); c != "" {
		if err := w.cut(ctx, c); err != nil {
			return false, err
		}
	}
	f, err := w.file(r)
	if err != nil {
		return true, connectors.Reject(r, err)
	}
	if err := f.ready(ctx); err != nil {
		return false, w.failed(ctx, f, err)
	}
	if err := f.append(w.line); err != nil {
		return false, fmt.Errorf("compress %s: %w", f.key, err)
	}
	if !w.any {
		w.first, w.any = r.Offset, true
	}
	w.last = r.Offset
	if c := w.rot.wrote(s); c != "" {
		return true, w.cut(ctx, c)
	}
	return true, nil
}

// null deals with a null value that is not to be written.
func (w *writer) null(r *schemas.Record) error {
	if w.task.set.nulls == nullFail {
		return connectors.Reject(r, errors.New("write a null value: behavior.on.null.values is fail"))
	}
	if w.task.set.reportNulls {
		return connectors.Reject(r, errors.New("drop a null value: behavior.on.null.values is ignore"))
	}
	return nil
}

// look works out everything about r that can be wrong with it, before anything is decided: its time, its directory
// (left in w.dir) and its encoded form (left in w.line).
func (w *writer) look(r *schemas.Record, now time.Time) (s sighting, err error) {
	set := w.task.set
	s = sighting{tombstone: r.Value.IsNull(), now: now, open: len(w.files)}
	if set.extract != nil {
		if s.at, err = set.extract(r, now); err != nil {
			return s, err
		}
	}
	w.dir = set.names.dir(w.dir[:0], r.Topic)
	if s.tombstone {
		w.dir = append(w.dir, set.tombstones...)
	} else if w.dir, err = w.part.encode(w.dir, r, s.at); err != nil {
		return s, err
	}
	if w.line, err = set.encode(w.line[:0], r); err != nil {
		return s, err
	}
	s.dir = w.dir
	f := w.find()
	s.opens = f == nil
	s.fits = f == nil || f.fits(r.Value.Schema)
	if s.opens {
		_, err = set.names.key(string(w.dir), r)
	}
	return s, err
}

// find returns the open file of w.dir.
func (w *writer) find() *file {
	if w.current != nil && w.current.dir == string(w.dir) {
		return w.current
	}
	return w.files[string(w.dir)]
}

// file returns the file for r, which w.dir names, and opens it when needed.
func (w *writer) file(r *schemas.Record) (*file, error) {
	f := w.find()
	if f == nil {
		dir := string(w.dir)
		key, err := w.task.set.names.key(dir, r)
		if err != nil {
			return nil, err
		}
		f = newFile(w, dir, key, r.Value.Schema)
		w.files[dir] = f
	}
	w.current = f
	return f, nil
}

// Advance cuts when the schedule asks for it, and goes on with uploads that failed or waited.
func (w *writer) Advance(ctx context.Context, now time.Time) (wake time.Time, err error) {
	if err = w.storeClosed(ctx); err == nil && w.rot.due(now) {
		err = w.cut(ctx, bySchedule)
	}
	if err != nil {
		return now.Add(w.task.set.pause), err
	}
	wake = w.rot.wake()
	if w.gate.awaits { // asked for here because the runtime learns after Advance what can be committed
		w.task.requestCommit()
		if again := now.Add(commitAgain); wake.IsZero() || again.Before(wake) {
			wake = again
		}
	}
	return wake, nil
}

// Committed opens the gate when the last cut is committed; Advance follows.
func (w *writer) Committed(next int64) { w.gate.committed(next) }

var _ connectors.CommitObserver = (*writer)(nil)

// Pending returns the first record that is not in S3, or only in a part of its cut.
func (w *writer) Pending() (int64, bool) {
	if len(w.closed) > 0 {
		return w.closed[0].first, true
	}
	return w.first, w.any
}

// reset starts the next files.
func (w *writer) reset() {
	clear(w.files)
	w.current, w.any = nil, false
	w.rot.reset()
	if cap(w.line) > maxScratch {
		w.line = nil
	}
}

// maxScratch is what a writer keeps of the memory that its largest record took.
const maxScratch = 1 << 20
