// Package pace says how long to wait before something is tried again, and wakes who waits.
package pace

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff counts up the waits between attempts: the first is First, each further one twice the one before, none longer
// than Max. Of each wait a part between Low and High is taken by chance, so that those that failed together do not come
// back together; with both 0 it is taken whole. Without First it waits not at all. It belongs to one goroutine.
type Backoff struct {
	First, Max time.Duration
	Low, High  float64

	failures int
}

// Next returns the wait after one more failure.
func (b *Backoff) Next() time.Duration {
	d := b.Wait(b.failures)
	b.failures++
	return d
}

// Reset forgets the failures: the next wait is First again.
func (b *Backoff) Reset() { b.failures = 0 }

// Failures is how many waits there were since the last Reset.
func (b *Backoff) Failures() int { return b.failures }

// Wait returns the wait after a failure that so many came before; it changes nothing.
func (b *Backoff) Wait(failuresBefore int) time.Duration {
	d := b.ceiling(failuresBefore)
	if b.Low == 0 && b.High == 0 {
		return d
	}
	return time.Duration(float64(d) * (b.Low + (b.High-b.Low)*rand.Float64()))
}

// ceiling doubles First, and looks at Max before a doubling could overflow.
func (b *Backoff) ceiling(doublings int) time.Duration {
	d := b.First
	if d <= 0 {
		return 0
	}
	for range doublings {
		if d > b.Max/2 {
			return max(b.Max, 0)
		}
		d *= 2
	}
	return min(d, b.Max)
}

// Sleep waits for d or for the end of ctx, and returns why ctx ended if it did.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Signal wakes one goroutine: it holds at most one token, so that any number of calls of Set before the wake-up are one.
type Signal chan struct{}

// NewSignal returns a signal that is not set.
func NewSignal() Signal { return make(Signal, 1) }

// Set wakes whoever receives from the signal, now or later. It never blocks, and any goroutine may call it.
func (s Signal) Set() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// Slots bounds how many do something at the same time.
type Slots chan struct{}

// NewSlots returns n free slots.
func NewSlots(n int) Slots { return make(Slots, n) }

// Acquire waits for a slot, or for the end of ctx and returns its cause. Who has a slot must release it.
func (s Slots) Acquire(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Release frees a slot that was acquired.
func (s Slots) Release() { <-s }
