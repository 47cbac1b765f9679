package task

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"go.uber.org/goleak"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/deploy/local/kafka"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/configdef"
	_ "github.com/sluice-connect/sluice/schemas/converter/json"
	_ "github.com/sluice-connect/sluice/schemas/converter/raw"
)

func TestMain(m *testing.M) {
	// One history a test: each takes as long as its events take. The command line may ask for more.
	if err := errors.Join(flag.Set("rapid.checks", "1"), flag.Set("rapid.shrinktime", "0s")); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// script is a sink that does what a test says; nil hooks accept everything at once.
type script struct {
	cuts    bool // its writers want to begin where they named a position
	mu      sync.Mutex
	offsets []int64 // accepted, in order
	reasons []connectors.CloseReason
	commits []int64 // as told to Committed
	tc      connectors.TaskContext

	start func() error
	open  func(ctx context.Context, from int64) error // called without the lock
	write func(batch []schemas.Record) (int, error)
	// writeUntil replaces write for calls that hang; it is called without the lock.
	writeUntil func(ctx context.Context, batch []schemas.Record) (int, error)
	quick      func(batch []schemas.Record) int // instead of write, without the lock or the list of offsets
	advance    func(now time.Time) (time.Time, error)
	pending    func() (int64, bool)
	close      func(ctx context.Context, reason connectors.CloseReason) error
}

func (s *script) Config() *configdef.Def { return configdef.New() }

func (s *script) Check(context.Context, connectors.Config) []configdef.Problem { return nil }

func (s *script) NewTask(_ context.Context, tc connectors.TaskContext, _ connectors.Config) (connectors.Task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tc = tc
	if s.start != nil {
		if err := s.start(); err != nil {
			return nil, err
		}
	}
	return scriptTask{s}, nil
}

type scriptTask struct{ *script }

func (t scriptTask) Open(ctx context.Context, _ schemas.TopicPartition, from int64) (connectors.Writer, error) {
	if t.open != nil {
		if err := t.open(ctx, from); err != nil {
			return nil, err
		}
	}
	return scriptWriter(t), nil
}

func (scriptTask) Close(context.Context) error { return nil }

type scriptWriter struct{ *script }

func (w scriptWriter) Write(ctx context.Context, batch []schemas.Record) (int, error) {
	if w.writeUntil != nil {
		return w.writeUntil(ctx, batch)
	}
	if w.quick != nil {
		return w.quick(batch), nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := len(batch), error(nil)
	if w.write != nil {
		n, err = w.write(batch)
	}
	for _, r := range batch[:max(min(n, len(batch)), 0)] {
		w.offsets = append(w.offsets, r.Offset)
	}
	return n, err
}

func (w scriptWriter) Advance(_ context.Context, now time.Time) (time.Time, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.advance != nil {
		return w.advance(now)
	}
	return time.Time{}, nil
}

func (w scriptWriter) Pending() (int64, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pending != nil {
		return w.pending()
	}
	return 0, false
}

func (w scriptWriter) AnyStart() bool { return !w.cuts }

func (w scriptWriter) Committed(next int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.commits = append(w.commits, next)
}

func (w scriptWriter) Close(ctx context.Context, reason connectors.CloseReason) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reasons = append(w.reasons, reason)
	if w.close != nil {
		return w.close(ctx, reason)
	}
	return nil
}

// heard returns what Committed was called with.
func (s *script) heard() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int64(nil), s.commits...)
}

func (s *script) accepted() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int64(nil), s.offsets...)
}

// rig is a task on an embedded broker with topic t of one partition.
type rig struct {
	t      testing.TB
	broker *kafka.Broker
	task   *SinkTask
	mu     sync.Mutex
	states []runtime.State
	trace  string
}

func newRig(t *testing.T, values ...string) *rig {
	t.Helper()
	b, err := kafka.Start(kafka.Config{Topics: map[string]int32{"t": 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	r := &rig{t: t, broker: b}
	r.produce(values...)
	return r
}

func (r *rig) produce(values ...string) {
	r.t.Helper()
	messages := make([]*sarama.ProducerMessage, len(values))
	for i, v := range values {
		messages[i] = &sarama.ProducerMessage{Topic: "t", Value: sarama.StringEncoder(v)}
	}
	r.send(messages...)
}

func (r *rig) send(messages ...*sarama.ProducerMessage) {
	r.t.Helper()
	conf := sarama.NewConfig()
	conf.Version = sarama.V2_8_0_0
	conf.Producer.Return.Successes = true
	p, err := sarama.NewSyncProducer([]string{r.broker.Addr}, conf)
	if err != nil {
		r.t.Fatal(err)
	}
	defer p.Close()
	for _, m := range messages {
		if _, _, err := p.SendMessage(m); err != nil {
			r.t.Fatal(err)
		}
	}
}

// run starts the task; it is stopped when the test ends.
func (r *rig) run(s *script, props map[string]string, change func(*Spec)) {
	r.t.Helper()
	all := map[string]string{"topics": "t", "consumer.override.heartbeat.interval.ms": "50", "consumer.override.fetch.max.wait.ms": "20"}
	for k, v := range props {
		all[k] = v
	}
	spec := Spec{Connector: "c", Plugin: &connectors.Plugin{Class: "script", Connector: s}, Props: all,
		Worker: map[string]string{"bootstrap.servers": r.broker.Addr, "key.converter": "org.apache.kafka.connect.storage.StringConverter",
			"value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "false", "offset.flush.interval.ms": "30"},
		Logger: slog.New(slog.DiscardHandler),
		Report: func(st runtime.State, trace string) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.states, r.trace = append(r.states, st), trace
		}}
	if change != nil {
		change(&spec)
	}
	task := Start(spec)
	r.task = task
	r.t.Cleanup(func() { stopTask(task) })
}

func stopTask(t *SinkTask) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	t.Stop(ctx)
}

func (r *rig) state() runtime.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.states) == 0 {
		return runtime.Unassigned
	}
	return r.states[len(r.states)-1]
}

func (r *rig) failedWith(parts ...string) {
	r.t.Helper()
	eventually(r.t, "state FAILED", func() bool { return r.state() == runtime.Failed })
	<-r.task.Done()
	for _, p := range parts {
		if !strings.Contains(r.trace, p) {
			r.t.Errorf("trace lacks %q:\n%s", p, r.trace)
		}
	}
}

// committed is the group's offset, -1 for none.
func (r *rig) committed() int64 {
	r.t.Helper()
	conf := sarama.NewConfig()
	conf.Version = sarama.V2_8_0_0
	admin, err := sarama.NewClusterAdmin([]string{r.broker.Addr}, conf)
	if err != nil {
		r.t.Fatal(err)
	}
	defer admin.Close()
	res, err := admin.ListConsumerGroupOffsets("connect-c", map[string][]int32{"t": {0}})
	if err != nil || res.GetBlock("t", 0) == nil {
		return -1
	}
	return res.GetBlock("t", 0).Offset
}

func (r *rig) waitCommitted(want int64) {
	r.t.Helper()
	eventually(r.t, fmt.Sprintf("committed offset %d", want), func() bool { return r.committed() == want })
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come true in time", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// numbers returns n JSON documents.
func numbers(n int) []string {
	v := make([]string, n)
	for i := range v {
		v[i] = fmt.Sprintf(`{"n":%d}`, i)
	}
	return v
}
