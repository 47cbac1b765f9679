package s3

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// task is what the writers of one task share.
type task struct {
	tc    connectors.TaskContext
	set   *settings
	store *store
	pool  *buffers
	zips  sync.Pool // of *gzip.Writer
	clock func() time.Time
}

func newTask(tc connectors.TaskContext, set *settings, st *store) *task {
	return &task{tc: tc, set: set, store: st, pool: newBuffers(set.first, set.partSize), clock: time.Now}
}

// Open returns the writer of a partition. Nothing is asked of S3: file names follow from the records.
func (t *task) Open(_ context.Context, tp schemas.TopicPartition, _ int64) (connectors.Writer, error) {
	return newWriter(t, tp), nil
}

// Close ends the task. Its writers have waited for their uploads.
func (t *task) Close(context.Context) error {
	t.store.close()
	return nil
}

func (t *task) requestCommit() {
	t.tc.RequestCommit()
}

// zipper returns a compressor that writes to w.
func (t *task) zipper(w io.Writer) *gzip.Writer {
	z, ok := t.zips.Get().(*gzip.Writer)
	if !ok {
		z, _ = gzip.NewWriterLevel(nil, t.set.gzipLevel) // the level was validated
	}
	z.Reset(w)
	return z
}

// recycle takes a compressor back.
func (t *task) recycle(z *gzip.Writer) {
	z.Reset(io.Discard)
	t.zips.Put(z)
}
