package recordbatch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/sluice-connect/sluice/schemas"
)

// Limits bound what one batch may take. The zero value stands for the defaults.
type Limits struct {
	Decoded int64 // bytes of a batch after decompression; DefaultDecoded
	Headers int   // of one record; DefaultHeaders
}

// The defaults of Limits.
const (
	DefaultDecoded = 64 << 20
	DefaultHeaders = 64 << 10
)

func (l Limits) orDefaults() Limits {
	if l.Decoded <= 0 {
		l.Decoded = DefaultDecoded
	}
	if l.Headers <= 0 {
		l.Headers = DefaultHeaders
	}
	return l
}

// Room is how much a caller takes at one time, over any number of batches.
type Room struct {
	Records int
	Bytes   int // of decoded records and their headers; the record that uses it up is still delivered
}

// Left reports whether there is room for a record.
func (r *Room) Left() bool { return r.Records > 0 && r.Bytes > 0 }

// slabSize is how many bytes of small records share an allocation. A record that is kept keeps no more than that beside
// itself alive.
const slabSize = 64 << 10

// headerChunk is for how many headers memory is taken at a time, and how many names are remembered.
const headerChunk = 128

// headerCost is what a header takes beside its bytes.
const headerCost = 40

// Reader yields the records of one batch. It holds the batch's bytes, a decompressor and at most one slab. It is used
// by one goroutine, and must be closed.
type Reader struct {
	b      *Batch
	tp     schemas.TopicPartition
	from   int64 // records below it are passed over
	limits Limits

	src     *source // nil when the batch is not compressed
	window  []byte  // framed records that are not in a slab yet
	slab    []byte  // whole framed records to parse
	big     bool    // slab is one large record
	decoded int64
	count   int32 // records parsed
	shift   int64 // what is added to offsets in a compressed message of format 1
	next    int64 // offset behind the last record parsed
	err     error // what every further Read returns

	names []string
	free  []schemas.RawHeader
}

// Open returns a reader of the records of tp from offset from on. What it yields shares no memory with the batch. The
// error is a *TooLarge or a *Corrupt for the whole batch.
func (b *Batch) Open(tp schemas.TopicPartition, from int64, l Limits) (*Reader, error) {
	r := &Reader{b: b, tp: tp, from: from, limits: l.orDefaults(), next: b.BaseOffset, window: b.records}
	if b.Magic < 2 && b.Codec != None {
		r.next = from
	}
	if b.Codec == None {
		if int64(len(b.records)) > r.limits.Decoded {
			return nil, r.tooLarge(int64(len(b.records)))
		}
		return r, nil
	}
	if b.Magic == 1 {
		if err := r.findShift(); err != nil {
			return nil, err
		}
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

// open starts the decompressor at the beginning of the batch.
func (r *Reader) open() error {
	src, err := newSource(r.b.Codec, r.b.records, r.limits.Decoded)
	if err != nil {
		return r.failed(err)
	}
	r.src, r.window, r.slab, r.decoded = src, nil, nil, 0
	return nil
}

// Close gives the decompressor back. What was yielded stays valid.
func (r *Reader) Close() {
	if r.src != nil {
		r.src.close()
		r.src = nil
	}
	r.window, r.slab, r.err = nil, nil, io.EOF
}

// Read appends records to dst until there is no room or no record, and takes them off room. It returns io.EOF when the
// batch is at its end, perhaps beside records. After a *TooLarge the next Read goes on behind it; a *Corrupt is final.
func (r *Reader) Read(dst []schemas.Record, room *Room) ([]schemas.Record, error) {
	for room.Left() && r.err == nil {
		frame, err := r.frame()
		if err != nil {
			return dst, r.end(err)
		}
		before := len(dst)
		if dst, err = r.record(dst, frame); err != nil {
			return dst[:before], r.end(err)
		}
		if n := len(dst); n > before {
			room.Records--
			room.Bytes -= len(frame) + headerCost*len(dst[before].Raw.Headers)
		} else {
			continue
		}
	}
	return dst, r.err
}

// end notes what ends the batch; a single record that is too large does not.
func (r *Reader) end(err error) error {
	var large *TooLarge
	switch {
	case errors.As(err, &large) && large.To < r.b.LastOffset():
	case large != nil:
		r.err = io.EOF
	default:
		r.err = err
	}
	return err
}

// frame returns the bytes of the next record, without its length; of a wrapped message, with offset and length.
func (r *Reader) frame() ([]byte, error) {
	if r.b.Magic < 2 && r.b.Codec == None {
		return r.only()
	}
	if r.b.Magic == 2 && r.count == r.b.Count {
		return nil, r.finish()
	}
	if len(r.slab) == 0 {
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	head, size, err := r.measure(r.slab)
	if err != nil {
		return nil, err
	}
	frame := r.slab[head : head+size : head+size]
	if r.b.Magic < 2 { // the offset is in front of the length
		frame = r.slab[: head+size : head+size]
	}
	r.slab = r.slab[head+size:]
	r.count++
	return frame, nil
}

// finish sees that nothing follows the last record.
func (r *Reader) finish() error {
	rest := len(r.slab) + len(r.window)
	if rest == 0 && r.src != nil {
		var one [1]byte
		n, err := io.ReadFull(r.src, one[:])
		if err != nil && err != io.EOF {
			return r.failed(err)
		}
		rest = n
	}
	if rest > 0 {
		return r.corrupt("bytes follow the last record")
	}
	return io.EOF
}

// measure returns the length of the framing in front of the next record and of the record; head is 0 when not enough
// of it is there to tell.
func (r *Reader) measure(p []byte) (head, size int, err error) {
	if r.b.Magic < 2 {
		if len(p) < frameHeader {
			return 0, 0, nil
		}
		head, size = frameHeader, int(int32(binary.BigEndian.Uint32(p[8:])))
		if size < minMessage {
			return 0, 0, r.corrupt("a message is shorter than its header")
		}
	} else {
		v, n := binary.Varint(p)
		if n == 0 && len(p) < binary.MaxVarintLen32 {
			return 0, 0, nil
		}
		if n <= 0 || v < minRecordLen-1 || v > 1<<31-1 {
			return 0, 0, r.corrupt("the length of a record is impossible")
		}
		head, size = n, int(v)
	}
	if int64(size) > r.limits.Decoded {
		return 0, 0, r.tooLarge(-1)
	}
	return head, size, nil
}

// fill moves whole records from the window into a new slab.
func (r *Reader) fill() error {
	for {
		n, need, err := r.whole()
		if n > 0 {
			r.slab, r.big = append([]byte(nil), r.window[:n]...), n > slabSize
			r.window = r.window[n:]
			return nil
		}
		if err != nil {
			return err
		}
		if r.src == nil {
			return r.corrupt("a record is longer than its batch")
		}
		if need > slabSize {
			return r.fillBig(need)
		}
		if err := r.refill(); err != nil {
			return err
		}
	}
}

// whole returns how many bytes of whole records are at the start of the window, up to a slab or one large record. If
// none, need is the size of the first one, or 0 when it is not known.
func (r *Reader) whole() (n, need int, err error) {
	for i := r.count; r.b.Magic < 2 || i < r.b.Count; i++ {
		head, size, err := r.measure(r.window[n:])
		if err != nil {
			return n, 0, err
		}
		if head == 0 || head+size > len(r.window)-n {
			if head > 0 && n == 0 {
				need = head + size
			}
			return n, need, nil
		}
		if n > 0 && n+head+size > slabSize {
			return n, 0, nil
		}
		n += head + size
	}
	return n, 0, nil
}

// refill reads more into the window.
func (r *Reader) refill() error {
	kept := copy(r.src.scratch, r.window)
	n, err := r.src.Read(r.src.scratch[kept:])
	r.window = r.src.scratch[:kept+n]
	r.decoded += int64(n)
	switch {
	case r.decoded > r.limits.Decoded:
		return r.tooLarge(-1)
	case n > 0:
		return nil
	case errors.Is(err, io.EOF) && kept == 0 && r.b.Magic < 2:
		return io.EOF
	case errors.Is(err, io.EOF):
		return r.corrupt("the records end too early")
	case err != nil:
		return r.failed(err)
	}
	return nil
}

// fillBig reads one record of need bytes into an allocation of its own, which grows as the bytes come.
func (r *Reader) fillBig(need int) error {
	if r.decoded-int64(len(r.window))+int64(need) > r.limits.Decoded {
		return r.tooLarge(-1)
	}
	buf := append(make([]byte, 0, min(need, 1<<20)), r.window...)
	r.window = nil
	for len(buf) < need {
		if len(buf) == cap(buf) {
			buf = append(make([]byte, 0, min(need, 2*cap(buf))), buf...)
		}
		n, err := io.ReadFull(r.src, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		r.decoded += int64(n)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return r.corrupt("the records end too early")
		}
		if err != nil {
			return r.failed(err)
		}
	}
	r.slab, r.big = buf, true
	return nil
}

func (r *Reader) corrupt(reason string) error { return r.b.corrupt(r.next, reason) }

func (r *Reader) tooLarge(size int64) error {
	return &TooLarge{From: max(r.next, r.from), To: r.b.LastOffset(), What: "bytes after decompression", Size: size, Limit: r.limits.Decoded}
}

// failed says what an error of the decompressor means.
func (r *Reader) failed(err error) error {
	if errors.Is(err, errLimit) {
		return r.tooLarge(-1)
	}
	return &Corrupt{From: r.next, To: r.b.LastOffset(), Reason: "decompress", Err: err}
}

// keep returns p so that it keeps no large record alive that it is a small part of.
func (r *Reader) keep(p []byte) []byte {
	if r.big && p != nil && len(p) < slabSize {
		return bytes.Clone(p)
	}
	return p
}

// stamp sets the time of a record; a negative one stands for none.
func (r *Reader) stamp(rec *schemas.Record, at int64) {
	kind := schemas.CreateTime
	if r.b.LogAppendTime {
		at, kind = r.b.MaxTimestamp, schemas.LogAppendTime
	}
	if at >= 0 {
		rec.Timestamp, rec.TimestampType = time.UnixMilli(at), kind
	}
}
