package herder

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/store"
)

// journal keeps what a herder logs.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// take returns the lines with a text, and forgets all.
func (j *journal) take(with string) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []string
	for line := range strings.Lines(j.text.String()) {
		if strings.Contains(line, with) {
			found = append(found, line)
		}
	}
	j.text.Reset()
	return found
}

func journalled(t *testing.T, dir string) (*worker, *journal) {
	w, j := newWorker(t, dir), &journal{}
	w.opt.Logger = slog.New(slog.NewTextHandler(j, nil))
	return w, j
}

func TestSettingsThatNothingReadsAreNamed(t *testing.T) {
	const says = "settings that nothing reads"
	odd := []string{"flush.sise", "canary", "confluent.license", "canary",
		// these are read
		"file", "x", "tasks.max", "1", "errors.tolerance", "all", "value.converter", "FakeConverter", "value.converter.schemas.enable", "false",
		"consumer.override.made.up", "1", "producer.override.x", "1", "admin.override.x", "1", "config.action.reload", "none"}
	dir := dataDir(t)
	w, j := journalled(t, dir)
	expect := func(step string, want int) {
		t.Helper()
		lines := j.take(says)
		if len(lines) != want {
			t.Fatalf("%s: %d lines, want %d: %s", step, len(lines), want, lines)
		}
		if want > 0 && (!strings.Contains(lines[0], "[confluent.license flush.sise]") || !strings.Contains(lines[0], "connector=a") || strings.Contains(lines[0], "canary")) {
			t.Errorf("%s: %s", step, lines[0])
		}
	}
	w.create("good", "file", "x")
	expect("nothing odd", 0)
	w.create("a", odd...)
	expect("create", 1)
	if _, _, err := w.PutConnectorConfig(t.Context(), "a", valid(odd...)); err != nil {
		t.Fatal(err)
	}
	expect("no change", 0)
	if _, _, err := w.PutConnectorConfig(t.Context(), "a", valid(append(odd, "size", "2")...)); err != nil {
		t.Fatal(err)
	}
	expect("update", 1)
	w.until("a", runtime.Running, runtime.Running)
	if err := w.RestartTask(t.Context(), runtime.TaskID{Connector: "a", Task: 0}); err != nil {
		t.Fatal(err)
	}
	expect("restart of a task", 0)
	w.close()

	s, err := store.Open(dir)
	must(t, err)
	defer func() { _ = s.Close() }()
	w.Herder = New(Options{Worker: w.opt.Worker, Store: s, StartTask: w.tasks.start, Graceful: w.opt.Graceful, Logger: slog.New(slog.NewTextHandler(j, nil))})
	if err := w.Start(t.Context(), []examine.ConnectorFile{{Path: "f", Name: "good", Config: map[string]string{"connector.class": fakeClass, "topics": "t", "name": "good"}}}); err != nil {
		t.Fatal(err)
	}
	expect("start of the worker", 1)
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAnswersSayWhyNothingIsStored(t *testing.T) {
	w, j := journalled(t, dataDir(t))
	w.create("a")
	w.opt.Store = fullStore{}
	_, created := w.CreateConnector(t.Context(), "b", valid(), runtime.Running)
	_, _, put := w.PutConnectorConfig(t.Context(), "a", valid("size", "2"))
	for step, err := range map[string]error{"create": created, "put": put, "pause": w.Pause("a"), "delete": w.DeleteConnector("a")} {
		if kindOf(err) != runtime.Internal || !strings.Contains(err.Error(), "the disk of its data directory is full") || strings.Contains(err.Error(), "/secret/path") {
			t.Errorf("%s: %v", step, err)
		}
	}
	if lines := j.take("/secret/path"); len(lines) != 4 {
		t.Errorf("the log has %d lines about the file, want 4", len(lines))
	}
}
