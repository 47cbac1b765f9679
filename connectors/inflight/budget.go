package inflight

import (
	"slices"
	"sync"
)

// budget bounds the bytes a task holds. Claims are granted in the order they came: otherwise a large record would never
// find room among small ones while the service is slow.
type budget struct {
	limit int64

	mu      sync.Mutex
	used    int64
	waiting []*claim
}

// claim is a number of bytes somebody wants to hold.
type claim struct {
	n       int64
	granted chan struct{} // closed when the bytes are there
}

func newBudget(limit int64) *budget { return &budget{limit: limit} }

// claim takes n bytes, or returns a claim to wait for. A record bigger than the whole budget is granted when nothing
// else is held.
func (b *budget) claim(n int64) *claim {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 && b.fits(n) {
		b.used += n
		return nil
	}
	c := &claim{n: n, granted: make(chan struct{})}
	b.waiting = append(b.waiting, c)
	return c
}

func (b *budget) fits(n int64) bool { return b.used == 0 || b.used+n <= b.limit }

// drop takes a claim back, granted or not.
func (b *budget) drop(c *claim) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.Index(b.waiting, c); i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
	} else {
		b.used -= c.n
	}
	b.grant()
}

func (b *budget) give(n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	b.grant()
}

// grant serves the claims that fit, from the first on. The caller holds mu.
func (b *budget) grant() {
	for len(b.waiting) > 0 && b.fits(b.waiting[0].n) {
		c := b.waiting[0]
		b.waiting = slices.Delete(b.waiting, 0, 1)
		b.used += c.n
		close(c.granted)
	}
}

func (c *claim) isGranted() bool {
	if c == nil {
		return true
	}
	select {
	case <-c.granted:
		return true
	default:
		return false
	}
}
