package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	smithy "github.com/aws/smithy-go"
)

// simulated is a table that does everything a real one may do to a client, and notices what a client must not do.
type simulated struct {
	mu       sync.Mutex
	rand     *rand.Rand
	trouble  int               // percent of requests that do not simply succeed
	items    map[string]string // identity → n of the item
	inFlight map[string]bool
	requests int
	wrong    error
}

func newSimulated(seed uint64) *simulated {
	return &simulated{rand: rand.New(rand.NewPCG(seed, 7)), items: map[string]string{}, inFlight: map[string]bool{}}
}

func (s *simulated) write(ctx context.Context, ops []op) ([]int, error) {
	if err := s.enter(ops); err != nil {
		return nil, err
	}
	defer s.leave(ops)
	for range s.draw(3) { // let other requests in between
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return s.answer(ops)
}

func (s *simulated) draw(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rand.IntN(n)
}

func (s *simulated) enter(ops []op) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if len(ops) == 0 || len(ops) > maxBatchItems {
		s.wrong = fmt.Errorf("a request of %d items", len(ops))
	}
	for _, o := range ops {
		if s.inFlight[o.identity] {
			s.wrong = fmt.Errorf("key %q is in two requests, or twice in one", o.identity)
		}
		s.inFlight[o.identity] = true
	}
	return s.wrong
}

func (s *simulated) leave(ops []op) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range ops {
		delete(s.inFlight, o.identity)
	}
}

func (s *simulated) answer(ops []op) ([]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range ops {
		if strings.Contains(string(o.body), "poison") {
			return nil, apiError("ValidationException")
		}
	}
	if s.rand.IntN(100) >= s.trouble {
		s.apply(ops, 100)
		return nil, nil
	}
	switch s.rand.IntN(4) {
	case 0:
		return nil, apiError("ProvisionedThroughputExceededException")
	case 1:
		s.apply(ops, 50) // the answer got lost, nobody knows what was written
		return nil, fmt.Errorf("request: %w", context.DeadlineExceeded)
	}
	return s.apply(ops, 60), nil
}

// apply writes each op with the given chance and returns the others.
func (s *simulated) apply(ops []op, percent int) (rest []int) {
	for i, o := range ops {
		if s.rand.IntN(100) >= percent {
			rest = append(rest, i)
			continue
		}
		if o.remove {
			delete(s.items, o.identity)
			continue
		}
		var item struct{ N struct{ N string } }
		if err := json.Unmarshal(o.body, &item); err != nil {
			s.wrong = errors.Join(s.wrong, err)
		}
		s.items[o.identity] = item.N.N
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

func apiError(code string) error {
	return &smithy.GenericAPIError{Code: code, Message: "simulated"}
}
