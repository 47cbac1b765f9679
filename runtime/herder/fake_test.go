package herder

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/store"
	"github.com/sluice-connect/sluice/runtime/task"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	fakeClass = "org.example.fake.FakeSinkConnector"
	fakeConv  = "org.example.fake.FakeConverter"
)

// fakeSink is a connector class; its Check complains when a value asks for it.
type fakeSink struct{}

var fakeDef = cd.New(
	cd.Key{Name: "file", Type: cd.String, Null: true, Importance: cd.High, Doc: "A file."},
	cd.Key{Name: "secret", Type: cd.Password, Null: true, Importance: cd.High, Doc: "A password."},
	cd.Key{Name: "size", Type: cd.Int, Default: "1", Valid: cd.AtLeast(1), Doc: "A size."},
)

func (fakeSink) Config() *cd.Def { return fakeDef }

func (fakeSink) Check(_ context.Context, cfg connectors.Config) []cd.Problem {
	if cfg.String("file") == "refused" {
		return []cd.Problem{{Key: "file", Message: "The file is refused"}, {Key: "elsewhere", Message: "Another problem"}}
	}
	return nil
}

func (fakeSink) NewTask(context.Context, connectors.TaskContext, connectors.Config) (connectors.Task, error) {
	return nil, errors.New("not used")
}

func init() {
	connectors.Register(connectors.Plugin{Class: fakeClass, TaskClass: "org.example.fake.FakeSinkTask", Connector: fakeSink{}})
	converter.Register(converter.Plugin{Class: fakeConv, Value: true, Header: true, Version: "9",
		Config: func() *cd.Def {
			return cd.New(cd.Key{Name: "schemas.enable", Type: cd.Boolean, Default: "true"}, cd.Key{Name: "decimal.format", Type: cd.Boolean, Default: "true"})
		}})
}

// fakeTask does what its cluster of tasks tells it to.
type fakeTask struct {
	spec task.Spec
	all  *fakeTasks
	done chan struct{}
	once sync.Once
}

func (t *fakeTask) Pause()                { t.spec.Report(runtime.Paused, "") }
func (t *fakeTask) Resume()               { t.spec.Report(runtime.Running, "") }
func (t *fakeTask) Done() <-chan struct{} { return t.done }

func (t *fakeTask) Stop(ctx context.Context) {
	select {
	case <-t.all.mayStop:
	case <-ctx.Done():
	}
	t.end()
}

func (t *fakeTask) end() {
	t.once.Do(func() {
		t.all.mu.Lock()
		delete(t.all.running, t.id())
		t.all.mu.Unlock()
		close(t.done)
	})
}

func (t *fakeTask) fail(trace string) {
	t.spec.Report(runtime.Failed, trace)
	t.end()
}

func (t *fakeTask) id() runtime.TaskID {
	return runtime.TaskID{Connector: t.spec.Connector, Task: t.spec.ID}
}

// fakeTasks starts fake tasks and watches that no task number runs twice.
type fakeTasks struct {
	t       *testing.T
	mu      sync.Mutex
	running map[runtime.TaskID]*fakeTask
	starts  int
	mayStop chan struct{} // closed: tasks stop at once
}

func newFakeTasks(t *testing.T) *fakeTasks {
	f := &fakeTasks{t: t, running: map[runtime.TaskID]*fakeTask{}, mayStop: make(chan struct{})}
	close(f.mayStop)
	return f
}

func (f *fakeTasks) start(s task.Spec) Task {
	t := &fakeTask{spec: s, all: f, done: make(chan struct{})}
	f.mu.Lock()
	if f.running[t.id()] != nil {
		f.t.Errorf("task %s runs twice", t.id())
	}
	f.running[t.id()] = t
	f.starts++
	f.mu.Unlock()
	if s.Paused {
		s.Report(runtime.Paused, "")
	} else {
		s.Report(runtime.Running, "")
	}
	return t
}

func (f *fakeTasks) get(connector string, n int) *fakeTask {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.running[runtime.TaskID{Connector: connector, Task: n}]
}

func (f *fakeTasks) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.running)
}

func (f *fakeTasks) started() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.starts
}

// worker is a herder over a store directory with fake tasks.
type worker struct {
	*Herder
	tasks *fakeTasks
	dir   string
	store *store.Store
	t     *testing.T
}

func newWorker(t *testing.T, dir string, files ...examine.ConnectorFile) *worker {
	t.Helper()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := &worker{tasks: newFakeTasks(t), dir: dir, store: s, t: t}
	w.Herder = New(Options{Worker: map[string]string{"key.converter": fakeConv, "value.converter": fakeConv}, Store: s, WorkerID: "w:1",
		InstanceID: s.InstanceID(), Version: "v", Graceful: 5 * time.Second, StartTask: w.tasks.start, Logger: slog.New(slog.DiscardHandler)})
	if err := w.Start(t.Context(), files); err != nil {
		_ = s.Close()
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	return w
}

func (w *worker) close() {
	if w.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := w.Close(ctx); err != nil {
		w.t.Error(err)
	}
	if n := w.tasks.count(); n != 0 {
		w.t.Errorf("%d tasks run after Close", n)
	}
	_ = w.store.Close()
	w.store = nil
}

// kindOf returns the kind of err, Internal for errors that have none.
func kindOf(err error) runtime.Kind {
	var e *runtime.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return runtime.Internal
}

func dataDir(t *testing.T) string { return filepath.Join(t.TempDir(), "data") }

func valid(extra ...string) runtime.RawConfig {
	config := map[string]string{"connector.class": fakeClass, "topics": "t"}
	for i := 0; i+1 < len(extra); i += 2 {
		config[extra[i]] = extra[i+1]
	}
	return runtime.Raw(config)
}

func (w *worker) create(name string, extra ...string) {
	w.t.Helper()
	if _, err := w.CreateConnector(w.t.Context(), name, valid(extra...), runtime.Running); err != nil {
		w.t.Fatal(err)
	}
}

// until polls until the connector and its tasks have exactly these states.
func (w *worker) until(name string, connector runtime.State, tasks ...runtime.State) {
	w.t.Helper()
	var last runtime.ConnectorStatus
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		status, err := w.ConnectorStatus(name)
		if err != nil {
			w.t.Fatal(err)
		}
		last = status
		same := status.Connector.State == connector && len(status.Tasks) == len(tasks)
		for i := 0; same && i < len(tasks); i++ {
			same = status.Tasks[i].State == tasks[i] && status.Tasks[i].ID == i
		}
		if same {
			return
		}
	}
	w.t.Fatalf("never reached %s %v; last %+v", connector, tasks, last)
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if cond() {
			return
		}
	}
	t.Fatalf("never came true: %s", what)
}

// eventually polls until something has happened.
func (w *worker) eventually(what string, happened func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s did not come true", what)
		}
	}
}

// Names and texts of answers, as clients see them.
const (
	dlqTopic                 = "errors.deadletterqueue.topic.name"
	pluginVersion            = "connector.plugin.version"
	consumerOverride         = "consumer.override."
	converterInterface       = "org.apache.kafka.connect.storage.Converter"
	headerConverterInterface = "org.apache.kafka.connect.storage.HeaderConverter"
	notNull                  = "Null value can not be supplied as the configuration value."
)
