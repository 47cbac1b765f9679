package s3

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas/pace"
)

const (
	// filesAtOnce bounds how many files of one cut are sent at the same time.
	filesAtOnce = 8
	// abortTime bounds the aborts of one close: what stays is removed by the bucket's lifecycle rule.
	abortTime = 10 * time.Second
)

// closedCut holds the files of one cut until all of them are in S3.
type closedCut struct {
	files       []*file
	first, last int64 // offsets of its records
	held        int   // bytes, counted while it waits
}

// cut closes all open files and stores them, at once or when the gate opens.
func (w *writer) cut(ctx context.Context, why cause) error {
	if l := w.task.tc.Logger; l != nil {
		l.Debug("cut files", "partition", w.tp.String(), "cause", string(why), "files", len(w.files), "records", w.rot.count, "first", w.first)
	}
	c := &closedCut{files: slices.Collect(maps.Values(w.files)), first: w.first, last: w.last}
	w.closed = append(w.closed, c)
	w.reset()
	if w.gate.shut() {
		return w.park(c)
	}
	return w.storeClosed(ctx)
}

// park frees what c does not need while it waits.
func (w *writer) park(c *closedCut) error {
	for _, f := range c.files {
		if err := f.seal(); err != nil {
			return fmt.Errorf("compress %s: %w", f.key, err)
		}
		c.held += f.pack()
	}
	w.held += c.held
	w.full = w.full || w.held >= w.task.set.partSize
	return nil
}

// storeClosed stores the cuts that may be stored. Only when all files of one are, its records count as safe: a restart in
// between must write all of them again to cut them at the same records.
func (w *writer) storeClosed(ctx context.Context) error {
	for len(w.closed) > 0 && !w.gate.shut() {
		c := w.closed[0]
		if err := w.storeAll(ctx, c.files); err != nil {
			return err
		}
		w.closed = slices.Delete(w.closed, 0, 1)
		w.gate.pass(c.last)
		w.held -= c.held
		w.full = w.full && w.held > w.task.set.partSize/2
	}
	return nil
}

// storeAll starts no more uploads once one has failed: against a store that is away each of them takes its time.
func (w *writer) storeAll(ctx context.Context, files []*file) error {
	if len(files) == 1 {
		return w.failed(ctx, files[0], files[0].store(ctx))
	}
	var mu sync.Mutex
	var worst error
	together(files, func(f *file) bool {
		err := w.explained(ctx, f, f.store(ctx))
		mu.Lock()
		defer mu.Unlock()
		worst = worse(worst, err)
		return err == nil
	})
	return w.rewound(worst)
}

// together calls do for all of list, for filesAtOnce at the same time, and waits for the calls to end. It makes no more
// once one has returned false.
func together[T any](list []T, do func(T) bool) {
	var running sync.WaitGroup
	var stopped atomic.Bool
	slots := pace.NewSlots(filesAtOnce)
	for _, e := range list {
		_ = slots.Acquire(context.Background()) // do ends in time
		if stopped.Load() {
			break
		}
		running.Go(func() {
			defer slots.Release()
			if !do(e) {
				stopped.Store(true)
			}
		})
	}
	running.Wait()
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
	return w.task.set.failure(ctx, "store "+f.key, err)
}

// rewound drops all files when err says that parts of one were lost, and asks for their records again.
func (w *writer) rewound(err error) error {
	if !errors.Is(err, errPartsLost) {
		return err
	}
	first, _ := w.Pending()
	w.drop(context.Background(), true)
	w.uploads, w.cancel = context.WithCancel(context.Background())
	w.closed, w.held, w.full = nil, 0, false
	w.reset()
	return connectors.Rewind(first, err)
}

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
	files := slices.Collect(maps.Values(w.files))
	for _, c := range w.closed {
		files = append(files, c.files...)
	}
	var left []upload
	for _, f := range files {
		if id := f.discard(); id != "" && abort {
			left = append(left, upload{f.key, id})
		}
	}
	ctx, cancel := context.WithTimeout(ctx, abortTime)
	defer cancel()
	together(left, func(u upload) bool {
		w.abort(ctx, u.key, u.id)
		return true
	})
}

// upload names a multipart upload that is in S3.
type upload struct{ key, id string }

func (w *writer) abort(ctx context.Context, key, id string) {
	if err := w.task.store.abort(ctx, key, id); err != nil && w.task.tc.Logger != nil {
		w.task.tc.Logger.Warn("a multipart upload stays in the bucket", "key", key, "error", err)
	}
}

// multipart starts an upload in parts.
func (w *writer) multipart(key string) *multipart {
	return &multipart{st: w.task.store, key: key, pool: w.task.pool, ctx: w.uploads, running: &w.running,
		results: make(chan result, partsInFlight)}
}
