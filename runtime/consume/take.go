package consume

import (
	"errors"
	"fmt"
	"io"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/runtime/recordbatch"
	"github.com/sluice-connect/sluice/schemas"
)

// reading is the batch that a pipeline is in. It belongs to the pipeline's goroutine.
type reading struct {
	batch   fetched
	records *recordbatch.Reader // nil between batches
	at      int64               // position: the next record that counts
	damaged int                 // times in a row that what a broker sent could not be read
}

// takeMost is how many bytes of records Take returns at a time, give or take a record: a batch may become many times as
// large as what the broker sent.
const takeMost = 8 << 20

// Take appends up to n queued records to dst and returns the position behind them, which may lie beyond the last
// record. It returns next = -1 when nothing is queued. A jump of the position, which may go back, is returned without
// records. err is set when the partition cannot be read any further. Batches are opened here, in the goroutine of the
// pipeline: what waits in the queue is what a broker sent.
func (p *Partition) Take(dst []schemas.Record, n int) (records []schemas.Record, next int64, err error) {
	r := &p.reading
	before, began, jumped := len(dst), r.at, false
	room := recordbatch.Room{Records: n, Bytes: takeMost}
	for room.Left() {
		if r.records == nil {
			b, ok := p.unqueue(r.at != began)
			if !ok {
				break
			}
			if b.anew {
				r.at, jumped = b.next, true
				break
			}
			p.open(b)
			continue
		}
		dst = p.read(dst, &room)
	}
	if jumped || r.at != began {
		p.metrics.Read(len(dst)-before, r.at)
		p.metrics.Bytes(sizeOf(dst[before:]))
		return dst, r.at, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return dst, -1, p.err
}

// sizeOf returns the bytes of keys, values and headers.
func sizeOf(records []schemas.Record) int {
	n := 0
	for i := range records {
		raw := &records[i].Raw
		n += len(raw.Key) + len(raw.Value)
		for j := range raw.Headers {
			n += len(raw.Headers[j].Key) + len(raw.Headers[j].Value)
		}
	}
	return n
}

// unqueue takes the next batch from the queue; a jump only when Take has nothing else to return.
func (p *Partition) unqueue(moved bool) (b fetched, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 || (moved && p.queue[0].anew) {
		return b, false
	}
	b = p.queue[0]
	p.queue[0] = fetched{}
	p.queue = p.queue[1:]
	return b, true
}

// open begins to read a batch, unless it has no records for the pipeline.
func (p *Partition) open(b fetched) {
	r := &p.reading
	r.batch = b
	if b.filter.Skip(b.batch) {
		p.close()
		return
	}
	records, err := b.batch.Open(p.TopicPartition, r.at, recordbatch.Limits{Decoded: int64(p.cfg.BatchMaxBytes)})
	if err != nil {
		p.trouble(err)
		return
	}
	r.records = records
}

// read appends records of the batch that is open, and closes it behind the last.
func (p *Partition) read(dst []schemas.Record, room *recordbatch.Room) []schemas.Record {
	r := &p.reading
	had := len(dst)
	dst, err := r.records.Read(dst, room)
	if len(dst) > had {
		r.at = dst[len(dst)-1].Offset + 1
	}
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		r.damaged = 0
		p.close()
	default:
		p.trouble(err)
	}
	return dst
}

// forget lets go of the batch that is read.
func (r *reading) forget() {
	if r.records != nil {
		r.records.Close()
	}
	r.records, r.batch = nil, fetched{}
}

// close moves the position behind the batch and makes room for others.
func (p *Partition) close() {
	r := &p.reading
	r.at = max(r.at, r.batch.next)
	size := r.batch.size()
	r.forget()
	p.mu.Lock()
	wasFull := p.bytes >= p.limit
	p.bytes -= size
	hasRoom := wasFull && p.bytes < p.limit
	p.mu.Unlock()
	if hasRoom {
		p.onRoom(p)
	}
}

// trouble decides about a batch that cannot be read, or whose rest cannot: what is too large is passed over if records
// that fail are tolerated, and what is damaged is fetched again, for it may have come to grief on the way.
func (p *Partition) trouble(err error) {
	r := &p.reading
	var large *recordbatch.TooLarge
	switch {
	case errors.As(err, &large) && p.cfg.SkipBatches:
		p.cfg.Logger.Error("records were skipped: they take more memory than is allowed, and errors.tolerance is all",
			"topic", p.Topic, "partition", p.Partition, "from", large.From, "to", large.To, "records", large.To-large.From+1, "error", p.advise(large))
		p.cfg.Metrics.RecordsSkipped(large.To - large.From + 1)
		if r.at = max(r.at, large.To+1); r.records == nil || r.at >= r.batch.next {
			p.close()
		}
	case large != nil:
		p.end(fmt.Errorf("read %s at offset %d: %w; or skip such records with errors.tolerance=all", p.TopicPartition, r.at, p.advise(large)))
	default:
		if r.damaged++; r.damaged >= damagedMost {
			p.end(fmt.Errorf("read %s at offset %d: the record batch there is damaged: %w", p.TopicPartition, r.at, err))
			return
		}
		p.goBack(r.at)
	}
}

// advise says which setting a batch is too large for.
func (p *Partition) advise(large *recordbatch.TooLarge) error {
	if large.From == large.To && large.Limit != int64(p.cfg.BatchMaxBytes) { // a limit that nobody sets
		return large
	}
	return fmt.Errorf("%w: raise consumer.override.%s", large, kafka.BatchMaxBytes)
}

// end is the end of the partition, for all that is queued comes after what cannot be read: Take returns err.
func (p *Partition) end(err error) {
	p.reading.forget()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue, p.bytes, p.err = nil, 0, err
}
