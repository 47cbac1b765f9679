package inflight

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
)

// simulated is a service that does everything a real one may do to a client, and notices what a client must not do.
type simulated struct {
	mu       sync.Mutex
	rand     *rand.Rand
	trouble  int               // percent of requests that do not simply succeed
	items    map[string]string // key → body of the item
	inFlight map[string]bool
	requests int
	wrong    error
}

func newSimulated(seed uint64) *simulated {
	return &simulated{rand: rand.New(rand.NewPCG(seed, 7)), items: map[string]string{}, inFlight: map[string]bool{}}
}

func (s *simulated) send(ctx context.Context, items []Item) ([]int, error) {
	if err := s.enter(items); err != nil {
		return nil, err
	}
	defer s.leave(items)
	for range s.draw(3) { // let other requests in between
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return s.answer(items)
}

func (s *simulated) draw(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rand.IntN(n)
}

func (s *simulated) enter(items []Item) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if len(items) == 0 || len(items) > maxItems {
		s.wrong = fmt.Errorf("a request of %d items", len(items))
	}
	for _, o := range items {
		if s.inFlight[o.Key] {
			s.wrong = fmt.Errorf("key %q is in two requests, or twice in one", o.Key)
		}
		s.inFlight[o.Key] = true
	}
	return s.wrong
}

func (s *simulated) leave(items []Item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range items {
		delete(s.inFlight, o.Key)
	}
}

func (s *simulated) answer(items []Item) ([]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range items {
		if strings.Contains(string(o.Body), "poison") {
			return nil, errRefused
		}
	}
	if s.rand.IntN(100) >= s.trouble {
		s.apply(items, 100)
		return nil, nil
	}
	switch s.rand.IntN(4) {
	case 0:
		return nil, errAway
	case 1:
		s.apply(items, 50) // the answer got lost, nobody knows what was written
		return nil, fmt.Errorf("request: %w", context.DeadlineExceeded)
	}
	return s.apply(items, 60), nil
}

// apply writes each op with the given chance and returns the others.
func (s *simulated) apply(items []Item, percent int) (rest []int) {
	for i, o := range items {
		if s.rand.IntN(100) >= percent {
			rest = append(rest, i)
			continue
		}
		if o.Remove {
			delete(s.items, o.Key)
			continue
		}
		s.items[o.Key] = string(o.Body)
	}
	return rest
}

func (s *simulated) snapshot() (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := make(map[string]string, len(s.items))
	for k, v := range s.items {
		c[k] = v
	}
	return c, s.wrong
}

func (s *simulated) calm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = 0
}
