package file

import (
	"context"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

const (
	flushBytes = 256 << 10 // how much text goes out in one write
	keepBytes  = 4 * flushBytes
)

// writer turns the records of one partition into lines. A record is safe when write(2) has returned: it survives the
// end of the process, and that of the machine once the task stopped in good order.
type writer struct {
	connectors.Synchronous
	out *output
	buf []byte
}

// Write appends the lines of batch.
func (w *writer) Write(ctx context.Context, batch []schemas.Record) (int, error) {
	defer w.shrink()
	for done := 0; done < len(batch); {
		if err := ctx.Err(); err != nil {
			return done, connectors.Retriable(err)
		}
		n := w.fill(batch[done:])
		written, err := w.out.append(w.buf)
		if err != nil {
			return done + w.whole(batch[done:done+n], written), err
		}
		done += n
	}
	return len(batch), nil
}

// fill renders records until the buffer is large enough for one write, and returns how many.
func (w *writer) fill(records []schemas.Record) int {
	w.buf = w.buf[:0]
	for i := range records {
		w.buf = append(appendText(w.buf, records[i].Value), '\n')
		if len(w.buf) >= flushBytes {
			return i + 1
		}
	}
	return len(records)
}

// whole counts the records whose lines got out in full. Lines may hold line breaks, so it renders them again.
func (w *writer) whole(records []schemas.Record, written int) int {
	var line []byte
	for i := range records {
		line = appendText(line[:0], records[i].Value)
		written -= len(line) + 1
		if written < 0 {
			return i
		}
	}
	return len(records)
}

// shrink lets go of the memory of a huge record.
func (w *writer) shrink() {
	if cap(w.buf) > keepBytes {
		w.buf = nil
	}
}

// Close syncs the file when the task stops in good order.
func (w *writer) Close(_ context.Context, reason connectors.CloseReason) error {
	w.buf = nil
	if reason != connectors.Stopping {
		return nil
	}
	return w.out.sync()
}
