package metrics

import (
	"sync"
	"sync/atomic"
)

// The states that are told apart here; all others are neither.
const (
	running = "RUNNING"
	paused  = "PAUSED"
	failed  = "FAILED"
)

// states adds up the time a task has spent running and paused since its start.
type states struct {
	mu              sync.Mutex
	began, since    int64
	state           string
	running, paused int64 // ms, without those in the present state
	started         bool  // how the start ended is known
}

func (s *states) begin(now int64) { s.began, s.since = now, now }

// enter changes the state; ended says that the start of the task ended with it, and ok how.
func (s *states) enter(now int64, state string) (ended, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.paused = s.until(now)
	s.state, s.since = state, now
	ended = !s.started && (state == running || state == failed)
	s.started = s.started || ended
	return ended, state == running
}

// until returns the times up to now. s.mu is held.
func (s *states) until(now int64) (inRunning, inPaused int64) {
	inRunning, inPaused = s.running, s.paused
	switch s.state {
	case running:
		inRunning += now - s.since
	case paused:
		inPaused += now - s.since
	}
	return inRunning, inPaused
}

// ratios returns which fractions of the time since the start the task was running and paused.
func (s *states) ratios(now int64) (inRunning, inPaused float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now <= s.began {
		return 0, 0
	}
	r, p := s.until(now)
	all := float64(now - s.began)
	return float64(r) / all, float64(p) / all
}

// since remembers when something began that goes on; 0 when it does not.
type since struct{ at atomic.Int64 }

func (s *since) set(now int64, on bool) {
	switch {
	case !on && s.at.Load() != 0:
		s.at.Store(0)
	case on:
		s.at.CompareAndSwap(0, now)
	}
}
