package s3

import (
	"context"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/sluice-connect/sluice/schemas"
)

// file is one object that is being filled. What does not fit one part is uploaded while it fills.
type file struct {
	dir, key string
	schema   *schemas.Schema
	w        *writer
	buf      []byte
	raw      bool         // buf still has to be compressed
	zip      *gzip.Writer // compresses what is appended, once raw ends
	up       *multipart   // nil as long as everything fits one part
	sealed   bool
	stored   bool
}

func newFile(w *writer, dir, key string, schema *schemas.Schema) *file {
	return &file{dir: dir, key: key, schema: schema, w: w, buf: w.task.pool.get(0), raw: w.task.set.gzip}
}

// ready waits until the file may take a record: until not too many parts are waiting to be sent.
func (f *file) ready(ctx context.Context) error {
	if f.up == nil {
		return nil
	}
	return f.up.drain(ctx, partsInFlight)
}

// fits reports whether a record of schema s may go into the file.
func (f *file) fits(s *schemas.Schema) bool {
	return (f.schema == s || f.schema != nil && s != nil && f.schema.Equal(s)) && (f.up == nil || f.up.numbers < maxParts)
}

// append adds an encoded record.
func (f *file) append(line []byte) error {
	if f.raw && len(f.buf)+len(line) > maxRaw {
		if err := f.compress(); err != nil {
			return err
		}
	}
	if f.zip != nil {
		_, err := f.zip.Write(line)
		return err
	}
	_, err := f.Write(line)
	return err
}

// maxRaw is what a file holds before it is given a compressor, which takes several times as much: a partition may have
// a thousand files open.
const maxRaw = 128 << 10

// compress ends the raw state.
func (f *file) compress() error {
	raw := f.buf
	f.raw, f.buf, f.zip = false, f.w.task.pool.get(0), f.w.task.zipper(f)
	_, err := f.zip.Write(raw)
	f.w.task.pool.put(raw)
	return err
}

// Write takes bytes as they will stand in the object. A part goes out when there is a byte that does not fit it, so
// that a file of exactly one part is still a single request.
func (f *file) Write(p []byte) (int, error) {
	n := len(p)
	pool := f.w.task.pool
	for len(p) > 0 {
		if len(f.buf) == pool.last {
			f.ship()
		}
		if len(f.buf) == cap(f.buf) {
			f.buf = pool.grow(f.buf)
		}
		k := min(cap(f.buf)-len(f.buf), len(p))
		f.buf = append(f.buf, p[:k]...)
		p = p[k:]
	}
	return n, nil
}

var _ io.Writer = (*file)(nil)

func (f *file) ship() {
	if f.up == nil {
		f.up = f.w.multipart(f.key)
	}
	f.up.add(f.buf)
	f.buf = f.w.task.pool.get(f.w.task.pool.last) // a file that needed one whole part is likely to need another
}

// store finishes the object. After an error it may be called again; once it succeeded it does nothing.
func (f *file) store(ctx context.Context) error {
	if f.stored {
		return nil
	}
	if err := f.seal(); err != nil {
		return err
	}
	if err := f.send(ctx); err != nil {
		return err
	}
	f.stored = true
	f.free()
	return nil
}

func (f *file) seal() error {
	if f.raw {
		if err := f.compress(); err != nil {
			return err
		}
	}
	if f.zip != nil {
		if err := f.zip.Close(); err != nil {
			return err
		}
		f.w.task.recycle(f.zip)
		f.zip = nil
	}
	if f.up != nil && !f.sealed && len(f.buf) > 0 {
		f.up.add(f.buf)
		f.buf = nil
	}
	f.sealed = true
	return nil
}

func (f *file) send(ctx context.Context) error {
	if f.up == nil {
		return f.w.task.store.put(ctx, f.key, f.buf)
	}
	return f.up.complete(ctx)
}

// free gives the memory back. No upload of the file may be running.
func (f *file) free() {
	f.w.task.pool.put(f.buf)
	f.buf = nil
	if f.zip != nil {
		f.w.task.recycle(f.zip)
		f.zip = nil
	}
}

// pack gives up memory that a sealed file does not fill, and returns what it still holds.
func (f *file) pack() (held int) {
	if f.up == nil && len(f.buf) < cap(f.buf)/2 {
		full := f.buf
		f.buf = append(make([]byte, 0, len(full)), full...)
		f.w.task.pool.put(full)
	}
	held = fileOverhead + cap(f.buf)
	if f.up != nil {
		held += f.up.waiting() * f.w.task.pool.last
	}
	return held
}

// fileOverhead is about what a file takes beside its content.
const fileOverhead = 1 << 10

// discard frees everything. It returns the id of an upload that is left in S3. No upload of the file may be running.
func (f *file) discard() (id string) {
	if f.up != nil && !f.stored {
		id = f.up.discard()
	}
	f.free()
	return id
}
