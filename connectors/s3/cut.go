package s3

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sluice-connect/sluice/connectors"
)

const (
	// filesAtOnce bounds how many files of one cut are sent at the same time.
	filesAtOnce = 8
	// abortTime bounds the aborts of one close: what stays is removed by the bucket's lifecycle rule.
	abortTime = 10 * time.Second
)

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
