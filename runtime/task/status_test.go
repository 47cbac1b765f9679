package task

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/runtime"
)

// TestFailureAtOnceIsToldLater: who asks for the state a few times a second sees RUNNING before FAILED, and a task that
// is asked to end keeps nobody waiting.
func TestFailureAtOnceIsToldLater(t *testing.T) {
	r, s := newRig(t, `{"n":`), &script{}
	r.run(s, nil, func(spec *Spec) { spec.Settle = time.Hour })
	eventually(t, "end of the sink task", func() bool {
		r.task.mu.Lock()
		defer r.task.mu.Unlock()
		return r.task.status.failure != nil
	})
	if got := r.state(); got != runtime.Running {
		t.Errorf("state %s while a failure settles", got)
	}
	stopTask(r.task)
	if r.mu.Lock(); !slices.Equal(r.states, []runtime.State{runtime.Running, runtime.Failed}) {
		t.Errorf("states %v", r.states)
	}
	r.states = nil
	r.mu.Unlock()

	r.run(s, nil, func(spec *Spec) { spec.Settle = time.Millisecond })
	r.failedWith("offset 0")
}

func TestStatusIsToldWhenItIsAnother(t *testing.T) {
	var s status
	now := time.Unix(1000, 0)
	if s.shows(time.Hour, now) != 0 {
		t.Error("a task that never ran is to be shown RUNNING")
	}
	if !s.enter(runtime.Running, now) || s.enter(runtime.Running, now.Add(time.Second)) {
		t.Error("RUNNING is not told once")
	}
	for after, want := range map[time.Duration]time.Duration{0: time.Minute, 59 * time.Second: time.Second, time.Minute: 0, time.Hour: 0} {
		if got := s.shows(time.Minute, now.Add(after)); got != want {
			t.Errorf("%v after the start it is shown for %v, want %v", after, got, want)
		}
	}
	if !s.enter(runtime.Paused, now) || !s.enter(runtime.Running, now.Add(time.Hour)) || s.shows(time.Minute, now.Add(time.Hour)) != time.Minute {
		t.Error("a second start does not count")
	}
	first := errors.New("first")
	s.fail(first)
	if s.fail(errors.New("second")); !errors.Is(s.failure, first) {
		t.Errorf("it failed because of %v", s.failure)
	}
}
