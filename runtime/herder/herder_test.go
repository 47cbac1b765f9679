package herder

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/store"
)

const (
	run  = runtime.Running
	hold = runtime.Paused
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLifecycle(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.create("a", "tasks.max", "2")
	w.until("a", run, run, run)
	must(t, w.Pause("a"))
	must(t, w.Pause("a"))
	w.until("a", hold, hold, hold)
	must(t, w.Resume("a"))
	w.until("a", run, run, run)
	must(t, w.Stop("a"))
	w.until("a", runtime.Stopped)
	eventually(t, "tasks end", func() bool { return w.tasks.count() == 0 })
	must(t, w.Pause("a"))
	w.until("a", hold)
	must(t, w.Resume("a"))
	w.until("a", run, run, run)
	must(t, w.DeleteConnector("a"))
	if _, err := w.ConnectorStatus("a"); kindOf(err) != runtime.NotFound || err.Error() != "No status found for connector a" {
		t.Errorf("status of a deleted connector: %v", err)
	}
	eventually(t, "tasks end", func() bool { return w.tasks.count() == 0 })
}

func TestInitialStates(t *testing.T) {
	w := newWorker(t, dataDir(t))
	for _, state := range []runtime.State{runtime.Paused, runtime.Stopped} {
		name := string(state)
		info, err := w.CreateConnector(t.Context(), name, valid(), state)
		if err != nil || len(info.Tasks) != 0 {
			t.Fatalf("%+v, %v", info, err)
		}
		w.until(name, state)
		must(t, w.Resume(name))
		w.until(name, run, run)
	}
}

func TestConfigUpdateRestartsTasks(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.create("a")
	w.until("a", run, run)
	info, created, err := w.PutConnectorConfig(t.Context(), "a", valid("tasks.max", "3", "file", "f"))
	if err != nil || created || len(info.Tasks) != 3 {
		t.Fatalf("%+v %v %v", info, created, err)
	}
	w.until("a", run, run, run, run)
	eventually(t, "the first task has the new configuration", func() bool {
		running := w.tasks.get("a", 0)
		return running != nil && running.spec.Props["file"] == "f"
	})
	starts := w.tasks.started()
	_, _, err = w.PutConnectorConfig(t.Context(), "a", valid("tasks.max", "3", "file", "f"))
	must(t, err)
	if got := w.tasks.started(); got != starts {
		t.Errorf("an equal configuration restarted tasks: %d starts, then %d", starts, got)
	}
	_, _, err = w.PutConnectorConfig(t.Context(), "a", valid("tasks.max", "1"))
	must(t, err)
	w.until("a", run, run)
	eventually(t, "surplus tasks end", func() bool { return w.tasks.count() == 1 })
}

func TestConfigUpdateWhilePausedWaitsForResume(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.create("a", "tasks.max", "2")
	w.until("a", run, run, run)
	must(t, w.Pause("a"))
	w.until("a", hold, hold, hold)
	info, _, err := w.PutConnectorConfig(t.Context(), "a", valid("tasks.max", "3"))
	if err != nil || len(info.Tasks) != 2 {
		t.Fatalf("%+v %v", info, err)
	}
	w.until("a", hold, hold, hold)
	must(t, w.Resume("a"))
	w.until("a", run, run, run, run)
}

func TestPatch(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.create("a", "x", "1", "y", "1")
	two := "2"
	info, err := w.PatchConnectorConfig(t.Context(), "a", runtime.RawConfig{"x": &two, "y": nil, "nope": nil})
	want := map[string]string{"connector.class": fakeClass, "topics": "t", "name": "a", "x": "2"}
	if err != nil || !maps.Equal(info.Config, want) {
		t.Fatalf("%v, %v", info.Config, err)
	}
	for text, patch := range map[string]runtime.RawConfig{
		`Missing required configuration "name"`: {"name": nil},
		"contains no connector type":            {"connector.class": nil},
		"Must configure one of topics":          {"topics": nil},
	} {
		if _, err := w.PatchConnectorConfig(t.Context(), "a", patch); kindOf(err) != runtime.BadRequest || !strings.Contains(err.Error(), text) {
			t.Errorf("patch answered %v, want %q", err, text)
		}
	}
	if config, _ := w.ConnectorConfig("a"); !maps.Equal(config, want) {
		t.Errorf("refused patches changed the configuration to %v", config)
	}
	if _, err := w.PatchConnectorConfig(t.Context(), "b", nil); kindOf(err) != runtime.NotFound {
		t.Errorf("patch of an unknown connector: %v", err)
	}
}

func TestFailedTaskKeepsItsTraceUntilRestarted(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.create("a", "tasks.max", "2")
	w.until("a", run, run, run)
	w.tasks.get("a", 1).fail("boom\n\tat sink")
	w.until("a", run, run, runtime.Failed)
	must(t, w.Pause("a"))
	w.until("a", hold, hold, runtime.Failed)
	must(t, w.Resume("a"))
	w.until("a", run, run, runtime.Failed)
	if s, err := w.TaskStatus(runtime.TaskID{Connector: "a", Task: 1}); err != nil || s.Trace != "boom\n\tat sink" {
		t.Errorf("%+v %v", s, err)
	}
	status, err := w.RestartConnector(t.Context(), "a", true, true)
	must(t, err)
	if status.Connector.State != run || status.Tasks[0].State != run || status.Tasks[1].State != runtime.Restarting {
		t.Errorf("plan %+v", status)
	}
	w.until("a", run, run, run)
	must(t, w.RestartTask(t.Context(), runtime.TaskID{Connector: "a", Task: 0}))
	w.until("a", run, run, run)
	if n := w.tasks.started(); n != 4 {
		t.Errorf("%d starts, want 2 and two restarts", n)
	}
}

func TestTaskThatEndsWithoutAWordHasFailed(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.create("a")
	w.until("a", run, run)
	w.tasks.get("a", 0).end()
	w.until("a", run, runtime.Failed)
}

func TestRestartAnswers(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.create("a")
	w.until("a", run, run)
	for _, c := range []struct {
		err  error
		text string
	}{
		{w.RestartTask(t.Context(), runtime.TaskID{Connector: "b", Task: 0}), "Unknown connector: b"},
		{w.RestartTask(t.Context(), runtime.TaskID{Connector: "a", Task: 7}), "Task a-7 not found"},
		{w.RestartTask(t.Context(), runtime.TaskID{Connector: "a", Task: -1}), "Task a--1 not found"},
		{w.Pause("b"), "Unknown connector b"},
		{w.DeleteConnector("b"), "Connector b not found"},
	} {
		if kindOf(c.err) != runtime.NotFound || c.err.Error() != c.text {
			t.Errorf("got %v, want %q", c.err, c.text)
		}
	}
	must(t, w.Stop("a"))
	status, err := w.RestartConnector(t.Context(), "a", true, false)
	if err != nil || status.Connector.State != runtime.Restarting || status.Tasks == nil || len(status.Tasks) != 0 {
		t.Errorf("%+v %v", status, err)
	}
	w.until("a", runtime.Stopped)
}

func TestConnectorsSurviveARestart(t *testing.T) {
	dir := dataDir(t)
	w := newWorker(t, dir)
	w.create("running", "tasks.max", "2")
	w.create("paused", "tasks.max", "2")
	w.create("stopped")
	w.create("deleted")
	w.until("paused", run, run, run)
	must(t, w.Pause("paused"))
	must(t, w.Stop("stopped"))
	must(t, w.DeleteConnector("deleted"))
	member := w.tasks.get("running", 0).spec.InstanceID
	w.close()

	w = newWorker(t, dir)
	if got := w.Connectors(); !reflect.DeepEqual(got, []string{"paused", "running", "stopped"}) {
		t.Fatalf("connectors %v", got)
	}
	w.until("running", run, run, run)
	w.until("paused", hold, hold, hold)
	w.until("stopped", runtime.Stopped)
	if got := w.tasks.get("running", 0).spec.InstanceID; got != member || member == "" {
		t.Errorf("member id %q, then %q", member, got)
	}
}

// TestLoadedConnectorsAreThereBeforeTheyStart: a client that asks during the start of a worker must not be told that
// its connector is gone.
func TestLoadedConnectorsAreThereBeforeTheyStart(t *testing.T) {
	dir := dataDir(t)
	w := newWorker(t, dir)
	w.create("a", "file", "x")
	w.create("paused")
	must(t, w.Pause("paused"))
	w.close()

	s, err := store.Open(dir)
	must(t, err)
	defer s.Close()
	tasks := newFakeTasks(t)
	h := New(Options{Store: s, StartTask: tasks.start, Logger: w.opt.Logger})
	must(t, h.Load())
	status, err := h.ConnectorStatus("a")
	if err != nil || status.Connector.State != runtime.Unassigned || status.Type != "sink" {
		t.Errorf("a is %+v, %v", status, err)
	}
	if status, err := h.ConnectorStatus("paused"); err != nil || status.Connector.State != runtime.Paused {
		t.Errorf("paused is %+v, %v", status, err)
	}
	if config, err := h.ConnectorConfig("a"); err != nil || config["file"] != "x" || tasks.started() != 0 {
		t.Errorf("config %v, %v, %d tasks", config, err, tasks.started())
	}
	must(t, h.DeleteConnector("paused"))
	must(t, h.Start(t.Context(), nil))
	if got := h.Connectors(); !reflect.DeepEqual(got, []string{"a"}) {
		t.Errorf("connectors %v after the start", got)
	}
	must(t, h.Close(t.Context()))
}

func TestConnectorFileWinsOverTheStoredOne(t *testing.T) {
	dir := dataDir(t)
	w := newWorker(t, dir)
	w.create("a", "file", "stored")
	w.close()
	file := examine.ConnectorFile{Path: "a.json", Name: "a", Config: map[string]string{"name": "a", "connector.class": fakeClass, "topics": "t", "file": "given"}}
	w = newWorker(t, dir, file)
	w.until("a", run, run)
	if got := w.tasks.get("a", 0).spec.Props["file"]; got != "given" || w.tasks.started() != 1 {
		t.Errorf("the task runs with %q after %d starts", got, w.tasks.started())
	}
	w.close()
	w = newWorker(t, dir)
	if config, _ := w.ConnectorConfig("a"); config["file"] != "given" {
		t.Errorf("stored is %v", config)
	}
}

func TestBadConnectorFileStopsTheStart(t *testing.T) {
	s, err := store.Open(dataDir(t))
	must(t, err)
	defer s.Close()
	tasks := newFakeTasks(t)
	h := New(Options{Store: s, StartTask: tasks.start, Logger: newWorker(t, dataDir(t)).opt.Logger})
	err = h.Start(t.Context(), []examine.ConnectorFile{{Path: "a.json", Name: "a", Config: map[string]string{"connector.class": fakeClass}}})
	if file := new(examine.FileError); !errors.As(err, &file) || !strings.Contains(err.Error(), "a.json") || tasks.started() != 0 {
		t.Fatalf("%v, %d tasks", err, tasks.started())
	}
	must(t, h.Close(t.Context()))
}

func TestStoredConnectorThatCannotRun(t *testing.T) {
	dir := dataDir(t)
	s, err := store.Open(dir)
	must(t, err)
	must(t, s.Put(store.Connector{Name: "a", Config: map[string]string{"name": "a", "connector.class": "gone"}, Target: "RUNNING", Tasks: 1}))
	must(t, s.Close())
	w := newWorker(t, dir)
	w.create("b")
	w.until("b", run, run)
	w.until("a", runtime.Failed)
	status, _ := w.ConnectorStatus("a")
	if status.Type != "unknown" || !strings.Contains(status.Connector.Trace, "gone") {
		t.Errorf("%+v", status)
	}
	if _, err := w.RestartConnector(t.Context(), "a", false, false); err == nil || err.Error() != "Failed to start connector: a" {
		t.Errorf("restart answered %v", err)
	}
	_, _, err = w.PutConnectorConfig(t.Context(), "a", valid())
	must(t, err)
	w.until("a", run, run)
}

// brokenStore refuses every change.
type brokenStore struct{}

func (brokenStore) Load() ([]store.Connector, error) { return nil, nil }
func (brokenStore) Put(store.Connector) error        { return errors.New("disk full") }
func (brokenStore) Delete(string) error              { return errors.New("disk full") }

// fullStore is on a disk that is full.
type fullStore struct{ brokenStore }

func (fullStore) Put(store.Connector) error {
	return &fs.PathError{Op: "write", Path: "/secret/path", Err: syscall.ENOSPC}
}

func (fullStore) Delete(string) error {
	return &fs.PathError{Op: "sync", Path: "/secret/path", Err: syscall.ENOSPC}
}

func TestRefusedRequestsChangeNothing(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.create("a")
	w.until("a", run, run)
	before, _ := w.ConnectorInfo("a")
	w.opt.Store = brokenStore{}
	_, created, err := w.PutConnectorConfig(t.Context(), "a", valid("tasks.max", "5"))
	if err == nil || created {
		t.Error("an update was accepted without a disk")
	}
	if _, err := w.CreateConnector(t.Context(), "b", valid(), run); err == nil {
		t.Error("a connector was accepted without a disk")
	}
	if w.Pause("a") == nil || w.Stop("a") == nil || w.DeleteConnector("a") == nil {
		t.Error("a change of state was accepted without a disk")
	}
	if after, _ := w.ConnectorInfo("a"); !reflect.DeepEqual(after, before) {
		t.Errorf("%+v became %+v", before, after)
	}
	w.until("a", run, run)
}

func TestReadsDoNotWaitForASlowStop(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.create("a")
	w.until("a", run, run)
	w.tasks.mayStop = make(chan struct{})
	must(t, w.Stop("a"))
	w.until("a", runtime.Stopped)
	must(t, w.Resume("a"))
	w.until("a", run, runtime.Unassigned) // the successor waits for its number
	must(t, w.DeleteConnector("a"))
	w.create("a")
	w.until("a", run, runtime.Unassigned)
	close(w.tasks.mayStop)
	w.until("a", run, run)
	eventually(t, "one task runs", func() bool { return w.tasks.count() == 1 })
}

func TestCloseStopsAllTasksInOneGracefulTime(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.opt.Graceful = 50 * time.Millisecond
	w.create("a", "tasks.max", "20")
	w.until("a", run, slicesOf(run, 20)...)
	w.tasks.mayStop = make(chan struct{}) // nobody stops before the grace period ends
	w.close()
	if _, err := w.CreateConnector(context.Background(), "b", valid(), run); kindOf(err) != runtime.Unavailable {
		t.Errorf("after Close: %v", err)
	}
}

func slicesOf(s runtime.State, n int) []runtime.State {
	list := make([]runtime.State, n)
	for i := range list {
		list[i] = s
	}
	return list
}

func TestConcurrentVerbs(t *testing.T) {
	w := newWorker(t, dataDir(t))
	var wg sync.WaitGroup
	for i := range 4 {
		name := "c" + strconv.Itoa(i%2)
		wg.Go(func() {
			for j := range 10 {
				_, _, _ = w.PutConnectorConfig(context.Background(), name, valid("tasks.max", strconv.Itoa(1+j%3), "i", strconv.Itoa(i*100+j)))
				_ = w.Pause(name)
				_, _ = w.RestartConnector(context.Background(), name, true, false)
				_ = w.Resume(name)
				_ = w.Stop(name)
				_ = w.Resume(name)
				_, _ = w.ConnectorStatus(name)
				if j%7 == 0 {
					_ = w.DeleteConnector(name)
				}
			}
		})
	}
	wg.Wait()
	for _, name := range w.Connectors() {
		_, _, err := w.PutConnectorConfig(t.Context(), name, valid("tasks.max", "2"))
		must(t, err)
		must(t, w.Resume(name))
		w.until(name, run, run, run)
	}
	eventually(t, "only wanted tasks run", func() bool { return w.tasks.count() == 2*len(w.Connectors()) })
}

func TestLoggerNamesAreBounded(t *testing.T) {
	w := newWorker(t, dataDir(t))
	if _, err := w.SetLogger(strings.Repeat("x", 1000), "INFO"); err != nil {
		t.Error(err)
	}
	if _, err := w.SetLogger(strings.Repeat("x", 1001), "INFO"); kindOf(err) != runtime.BadRequest {
		t.Errorf("a name of 1001 bytes: %v", err)
	}
	if n := len(w.Loggers()); n > 10 {
		t.Errorf("%d loggers are known", n)
	}
}
