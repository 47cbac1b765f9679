package dynamodb

import (
	"context"
	"sync"
	"time"
)

// batcher collects the records of all partitions for one table and sends them through lanes. A key is held by one
// lane at a time, so two requests in flight never hold the same key and the order of a key is kept.
type batcher struct {
	name     string
	layout   layout
	table    table
	lanes    int
	linger   time.Duration
	maxRetry time.Duration
	backoff  func(attempt int) time.Duration
	budget   *budget
	explain  func(error) error
	wake     func(*progress)
	ctx      context.Context // of the requests; ends when the task gives up waiting
	quit     <-chan struct{} // closes when the task is closing
	running  *sync.WaitGroup // the task's lanes

	mu      sync.Mutex
	queue   queue
	active  int
	started time.Time // when the oldest incomplete batch was first seen; zero for none
	users   map[*progress]struct{}
	fatal   error
}

// join makes p hear of fatal errors of the table.
func (b *batcher) join(p *progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users[p] = struct{}{}
	if b.fatal != nil {
		p.fail(b.fatal)
	}
}

// leave sees that no request is composed of the records of p from now on, waits while ctx allows for those in flight,
// and forgets p.
func (b *batcher) leave(ctx context.Context, p *progress) {
	b.mu.Lock()
	p.closed.Store(true)
	freed := b.queue.withdraw(p, false)
	b.mu.Unlock()
	b.budget.give(freed)
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
	b.budget.give(freed)
}

// add queues an entry and starts lanes for full batches.
func (b *batcher) add(identity []byte, e *entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queue.add(identity, e)
	if b.linger == 0 {
		b.queue.flush()
	}
	b.dispatch()
}

// advance flushes an incomplete batch whose time has come, else returns when it will have.
func (b *batcher) advance(now time.Time) (wake time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue.waiting) <= b.queue.due {
		b.started = time.Time{}
		return time.Time{}
	}
	if b.started.IsZero() {
		b.started = now
	}
	if at := b.started.Add(b.linger); now.Before(at) {
		return at
	}
	b.started = time.Time{}
	b.queue.flush()
	b.dispatch()
	return time.Time{}
}

func (b *batcher) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queue.flush()
	b.dispatch()
}

// dispatch starts a lane for every batch there is, up to the limit. The caller holds mu.
func (b *batcher) dispatch() {
	for b.active < b.lanes && b.fatal == nil {
		batch := b.queue.take()
		if batch == nil {
			return
		}
		b.active++
		b.running.Add(1)
		go b.run(batch)
	}
}
