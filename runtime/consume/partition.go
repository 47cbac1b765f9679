package consume

import (
	"sync"
	"sync/atomic"

	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// Partition is one assigned partition: a bounded queue that the fetcher fills and one pipeline empties. The pipeline
// calls Take, Rewind, Commit, Committed and Waiting; everything else belongs to the consumer.
type Partition struct {
	schemas.TopicPartition
	// From is the offset the partition starts at: the committed one, or where auto.offset.reset points.
	From int64

	cfg         *Config
	committable atomic.Int64 // what the pipeline says may be committed
	committed   atomic.Int64 // what the group holds, -1 if nothing; written by the session only
	commits     pace.Signal  // committed has moved

	reading reading // the batch that Take is in; belongs to the pipeline

	mu      sync.Mutex
	queue   []fetched
	bytes   int     // that brokers sent and Take is not through with
	limit   int     // bytes from which on nothing more is fetched
	fetchAt int64   // next offset to fetch
	epochs  epochs  // of the records below it
	topic   topicID // that it is of; the zero value when no broker has said it
	rewinds int     // counted, so that what comes of older fetches is dropped
	err     error   // why nothing can be fetched any more

	metrics *metrics.Partition // nil when nobody looks
	told    atomic.Bool        // a broker has said where the log ends

	ready  pace.Signal      // Take may find something new
	onRoom func(*Partition) // tells the fetcher that there is room again

	route route // owned by the fetcher
}

func newPartition(tp schemas.TopicPartition, from start, committed int64, limit int, cfg *Config, onRoom func(*Partition)) *Partition {
	p := &Partition{TopicPartition: tp, From: from.offset, cfg: cfg, limit: limit, fetchAt: from.offset,
		ready: pace.NewSignal(), commits: pace.NewSignal(), onRoom: onRoom, route: route{epoch: -1}}
	p.reading.at = from.offset
	p.epochs.add(from.offset-1, from.epoch)
	p.committable.Store(from.offset)
	p.committed.Store(committed)
	return p
}

// Ready is signalled when Take may return something new.
func (p *Partition) Ready() <-chan struct{} { return p.ready }

// Rewind drops what is queued and goes on at offset.
func (p *Partition) Rewind(offset int64) {
	p.reading.damaged = 0
	p.goBack(offset)
	p.metrics.Rewind(offset)
}

// goBack fetches from offset on anew, and forgets what is queued.
func (p *Partition) goBack(offset int64) {
	p.reading.forget()
	p.reading.at = offset
	p.mu.Lock()
	p.queue, p.bytes, p.err = nil, 0, nil
	p.fetchAt = offset
	p.rewinds++
	p.mu.Unlock()
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
	p.commits.Set()
}

// writtenUnder returns the leader epoch of the record before offset, -1 for unknown, and the topic it is of.
func (p *Partition) writtenUnder(offset int64) (epoch int32, topic topicID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.epochs.at(offset), p.topic
}

// position returns where to fetch from; ok is false when there is no room or no sense in it.
func (p *Partition) position() (from fetchFrom, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fetchFrom{p: p, at: p.fetchAt, rewinds: p.rewinds, lastEpoch: p.epochs.at(p.fetchAt)}, p.bytes < p.limit && p.err == nil
}

// isAt reports whether the partition is still where from was asked. Two brokers may have been asked for the same
// position, when the partition moved; the second answer is dropped. p.mu is held.
func (p *Partition) isAt(from fetchFrom) bool {
	return p.rewinds == from.rewinds && p.fetchAt == from.at && p.err == nil
}

// deliver queues what was fetched.
func (p *Partition) deliver(from fetchFrom, batches []fetched) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.isAt(from) {
		return
	}
	for i := range batches {
		p.bytes += batches[i].size()
		p.epochs.add(max(batches[i].batch.BaseOffset, from.at), batches[i].batch.LeaderEpoch)
	}
	p.queue = append(p.queue, batches...)
	p.fetchAt = batches[len(batches)-1].next
	p.ready.Set()
}

// reopen lets the position jump, after what is queued already.
func (p *Partition) reopen(from fetchFrom, to start) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.isAt(from) {
		return
	}
	p.queue = append(p.queue, fetched{next: to.offset, anew: true})
	p.fetchAt = to.offset
	p.epochs.cut(to.offset, to.epoch)
	if p.topic != from.topic { // nothing was committed for the new one
		p.topic = from.topic
		p.committed.Store(-1)
	}
	p.ready.Set()
}

// fail ends the partition unless it was rewound since the fetch that failed: Take returns err once the queue is
// empty.
func (p *Partition) fail(rewinds int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rewinds == rewinds {
		p.err = err
		p.ready.Set()
	}
}
