package inflight

import (
	"context"
	"sync"
	"time"
)

// Batcher gathers the records of all partitions for one target and sends them through senders: goroutines that live while
// there is something to send. A key is held by one sender at a time, so two requests in flight never hold the same
// key and the order of a key is kept.
type Batcher struct {
	target Target
	pool   *Pool

	mu      sync.Mutex
	queue   queue
	senders int
	started time.Time // when the oldest incomplete batch was first seen; zero for none
	users   map[*progress]struct{}
	fatal   error
}

// join makes p hear of fatal errors of the target.
func (b *Batcher) join(p *progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users[p] = struct{}{}
	if b.fatal != nil {
		p.fail(b.fatal)
	}
}

// leave sees that no request is composed of the records of p from now on, waits while ctx allows for those in flight,
// and forgets p.
func (b *Batcher) leave(ctx context.Context, p *progress) {
	b.mu.Lock()
	p.closed.Store(true)
	freed := b.queue.withdraw(p, false)
	b.mu.Unlock()
	b.pool.budget.give(freed)
	for !p.grounded() && ctx.Err() == nil {
		select {
		case <-p.changed:
		case <-ctx.Done():
		}
	}
	b.mu.Lock()
	delete(b.users, p)
	freed = b.queue.withdraw(p, true)
	b.mu.Unlock()
	b.pool.budget.give(freed)
}

// add queues an entry and starts senders for full batches.
func (b *Batcher) add(key []byte, e *entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queue.add(key, e)
	if b.target.Linger == 0 {
		b.queue.flush()
	}
	b.dispatch()
}

// advance flushes an incomplete batch whose time has come, else returns when it will have.
func (b *Batcher) advance(now time.Time) (wake time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue.waiting) <= b.queue.due {
		b.started = time.Time{}
		return time.Time{}
	}
	if b.started.IsZero() {
		b.started = now
	}
	if at := b.started.Add(b.target.Linger); now.Before(at) {
		return at
	}
	b.started = time.Time{}
	b.queue.flush()
	b.dispatch()
	return time.Time{}
}

func (b *Batcher) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queue.flush()
	b.dispatch()
}

// dispatch starts a sender for every batch there is, up to the limit. The caller holds mu.
func (b *Batcher) dispatch() {
	for b.senders < b.target.Requests && b.fatal == nil {
		batch := b.queue.batch()
		if batch == nil {
			return
		}
		b.senders++
		b.pool.running.Add(1)
		go b.run(batch)
	}
}
