package task

import (
	"time"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// status is what a task has told about its state.
type status struct {
	failure  error // why the task fails; the first reason stays
	reported runtime.State
	ranAt    time.Time // when Running was last reported
	held     bool      // the start waits for something that is away
}

func (s *status) fail(err error) {
	if s.failure == nil {
		s.failure = err
	}
}

// enter notes the state to tell; it is false for the one that was told last.
func (s *status) enter(state runtime.State, now time.Time) (other bool) {
	if s.reported == state {
		return false
	}
	s.reported = state
	if state == runtime.Running {
		s.ranAt = now
	}
	return true
}

// shows returns how long a task that fails has to be shown RUNNING yet, to have been so for settle.
func (s *status) shows(settle time.Duration, now time.Time) time.Duration {
	if s.ranAt.IsZero() {
		return 0
	}
	return max(settle-now.Sub(s.ranAt), 0)
}

// show tells the state. t.mu is held, so that reports come in order.
func (t *SinkTask) show(s runtime.State, trace string) {
	if t.status.enter(s, time.Now()) {
		t.spec.Metrics.State(string(s))
		t.spec.Report(s, trace)
	}
}

// showStarted tells the state of a task that does its work, or would if it could. t.mu is held.
func (t *SinkTask) showStarted() {
	switch {
	case t.isEnding():
	case t.paused.Load():
		t.show(runtime.Paused, "")
	default:
		t.show(runtime.Running, "")
	}
}

// isEnding reports whether the task has failed or was asked to stop. t.mu is held.
func (t *SinkTask) isEnding() bool { return t.status.failure != nil || t.life.soft.Err() != nil }

// stayRunning waits as Spec.Settle says, but not for a task that is asked to end.
func (t *SinkTask) stayRunning() {
	t.mu.Lock()
	wait := t.status.shows(t.spec.Settle, time.Now())
	t.mu.Unlock()
	if wait > 0 {
		_ = pace.Sleep(t.life.asked, wait) // either way its time has come
	}
}
