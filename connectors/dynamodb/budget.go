package dynamodb

import "sync"

// budget bounds the bytes a task holds.
type budget struct {
	limit int64

	mu    sync.Mutex
	used  int64
	freed chan struct{} // closed and replaced when bytes come back
}

func newBudget(limit int64) *budget { return &budget{limit: limit, freed: make(chan struct{})} }

// tryTake takes n bytes, or returns a channel that closes when trying again makes sense. A record bigger than the
// whole budget passes when nothing else is held.
func (b *budget) tryTake(n int64) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used > 0 && b.used+n > b.limit {
		return b.freed
	}
	b.used += n
	return nil
}

func (b *budget) give(n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	close(b.freed)
	b.freed = make(chan struct{})
}
