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
)

// vault resolves ${v} to a value that changes, for a lifetime of a millisecond.
type vault struct {
	mu    sync.Mutex
	value string
	err   error
	asked map[string]int // by the name of the connector
}

func (v *vault) set(value string, err error) {
	v.mu.Lock()
	v.value, v.err = value, err
	v.mu.Unlock()
}

func (v *vault) resolve(_ context.Context, config map[string]string) (map[string]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked[config["name"]]++
	if v.err != nil {
		return nil, v.err
	}
	out := maps.Clone(config)
	for name, text := range out {
		out[name] = strings.ReplaceAll(text, "${v}", v.value)
	}
	return out, nil
}

func (v *vault) count(connector string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.asked[connector]
}

// looks waits until the vault has been asked twice more for a connector: once at least for what it holds now.
func (v *vault) looks(w *worker, connector string) {
	w.t.Helper()
	before := v.count(connector)
	w.eventually("two more looks", func() bool { return v.count(connector) >= before+2 })
}

func (v *vault) lifetime(config map[string]string) time.Duration {
	for _, text := range config {
		if strings.Contains(text, "${v}") {
			return time.Millisecond
		}
	}
	return 0
}

func watched(t *testing.T) (*worker, *vault) {
	w := newWorker(t, t.TempDir())
	v := &vault{value: "old", asked: map[string]int{}}
	w.examiner.Resolve, w.opt.Lifetime = v.resolve, v.lifetime
	return w, v
}

func (w *worker) has(name string, n int, value string) func() bool {
	return func() bool {
		running := w.tasks.get(name, n)
		return running != nil && running.spec.Props["file"] == value
	}
}

func TestTasksGetSecretsThatHaveChanged(t *testing.T) {
	w, v := watched(t)
	w.create("a", "file", "${v}", "tasks.max", "2")
	w.until("a", runtime.Running, runtime.Running, runtime.Running)
	v.looks(w, "a")
	if n := w.tasks.started(); n != 2 {
		t.Errorf("%d starts although nothing has changed", n)
	}
	v.set("", errors.New("the vault is away"))
	v.looks(w, "a")
	if n := w.tasks.started(); n != 2 {
		t.Errorf("%d starts while the vault is away", n)
	}
	v.set("new", nil)
	w.eventually("both tasks with the new value", func() bool { return w.has("a", 0, "new")() && w.has("a", 1, "new")() })
	w.until("a", runtime.Running, runtime.Running, runtime.Running)
	v.looks(w, "a")
	if n := w.tasks.started(); n != 4 {
		t.Errorf("%d starts, want one more of each task", n)
	}
	if err := w.Pause("a"); err != nil {
		t.Fatal(err)
	}
	v.set("newer", nil)
	w.eventually("the paused task with the newer value", w.has("a", 0, "newer"))
	w.until("a", runtime.Paused, runtime.Paused, runtime.Paused)
}

// TestNothingIsWatchedInVain: neither what does not refer to anything or says none, nor what has no tasks any more.
func TestNothingIsWatchedInVain(t *testing.T) {
	for name, c := range map[string]struct {
		config []string
		end    func(*worker) error
	}{
		"none":         {[]string{"file", "${v}", "config.action.reload", "none"}, nil},
		"no reference": {[]string{"file", "x"}, nil},
		"deleted":      {[]string{"file", "${v}"}, func(w *worker) error { return w.DeleteConnector("a") }},
		"stopped":      {[]string{"file", "${v}"}, func(w *worker) error { return w.Stop("a") }},
		"changed": {[]string{"file", "${v}"}, func(w *worker) error {
			_, _, err := w.PutConnectorConfig(w.t.Context(), "a", valid("file", "x"))
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w, v := watched(t)
			w.create("a", c.config...)
			w.until("a", runtime.Running, runtime.Running)
			w.create("other", "file", "${v}") // its looks are the clock
			if c.end != nil {
				if err := c.end(w); err != nil {
					t.Fatal(err)
				}
			}
			w.until("other", runtime.Running, runtime.Running)
			v.set("new", nil)
			w.eventually("the other's new value", w.has("other", 0, "new"))
			w.eventually("the watch to be over", func() bool {
				before := v.count("a")
				for range 20 {
					v.looks(w, "other")
				}
				return v.count("a") == before
			})
			if w.has("a", 0, "new")() {
				t.Error("the task has the new value")
			}
		})
	}
}

func TestWatchEndsWithTheWorker(t *testing.T) {
	w, v := watched(t)
	w.create("a", "file", "${v}")
	w.until("a", runtime.Running, runtime.Running)
	if err := w.Stop("a"); err != nil {
		t.Fatal(err)
	}
	if err := w.Resume("a"); err != nil {
		t.Fatal(err)
	}
	w.until("a", runtime.Running, runtime.Running)
	v.set("new", nil)
	w.eventually("the new value after a stop", w.has("a", 0, "new"))
	w.close() // the suite's leak check finds a watch that goes on
}
