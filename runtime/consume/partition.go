package consume

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/schemas"
)

// Partition is one assigned partition: a bounded queue that the fetcher fills and one pipeline empties. The pipeline
// calls Take, Rewind, Commit, Committed and Waiting; everything else belongs to the consumer.
type Partition struct {
	schemas.TopicPartition
	// From is the offset the partition starts at: the committed one, or where auto.offset.reset points.
	From int64

	committable atomic.Int64  // what the pipeline says may be committed
	committed   atomic.Int64  // what the group holds, -1 if nothing; written by the session only
	commits     chan struct{} // holds a token when committed has moved

	mu      sync.Mutex
	queue   []batch
	headers headers
	cursor  int   // records of queue[0] that were taken
	bytes   int   // of queued records
	limit   int   // bytes from which on nothing more is fetched
	fetchAt int64 // next offset to fetch
	epoch   int   // counts rewinds, so that answers to older fetches are dropped
	err     error // why nothing can be fetched any more

	metrics *metrics.Partition // nil when nobody looks
	told    atomic.Bool        // a broker has said where the log ends

	ready  chan struct{}    // holds a token when Take may find something new
	onRoom func(*Partition) // tells the fetcher that there is room again

	// Owned by the fetcher, under its lock.
	route route
}

// route says which broker a partition is fetched from.
type route struct {
	addr    string    // "" when it has to be looked up
	replica bool      // addr is a preferred replica, not the leader
	until   time.Time // when the replica is given up
	stale   bool      // what is known about the leader is wrong
	tries   int       // lookups since the last good answer
	due     time.Time // of the next lookup
	alone   bool      // fetched by requests of its own, to find out what is wrong with it
	damaged int       // answers in a row that could not be decoded
	grown   int32     // bytes to ask for when a batch is larger than usual, else 0
}

func newPartition(tp schemas.TopicPartition, from, committed int64, limit int, onRoom func(*Partition)) *Partition {
	p := &Partition{TopicPartition: tp, From: from, limit: limit, fetchAt: from, ready: make(chan struct{}, 1), commits: make(chan struct{}, 1), onRoom: onRoom}
	p.committable.Store(from)
	p.committed.Store(committed)
	return p
}

// Ready is signalled when Take may return something new.
func (p *Partition) Ready() <-chan struct{} { return p.ready }

// Take appends up to n queued records to dst and returns the position behind them, which may lie beyond the last
// record. It returns next = -1 when nothing is queued. A jump of the position, which may go back, is returned without
// records. err is set when the partition cannot be read any further.
func (p *Partition) Take(dst []schemas.Record, n int) (records []schemas.Record, next int64, err error) {
	before := len(dst)
	p.mu.Lock()
	wasFull := p.bytes >= p.limit
	next = -1
	for n > 0 && len(p.queue) > 0 {
		b := &p.queue[0]
		if b.anew {
			if next < 0 {
				next = b.next
				p.queue = p.queue[1:]
			}
			break
		}
		for n > 0 && p.cursor < len(b.records) {
			dst = append(dst, schemas.Record{})
			b.fill(p.cursor, p.TopicPartition, &p.headers, &dst[len(dst)-1])
			next = dst[len(dst)-1].Offset + 1
			p.cursor++
			n--
		}
		if p.cursor < len(b.records) {
			break
		}
		next = b.next
		p.bytes -= b.size
		p.queue[0] = batch{}
		p.queue, p.cursor = p.queue[1:], 0
	}
	hasRoom := wasFull && p.bytes < p.limit
	if next < 0 {
		err = p.err
	}
	p.mu.Unlock()
	if next >= 0 {
		p.metrics.Read(len(dst)-before, next)
	}
	if hasRoom {
		p.onRoom(p)
	}
	return dst, next, err
}

// Rewind drops what is queued and goes on at offset.
func (p *Partition) Rewind(offset int64) {
	p.mu.Lock()
	p.queue, p.cursor, p.bytes, p.err = nil, 0, 0, nil
	p.fetchAt = offset
	p.epoch++
	p.mu.Unlock()
	p.metrics.Rewind(offset)
	p.onRoom(p)
}

// Waiting says whether the pipeline waits for the sink or a registry to come back.
func (p *Partition) Waiting(waits bool) { p.metrics.Waiting(waits) }

// Commit says that every record below next is safe; the consumer commits it in its own time.
func (p *Partition) Commit(next int64) { p.committable.Store(next) }

// Commits is signalled when Committed returns something new.
func (p *Partition) Commits() <-chan struct{} { return p.commits }

// Committed returns the offset the group holds, -1 when it has none.
func (p *Partition) Committed() int64 { return p.committed.Load() }

// setCommitted notes what the group holds now.
func (p *Partition) setCommitted(next int64) {
	p.committed.Store(next)
	p.metrics.Committed(next)
	select {
	case p.commits <- struct{}{}:
	default:
	}
}

// position returns where to fetch from; ok is false when there is no room or no sense in it.
func (p *Partition) position() (at int64, epoch int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetchAt, p.epoch, p.bytes < p.limit && p.err == nil
}

// deliver queues what was fetched at a position in an epoch. Two brokers may have been asked for the same position, when
// the partition moved; the second answer is dropped.
func (p *Partition) deliver(at int64, epoch int, batches []batch, next int64) {
	p.mu.Lock()
	if p.epoch == epoch && p.fetchAt == at && p.err == nil {
		for i := range batches {
			p.bytes += batches[i].size
		}
		p.queue = append(p.queue, batches...)
		p.fetchAt = next
	}
	p.mu.Unlock()
	p.signal()
}

// fail ends the partition: Take returns err once the queue is empty.
func (p *Partition) fail(err error) {
	p.mu.Lock()
	p.err = err
	p.mu.Unlock()
	p.signal()
}

func (p *Partition) signal() {
	select {
	case p.ready <- struct{}{}:
	default:
	}
}
