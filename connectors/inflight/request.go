package inflight

import (
	"fmt"
	"slices"
	"time"

	"github.com/sluice-connect/sluice/connectors"
)

// outcome is what became of an item: Later means that it must be sent again.
type outcome struct {
	verdict connectors.Verdict
	err     error // why it was refused
}

// trouble is why items of a request must be sent again; its zero value is none.
type trouble struct {
	err   error
	whole bool // it is about a request, not about items that the service left
}

// run is a sender: it sends its batch until everything is answered, then takes the next one, and ends when there is none.
func (b *Batcher) run(batch []*slot) {
	defer b.pool.running.Done()
	attempt := 0
	for batch != nil {
		items, sending := b.compose(batch)
		if len(items) == 0 {
			batch = b.next()
			continue
		}
		outcomes, t := b.send(items)
		rest := b.book(sending, outcomes, t)
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

// next takes a new batch for a sender that is through with its own, and sees that further senders take what is left; nil
// ends the sender.
func (b *Batcher) next() []*slot {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fatal == nil && b.pool.ctx.Err() == nil {
		if batch := b.queue.batch(); batch != nil {
			b.dispatch()
			return batch
		}
	}
	b.senders--
	return nil
}

// fill adds keys to those a sender could not write, so that a few throttled keys do not keep it from all others.
func (b *Batcher) fill(rest []*slot) []*slot {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fatal != nil {
		return rest
	}
	return b.queue.fill(rest)
}

// abandon ends a sender that still holds keys.
func (b *Batcher) abandon(held []*slot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range held {
		b.queue.release(s)
	}
	b.senders--
}

// compose makes the items of the newest entry of each key. Keys that hold nothing any more are given back.
func (b *Batcher) compose(batch []*slot) ([]Item, []*slot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	items := make([]Item, 0, len(batch))
	sending := batch[:0]
	bytes, freed := 0, int64(0)
	for _, s := range batch {
		freed += s.purge()
		if len(s.entries) == 0 || b.fatal != nil {
			b.queue.release(s)
			continue
		}
		e := s.entries[len(s.entries)-1]
		if bytes += len(e.body); bytes > b.target.MaxBytes && len(items) > 0 {
			b.queue.release(s) // newer entries made the batch too big
			continue
		}
		s.sent, s.newest = len(s.entries), e
		e.owner.fly(1)
		items = append(items, Item{Key: s.key, Remove: e.remove, Body: e.body, owner: e.owner})
		sending = append(sending, s)
	}
	b.dispatch()
	b.pool.budget.give(freed)
	return items, sending
}

// send sends items; when the service refuses the request for what is in it, halves are sent until the culprits are
// alone. The outcomes are in the order of items.
func (b *Batcher) send(items []Item) ([]outcome, trouble) {
	outcomes := make([]outcome, len(items))
	return outcomes, b.sendInto(outcomes, items)
}

func (b *Batcher) sendInto(outcomes []outcome, items []Item) trouble {
	left, err := b.target.send(b.pool.ctx, items)
	switch {
	case err == nil || len(left) > 0:
		for i := range outcomes {
			outcomes[i].verdict = connectors.Safe
		}
		for _, i := range left {
			outcomes[i].verdict = connectors.Later
		}
		return trouble{err: err}
	case b.target.judge(err) != connectors.Refused:
		return trouble{err, true}
	case len(items) == 1:
		outcomes[0] = outcome{connectors.Refused, b.target.Explain(err)}
		return trouble{}
	}
	half := len(items) / 2
	first := b.sendHalf(outcomes[:half], items[:half])
	if first.whole {
		return first
	}
	if second := b.sendHalf(outcomes[half:], items[half:]); second.err != nil {
		return second
	}
	return first
}

// sendHalf leaves items alone when a partition in them was closed meanwhile: no request may start for it.
func (b *Batcher) sendHalf(outcomes []outcome, items []Item) trouble {
	for i := range items {
		if items[i].owner.closed.Load() {
			return trouble{err: errLeft}
		}
	}
	return b.sendInto(outcomes, items)
}

// book enters the outcomes and returns the keys that must be sent again by this sender.
func (b *Batcher) book(sending []*slot, outcomes []outcome, t trouble) (rest []*slot) {
	var freed int64
	var woken []*progress
	b.mu.Lock()
	for i, s := range sending {
		s.newest.owner.fly(-1)
		switch outcomes[i].verdict {
		case connectors.Safe:
			for _, e := range s.cover() {
				e.owner.written(e.index)
				freed += e.cost
				woken = addOwner(woken, e.owner)
			}
			b.queue.release(s)
		case connectors.Refused:
			if e := s.drop(); e != nil {
				e.owner.refuse(e.index, e.rejection(outcomes[i].err))
				freed += e.cost
				woken = addOwner(woken, e.owner)
			}
			b.queue.release(s)
		default:
			s.sent = 0
			rest = append(rest, s)
		}
	}
	if t.err != nil {
		woken = b.tell(woken, rest, t)
	}
	if len(rest) > 0 {
		b.dispatch() // this sender will pause; what it gave back must not
	}
	b.mu.Unlock()
	b.pool.budget.give(freed)
	for _, p := range woken {
		b.pool.options.Wake(p.tp)
	}
	return rest
}

// tell decides what trouble means beyond sending again: a hopeless one ends the target for everybody, one that lasts
// too long is told to the owners. The caller holds mu.
func (b *Batcher) tell(woken []*progress, rest []*slot, t trouble) []*progress {
	if b.pool.ctx.Err() != nil {
		return woken // the task is being closed: nobody is to blame
	}
	if t.whole && b.target.judge(t.err) == connectors.Hopeless {
		b.fatal = b.target.Explain(t.err)
		for p := range b.users {
			p.fail(b.fatal)
			woken = addOwner(woken, p)
		}
		return woken
	}
	now := time.Now()
	stalled := fmt.Errorf("write to %s, retried for %s: %w", b.target.Name, b.target.Patience, t.err)
	for _, s := range rest {
		if s.since.IsZero() {
			s.since = now
		}
		if now.Sub(s.since) < b.target.Patience {
			continue
		}
		s.since = now // told again after as long
		for _, e := range s.entries {
			if e.owner.stall(stalled, now, max(b.target.Patience, time.Second)) {
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
func (b *Batcher) pause(attempt int) bool {
	t := time.NewTimer(b.target.Backoff.Wait(attempt))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-b.pool.quit:
		return false
	case <-b.pool.ctx.Done():
		return false
	}
}
