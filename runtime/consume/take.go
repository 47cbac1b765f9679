package consume

import (
	"errors"
	"fmt"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/schemas"
)

// reading is the batch that a pipeline is in. It belongs to the pipeline's goroutine.
type reading struct {
	active  bool
	batch   fetched
	records opened
	at      int64 // position: the next record that counts
	damaged int   // times in a row that what a broker sent could not be read
	bytes   int   // of keys, values and headers since the last call of Take began
}

// Take appends up to n queued records to dst and returns the position behind them, which may lie beyond the last
// record. It returns next = -1 when nothing is queued. A jump of the position, which may go back, is returned without
// records. err is set when the partition cannot be read any further. Batches are opened here, in the goroutine of the
// pipeline: what waits in the queue is what a broker sent.
func (p *Partition) Take(dst []schemas.Record, n int) (records []schemas.Record, next int64, err error) {
	r := &p.reading
	before, began, jumped := len(dst), r.at, false
	r.bytes = 0
	for len(dst)-before < n {
		if !r.active {
			b, ok := p.unqueue(r.at != began)
			if !ok {
				break
			}
			if b.anew {
				r.at, jumped = b.next, true
				break
			}
			if !p.open(b) {
				continue
			}
		}
		dst = p.read(dst, n-(len(dst)-before))
	}
	if jumped || r.at != began {
		p.metrics.Read(len(dst)-before, r.at)
		p.metrics.Bytes(r.bytes)
		return dst, r.at, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return dst, -1, p.err
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

// open begins to read a batch; ok is false when it has no records for the pipeline.
func (p *Partition) open(b fetched) (ok bool) {
	r := &p.reading
	if b.next <= r.at { // read already, before brokers changed
		p.close(b)
		return false
	}
	aborted := b.aborted.has(&b)
	if (b.control || aborted) && !(b.control && aborted) {
		p.close(b)
		return false
	}
	records, err := openBatch(b.raw, p.cfg.BatchMaxBytes)
	if err == nil && b.control {
		err = b.aborted.seeMarker(b.producer, &records)
	}
	if err != nil {
		p.trouble(b, err)
		return false
	}
	if b.control {
		p.close(b)
		return false
	}
	r.active, r.batch, r.records = true, b, records
	return true
}

// read appends up to n records of the batch that is open, and closes it behind the last.
func (p *Partition) read(dst []schemas.Record, n int) []schemas.Record {
	r := &p.reading
	for ; n > 0; n-- {
		dst = append(dst, schemas.Record{Topic: p.Topic, Source: p.TopicPartition})
		rec := &dst[len(dst)-1]
		ok, err := r.records.next(rec)
		for ok && rec.Offset < r.at {
			ok, err = r.records.next(rec)
		}
		if ok {
			r.at = rec.Offset + 1
			r.bytes += sizeOf(rec)
			continue
		}
		dst = dst[:len(dst)-1]
		b := r.batch
		r.active, r.batch, r.records = false, fetched{}, opened{}
		if err != nil {
			p.trouble(b, err)
		} else {
			r.damaged = 0
			p.close(b)
		}
		break
	}
	return dst
}

// sizeOf returns the bytes of key, value and headers.
func sizeOf(rec *schemas.Record) int {
	n := len(rec.Raw.Key) + len(rec.Raw.Value)
	for i := range rec.Raw.Headers {
		n += len(rec.Raw.Headers[i].Key) + len(rec.Raw.Headers[i].Value)
	}
	return n
}

// close moves the position behind a batch and makes room for others.
func (p *Partition) close(b fetched) {
	p.reading.at = max(p.reading.at, b.next)
	p.mu.Lock()
	wasFull := p.bytes >= p.limit
	p.bytes -= b.size
	hasRoom := wasFull && p.bytes < p.limit
	p.mu.Unlock()
	if hasRoom {
		p.onRoom(p)
	}
}

// trouble decides about a batch that cannot be read, or whose rest cannot: one that is too large is passed over if
// records that fail are tolerated, one that is damaged is fetched again, for it may have come to grief on the way.
func (p *Partition) trouble(b fetched, err error) {
	r := &p.reading
	switch {
	case errors.Is(err, errTooLarge) && p.cfg.SkipBatches:
		p.cfg.Logger.Error("record batch was skipped: its records take more memory than consumer.override."+kafka.BatchMaxBytes+" allows",
			"topic", p.Topic, "partition", p.Partition, "from", max(b.first, r.at), "to", b.next-1, "limit", p.cfg.BatchMaxBytes, "error", err)
		p.cfg.Metrics.RecordsSkipped(b.next - max(b.first, r.at))
		p.close(b)
	case errors.Is(err, errTooLarge):
		p.end(fmt.Errorf("read %s at offset %d: the records of the batch from offset %d to %d take more memory than consumer.override.%s allows (%d bytes): "+
			"raise it, or skip such batches with errors.tolerance=all: %w", p.TopicPartition, r.at, b.first, b.next-1, kafka.BatchMaxBytes, p.cfg.BatchMaxBytes, err))
	default:
		if r.damaged++; r.damaged >= damagedMost {
			p.end(fmt.Errorf("read %s at offset %d: the record batch there cannot be read (damaged): %w", p.TopicPartition, r.at, err))
			return
		}
		p.goBack(r.at)
	}
}

// end is the end of the partition, for all that is queued comes after what cannot be read: Take returns err.
func (p *Partition) end(err error) {
	p.mu.Lock()
	p.queue, p.bytes, p.err = nil, 0, err
	p.mu.Unlock()
}
