package task

import (
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
		return r.task.failure != nil
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
