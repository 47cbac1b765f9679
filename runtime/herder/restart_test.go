package herder

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/store"
	"github.com/sluice-connect/sluice/runtime/task"
)

func TestRestartSaysWhyATaskHadFailed(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.create("a", "tasks.max", "2")
	w.until("a", run, run, run)
	w.tasks.get("a", 1).fail("boom")
	w.until("a", run, run, runtime.Failed)
	status, err := w.RestartConnector(t.Context(), "a", true, true)
	must(t, err)
	if got := status.Tasks[1]; got.State != runtime.Restarting || got.Trace != "boom" || status.Tasks[0].Trace != "" {
		t.Errorf("%+v", status)
	}
	w.until("a", run, run, run)
	if s, err := w.TaskStatus(runtime.TaskID{Connector: "a", Task: 1}); err != nil || s.Trace != "" {
		t.Errorf("after the restart: %+v %v", s, err)
	}
}

func TestRestartOfATaskThatCannotBeMade(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.opt.CheckTask = func(s task.Spec) error {
		if s.Props["file"] == "bad" {
			return errors.New("no such thing")
		}
		return nil
	}
	w.create("good")
	w.create("bad", "file", "bad")
	w.until("bad", run, run)
	must(t, w.RestartTask(t.Context(), runtime.TaskID{Connector: "good", Task: 0}))
	if err := w.RestartTask(t.Context(), runtime.TaskID{Connector: "bad", Task: 0}); kindOf(err) != runtime.Internal || err.Error() != "Failed to start task: bad-0" {
		t.Error(err)
	}
}

func TestStatusSaysWhatATaskWaitsFor(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.create("a")
	w.until("a", run, run)
	trace := func(want runtime.State, text string) {
		t.Helper()
		if s, err := w.TaskStatus(runtime.TaskID{Connector: "a", Task: 0}); err != nil || s.State != want || s.Trace != text {
			t.Errorf("%+v %v, want %s %q", s, err, want, text)
		}
	}
	first := w.tasks.get("a", 0)
	first.spec.Waiting("the sink is away")
	trace(run, "the sink is away")
	first.spec.Waiting("")
	trace(run, "")
	first.spec.Waiting("the sink is away")
	must(t, w.Pause("a"))
	w.until("a", hold, hold)
	trace(hold, "")
	must(t, w.Resume("a"))
	w.until("a", run, run)
	trace(run, "the sink is away")
	if text := w.Metrics().Connectors[0].Tasks[0]; !strings.EqualFold(text, string(run)) {
		t.Errorf("metrics say %s", text)
	}
	must(t, w.RestartTask(t.Context(), runtime.TaskID{Connector: "a", Task: 0}))
	w.until("a", run, run)
	first.spec.Waiting("of the run before")
	trace(run, "")
}

// TestRestartThatAsksAProviderHoldsUpNobody: a provider may take half a minute for each reference.
func TestRestartThatAsksAProviderHoldsUpNobody(t *testing.T) {
	dir := dataDir(t)
	s, err := store.Open(dir)
	must(t, err)
	must(t, s.Put(store.Connector{Name: "a", Config: map[string]string{"name": "a", "topics": "t", "connector.class": "gone"}, Target: "RUNNING", Tasks: 1}))
	must(t, s.Close())
	w := newWorker(t, dir)
	asked, answer := make(chan struct{}), make(chan struct{})
	ask := sync.OnceFunc(func() { close(asked) })
	w.examiner.Resolve = func(_ context.Context, config map[string]string) (map[string]string, error) {
		if config["name"] != "a" {
			return config, nil
		}
		ask()
		<-answer
		found := maps.Clone(config)
		found["connector.class"] = fakeClass
		return found, nil
	}
	w.create("b")
	w.until("a", runtime.Failed)
	restarted, paused := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := w.RestartConnector(t.Context(), "a", false, false)
		restarted <- err
	}()
	<-asked
	go func() { paused <- w.Pause("b") }()
	select {
	case err := <-paused:
		must(t, err)
	case <-time.After(10 * time.Second):
		t.Error("a restart that waits for a provider holds up other changes")
	}
	close(answer)
	must(t, <-restarted)
	w.until("a", run, run)
}
