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

// filesAtOnce bounds how many files of one cut are sent at the same time.
const filesAtOnce = 8

// writer writes one topic partition. It keeps one open file for each directory and cuts all of them together.
type writer struct {
	task *task
	tp   schemas.TopicPartition
	part partitioner
	rot  rotation

	files   map[string]*file // by topic and encoded partition
	current *file            // the file of the last record
	cutting bool             // the files are being stored; no record is taken before all are
	first   int64            // the offset of the first record since the last cut
	any     bool

	dir, line []byte // scratch

	// uploads ends the parts that are sent in the background; running counts them.
	uploads context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
}

func newWriter(t *task, tp schemas.TopicPartition) *writer {
	w := &writer{task: t, tp: tp, part: t.set.newPartitioner(), rot: rotation{rules: t.set.rules}, files: map[string]*file{}}
	w.uploads, w.cancel = context.WithCancel(context.Background())
	return w
}

// Write adds records to the open files and stores them when a rule says so, which blocks until S3 has them.
func (w *writer) Write(ctx context.Context, batch []schemas.Record) (int, error) {
	if err := w.settle(ctx); err != nil {
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

// Advance cuts when the schedule asks for it and goes on with uploads that failed.
func (w *writer) Advance(ctx context.Context, now time.Time) (wake time.Time, err error) {
	if err = w.settle(ctx); err == nil && w.rot.due(now) {
		err = w.cut(ctx, bySchedule)
	}
	if err != nil {
		return now.Add(w.task.set.pause), err
	}
	return w.rot.wake(), nil
}

// cut closes all open files and stores them.
func (w *writer) cut(ctx context.Context, why cause) error {
	if l := w.task.tc.Logger; l != nil {
		l.Debug("cut files", "partition", w.tp.String(), "cause", string(why), "files", len(w.files), "records", w.rot.count, "first", w.first)
	}
	w.cutting = true
	return w.settle(ctx)
}

// settle stores the files of a cut that are not stored yet. Only when all of them are, the records count as safe: a
// restart in between must write all of them again to cut them at the same records.
func (w *writer) settle(ctx context.Context) error {
	if !w.cutting {
		return nil
	}
	if err := w.storeAll(ctx); err != nil {
		return err
	}
	w.reset()
	return nil
}

func (w *writer) storeAll(ctx context.Context) error {
	if len(w.files) == 1 {
		for _, f := range w.files {
			return w.failed(ctx, f, f.store(ctx))
		}
	}
	var mu sync.Mutex
	var worst error
	var wg sync.WaitGroup
	slots := make(chan struct{}, filesAtOnce)
	for _, f := range w.files {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			err := f.store(ctx)
			mu.Lock()
			defer mu.Unlock()
			worst = worse(worst, w.explained(ctx, f, err))
		})
	}
	wg.Wait()
	return w.rewound(worst)
}

// worse prefers errors that end the task to those that need a rewind, and these to those that pass.
func worse(a, b error) error {
	rank := func(err error) int {
		switch {
		case err == nil:
			return 0
		case connectors.IsRetriable(err):
			return 1
		case errors.Is(err, errPartsLost):
			return 2
		}
		return 3
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

func (w *writer) failed(ctx context.Context, f *file, err error) error {
	return w.rewound(w.explained(ctx, f, err))
}

func (w *writer) explained(ctx context.Context, f *file, err error) error {
	if err == nil || errors.Is(err, errPartsLost) {
		return err
	}
	return w.task.set.classify(ctx, w.task.tc.Connector, "store "+f.key, err)
}

// rewound drops all files when err says that parts of one were lost, and asks for their records again.
func (w *writer) rewound(err error) error {
	if !errors.Is(err, errPartsLost) {
		return err
	}
	first := w.first
	w.drop(context.Background(), true)
	w.uploads, w.cancel = context.WithCancel(context.Background())
	w.reset()
	return connectors.Rewind(first, err)
}

// Pending returns the first record of the open files.
func (w *writer) Pending() (int64, bool) { return w.first, w.any }

func (w *writer) reset() {
	clear(w.files)
	w.current, w.cutting, w.any = nil, false, false
	w.rot.reset()
	if cap(w.line) > maxScratch {
		w.line = nil
	}
}

// maxScratch is what a writer keeps of the memory that its largest record took.
const maxScratch = 1 << 20

// Close drops the open files for every reason: names and cuts repeat, so who reads the records again writes the same
// objects. Uploads that were started are taken back, unless the partition may belong to somebody else.
func (w *writer) Close(ctx context.Context, reason connectors.CloseReason) error {
	w.drop(ctx, reason != connectors.Lost)
	return nil
}

// drop ends all uploads and frees the memory of all files.
func (w *writer) drop(ctx context.Context, abort bool) {
	w.cancel()
	w.running.Wait()
	var wg sync.WaitGroup
	for _, f := range w.files {
		if f.up != nil && !f.stored {
			if id := f.up.discard(); id != "" && abort {
				wg.Go(func() { w.abort(ctx, f.key, id) })
			}
		}
		f.free()
	}
	wg.Wait()
}

// abortTime bounds the aborts of one close: what stays is removed by the bucket's lifecycle rule.
const abortTime = 10 * time.Second

func (w *writer) abort(ctx context.Context, key, id string) {
	ctx, cancel := context.WithTimeout(ctx, abortTime)
	defer cancel()
	if err := w.task.store.abort(ctx, key, id); err != nil && w.task.tc.Logger != nil {
		w.task.tc.Logger.Warn("a multipart upload stays in the bucket", "key", key, "error", err)
	}
}

// multipart starts an upload in parts.
func (w *writer) multipart(key string) *multipart {
	return &multipart{st: w.task.store, key: key, pool: w.task.pool, ctx: w.uploads, running: &w.running,
		results: make(chan result, partsInFlight)}
}
