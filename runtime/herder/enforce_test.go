package herder

import (
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
)

// lowered is a paused connector with three tasks whose tasks.max became 1.
func (w *worker) lowered(enforce string) {
	w.t.Helper()
	w.create("a", "tasks.max", "3", "tasks.max.enforce", enforce)
	w.until("a", runtime.Running, runtime.Running, runtime.Running, runtime.Running)
	if err := w.Pause("a"); err != nil {
		w.t.Fatal(err)
	}
	w.until("a", runtime.Paused, runtime.Paused, runtime.Paused, runtime.Paused)
	if _, _, err := w.PutConnectorConfig(w.t.Context(), "a", valid("tasks.max", "1", "tasks.max.enforce", enforce)); err != nil {
		w.t.Fatal(err)
	}
}

func TestTooManyTasksFail(t *testing.T) {
	w := newWorker(t, t.TempDir())
	w.lowered("true")
	w.until("a", runtime.Paused, runtime.Paused, runtime.Paused, runtime.Paused)
	if err := w.RestartTask(t.Context(), runtime.TaskID{Connector: "a", Task: 0}); kindOf(err) != runtime.Internal || err.Error() != "Failed to start task: a-0" {
		t.Error(err)
	}
	w.until("a", runtime.Paused, runtime.Failed, runtime.Paused, runtime.Paused)
	status, _ := w.TaskStatus(runtime.TaskID{Connector: "a", Task: 0})
	for _, want := range []string{"TooManyTasksException", "a has 3 tasks and tasks.max is 1", "tasks.max.enforce=false"} {
		if !strings.Contains(status.Trace, want) {
			t.Errorf("the trace does not say %q: %s", want, status.Trace)
		}
	}
	if _, err := w.RestartConnector(t.Context(), "a", true, false); err != nil {
		t.Error(err)
	}
	w.until("a", runtime.Paused, runtime.Failed, runtime.Failed, runtime.Failed)
	if n := w.tasks.count(); n != 0 {
		t.Errorf("%d tasks run that are refused", n)
	}
	if err := w.Resume("a"); err != nil {
		t.Fatal(err)
	}
	w.until("a", runtime.Running, runtime.Running)
	if err := w.RestartTask(t.Context(), runtime.TaskID{Connector: "a", Task: 0}); err != nil {
		t.Error(err)
	}
	w.until("a", runtime.Running, runtime.Running)
}

func TestTooManyTasksAreAllowed(t *testing.T) {
	w := newWorker(t, t.TempDir())
	w.lowered("false")
	if err := w.RestartTask(t.Context(), runtime.TaskID{Connector: "a", Task: 0}); err != nil {
		t.Error(err)
	}
	w.until("a", runtime.Paused, runtime.Paused, runtime.Paused, runtime.Paused)
	if n := w.tasks.count(); n != 3 {
		t.Errorf("%d tasks, want 3", n)
	}
}

// TestTooManyTasksAfterARestart: what the store remembers of a paused connector is held against tasks.max as well.
func TestTooManyTasksAfterARestart(t *testing.T) {
	dir := dataDir(t)
	w := newWorker(t, dir)
	w.lowered("true")
	w.close()
	w = newWorker(t, dir)
	w.until("a", runtime.Paused, runtime.Failed, runtime.Failed, runtime.Failed)
	if err := w.Resume("a"); err != nil {
		t.Fatal(err)
	}
	w.until("a", runtime.Running, runtime.Running)
}
