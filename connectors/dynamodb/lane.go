package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// requestTimeout ends requests that nobody answers.
const requestTimeout = 30 * time.Second

// table is where lanes send their batches; the SDK client in production, a simulation in tests.
type table interface {
	// write sends ops, at most a batch of them, and returns the positions of those the table left unprocessed. On
	// an error any of them may have been written or not.
	write(ctx context.Context, ops []op) (unprocessed []int, err error)
}

// op is one put or delete of a batch.
type op struct {
	identity string
	remove   bool
	body     []byte
	owner    *progress
}

// verdict is what became of an op.
type verdict struct {
	state state
	err   error // why it was refused
}

type state uint8

const (
	left state = iota // must be sent again
	written
	refused
)

var errUnprocessed = errors.New("DynamoDB left items unprocessed: the table or its hottest key is throttled")

// run is a lane: it sends its batch until everything is settled, then takes the next one, and ends when there is none.
func (b *batcher) run(batch []*slot) {
	defer b.running.Done()
	attempt := 0
	for batch != nil {
		ops, sending := b.compose(batch)
		if len(ops) == 0 {
			batch = b.next()
			continue
		}
		verdicts, err := b.send(ops)
		rest := b.settle(sending, verdicts, err)
		if len(rest) == 0 {
			attempt, batch = 0, b.next()
			continue
		}
		if len(rest) < len(sending) {
			attempt = 0
		}
		if !b.pause(attempt) {
			b.abandon(rest)
			return
		}
		batch = b.fill(rest)
		attempt++
	}
}

// next takes a new batch for a lane that is through with its own, and sees that further lanes take what is left; nil
// ends the lane.
func (b *batcher) next() []*slot {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fatal == nil && b.ctx.Err() == nil {
		if batch := b.queue.take(); batch != nil {
			b.dispatch()
			return batch
		}
	}
	b.active--
	return nil
}

// fill adds keys to those a lane could not write, so that a few throttled keys do not keep it from all others.
func (b *batcher) fill(rest []*slot) []*slot {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fatal != nil {
		return rest
	}
	return b.queue.takeFront(rest)
}

// abandon ends a lane that still holds keys.
func (b *batcher) abandon(held []*slot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range held {
		b.queue.release(s)
	}
	b.active--
}

// compose makes the ops of the newest entry of each key. Keys that hold nothing any more are given back.
func (b *batcher) compose(batch []*slot) ([]op, []*slot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ops := make([]op, 0, len(batch))
	sending := batch[:0]
	bytes, freed := 0, int64(0)
	for _, s := range batch {
		freed += s.purge()
		if len(s.entries) == 0 || b.fatal != nil {
			b.queue.release(s)
			continue
		}
		e := s.entries[len(s.entries)-1]
		if bytes += len(e.body); bytes > maxBatchBytes && len(ops) > 0 {
			b.queue.release(s) // newer entries made the batch too big
			continue
		}
		s.sent, s.newest = len(s.entries), e
		e.owner.fly(1)
		ops = append(ops, op{identity: s.identity, remove: e.remove, body: e.body, owner: e.owner})
		sending = append(sending, s)
	}
	b.dispatch()
	b.budget.give(freed)
	return ops, sending
}

// send writes ops; when the table refuses the request for what is in it, halves are sent until the culprits are
// alone. The verdicts are in the order of ops; err is the trouble that left some of them.
func (b *batcher) send(ops []op) ([]verdict, error) {
	verdicts := make([]verdict, len(ops))
	return verdicts, b.sendInto(verdicts, ops)
}

func (b *batcher) sendInto(verdicts []verdict, ops []op) error {
	ctx, cancel := context.WithTimeout(b.ctx, requestTimeout)
	unprocessed, err := b.table.write(ctx, ops)
	cancel()
	switch {
	case err == nil:
		for i := range verdicts {
			verdicts[i].state = written
		}
		for _, i := range unprocessed {
			verdicts[i].state = left
		}
		if len(unprocessed) > 0 {
			return errUnprocessed
		}
		return nil
	case classify(err) != invalid:
		return err
	case len(ops) == 1:
		verdicts[0] = verdict{refused, b.explain(err)}
		return nil
	}
	half := len(ops) / 2
	first := b.sendHalf(verdicts[:half], ops[:half])
	if first != nil && !errors.Is(first, errUnprocessed) {
		return first
	}
	if second := b.sendHalf(verdicts[half:], ops[half:]); second != nil {
		return second
	}
	return first
}

// sendHalf leaves ops alone when a partition in them was closed meanwhile: no request may start for it.
func (b *batcher) sendHalf(verdicts []verdict, ops []op) error {
	for i := range ops {
		if ops[i].owner.closed.Load() {
			return errUnprocessed
		}
	}
	return b.sendInto(verdicts, ops)
}

// settle books the verdicts and returns the keys that must be sent again by this lane.
func (b *batcher) settle(sending []*slot, verdicts []verdict, err error) (rest []*slot) {
	var freed int64
	var woken []*progress
	b.mu.Lock()
	for i, s := range sending {
		s.newest.owner.fly(-1)
		switch verdicts[i].state {
		case written:
			for _, e := range s.settle() {
				e.owner.written(e.index)
				freed += e.cost
				woken = addOwner(woken, e.owner)
			}
			b.queue.release(s)
		case refused:
			if e := s.drop(); e != nil {
				e.owner.refuse(e.index, e.rejection(verdicts[i].err))
				freed += e.cost
				woken = addOwner(woken, e.owner)
			}
			b.queue.release(s)
		default:
			s.sent = 0
			rest = append(rest, s)
		}
	}
	if err != nil {
		woken = b.trouble(woken, rest, err)
	}
	if len(rest) > 0 {
		b.dispatch() // this lane will pause; what it gave back must not
	}
	b.mu.Unlock()
	b.budget.give(freed)
	for _, p := range woken {
		b.wake(p)
	}
	return rest
}

// trouble decides what an error means beyond sending again: a fatal one ends the table for everybody, one that lasts
// too long is told to the owners. The caller holds mu.
func (b *batcher) trouble(woken []*progress, rest []*slot, err error) []*progress {
	if b.ctx.Err() != nil {
		return woken // the task is being closed: nobody is to blame
	}
	if !errors.Is(err, errUnprocessed) && classify(err) == fatal {
		b.fatal = b.explain(err)
		for p := range b.users {
			p.fail(b.fatal)
			woken = addOwner(woken, p)
		}
		return woken
	}
	now := time.Now()
	stalled := fmt.Errorf("write to table %s, retried for %s: %w", b.name, b.maxRetry, err)
	for _, s := range rest {
		if s.since.IsZero() {
			s.since = now
		}
		if now.Sub(s.since) < b.maxRetry {
			continue
		}
		s.since = now // told again after as long
		for _, e := range s.entries {
			if e.owner.stall(stalled, now, max(b.maxRetry, time.Second)) {
				woken = addOwner(woken, e.owner)
			}
		}
	}
	return woken
}

// addOwner keeps the list of owners to wake free of repetitions.
func addOwner(owners []*progress, p *progress) []*progress {
	if slices.Contains(owners, p) {
		return owners
	}
	return append(owners, p)
}

// pause waits before the next attempt; false means that the task is closing.
func (b *batcher) pause(attempt int) bool {
	t := time.NewTimer(b.backoff(attempt))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-b.quit:
		return false
	case <-b.ctx.Done():
		return false
	}
}
