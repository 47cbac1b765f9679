package registry

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sluice-connect/sluice/schemas/converter"
)

// Cache remembers loaded values, at most a given number, and for a short time also that a key could not be loaded.
// Goroutines that want the same key at the same time share one load.
type Cache[K comparable, V any] struct {
	load   func(context.Context, K) (V, error)
	limit  int
	errTTL time.Duration
	now    func() time.Time

	ctx    context.Context // of all loads: a load outlives the caller that started it
	cancel context.CancelFunc

	mu      sync.Mutex
	entries map[K]*entry[V]
	order   []K // oldest first
}

// entry is filled once ready is closed.
type entry[V any] struct {
	ready   chan struct{}
	value   V
	err     error
	expires time.Time // of an err
}

var errClosed = errors.New("cache is closed")

// NewCache returns a cache of at most limit values that load finds. Errors are kept for errTTL, except those that
// converter.Retriable marked, which are not kept. Load may be nil when only GetWith is used.
func NewCache[K comparable, V any](limit int, errTTL time.Duration, load func(context.Context, K) (V, error)) *Cache[K, V] {
	c := &Cache[K, V]{load: load, limit: max(limit, 1), errTTL: errTTL, now: time.Now, entries: map[K]*entry[V]{}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// Close ends running loads; Get fails afterwards for whatever is not cached.
func (c *Cache[K, V]) Close() { c.cancel() }

// Get returns the value of key k. When ctx ends first the error is retriable; the load goes on for others.
func (c *Cache[K, V]) Get(ctx context.Context, k K) (V, error) {
	return c.GetWith(ctx, k, func(ctx context.Context) (V, error) { return c.load(ctx, k) })
}

// GetWith is Get with a load that needs more than the key.
func (c *Cache[K, V]) GetWith(ctx context.Context, k K, load func(context.Context) (V, error)) (V, error) {
	var none V
	e, err := c.entry(k, load)
	if err != nil {
		return none, err
	}
	select {
	case <-e.ready:
		return e.value, e.err
	default:
	}
	select {
	case <-e.ready:
		return e.value, e.err
	case <-ctx.Done():
		return none, converter.Retriable(ctx.Err())
	}
}

// entry finds the entry of k, or makes one and starts its load.
func (c *Cache[K, V]) entry(k K, load func(context.Context) (V, error)) (*entry[V], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[k]; ok && !c.expired(e) {
		return e, nil
	}
	if c.ctx.Err() != nil {
		return nil, converter.Retriable(errClosed)
	}
	e := &entry[V]{ready: make(chan struct{})}
	if _, again := c.entries[k]; !again {
		c.makeRoom()
		c.order = append(c.order, k)
	}
	c.entries[k] = e
	go c.fill(e, load)
	return e, nil
}

func (c *Cache[K, V]) expired(e *entry[V]) bool {
	select {
	case <-e.ready:
		return e.err != nil && !c.now().Before(e.expires)
	default:
		return false
	}
}

func (c *Cache[K, V]) makeRoom() {
	for len(c.order) >= c.limit {
		delete(c.entries, c.order[0])
		c.order = c.order[1:]
	}
}

func (c *Cache[K, V]) fill(e *entry[V], load func(context.Context) (V, error)) {
	defer close(e.ready)
	e.value, e.err = load(c.ctx)
	if e.err != nil && !converter.IsRetriable(e.err) {
		e.expires = c.now().Add(c.errTTL)
	}
}
