package sinktest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// bench is one case's target with the tasks that write to it.
type bench struct {
	t     *testing.T
	s     Subject
	props map[string]string

	mu   sync.Mutex
	open []*task
}

func newBench(t *testing.T, s Subject) *bench {
	t.Helper()
	return &bench{t: t, s: s, props: s.Fresh(t)}
}

// stored asks the target.
func (b *bench) stored() []string {
	b.t.Helper()
	return b.s.Stored(b.t, b.props)
}

// config parses the properties as the runtime does before it starts a task.
func (b *bench) config() (connectors.Config, error) {
	v, problems := b.s.Connector.Config().Parse(b.props)
	if len(problems) > 0 {
		return connectors.Config{}, fault("refuses the properties of Fresh: %v", problems)
	}
	return connectors.Config{Values: v, Name: "sinktest", Topics: []string{Topic}}, nil
}

// task is a running task and the wake signals of its writers.
type task struct {
	connectors.Task
	bench  *bench
	misuse atomic.Bool // a lent value was used after Write

	mu     sync.Mutex
	wakes  map[schemas.TopicPartition]pace.Signal
	closed bool
}

func (b *bench) start(ctx context.Context) (*task, error) {
	cfg, err := b.config()
	if err != nil {
		return nil, err
	}
	k := &task{bench: b, wakes: map[schemas.TopicPartition]pace.Signal{}}
	tc := connectors.TaskContext{
		Connector:     cfg.Name,
		Task:          b.enter(k),
		Logger:        slog.New(slog.DiscardHandler),
		Wake:          k.wake,
		RequestCommit: func() {},
	}
	startCtx, cancel := context.WithTimeout(ctx, patience)
	defer cancel() // NewTask must not tie the task to the context of its start
	k.Task, err = b.s.Connector.NewTask(startCtx, tc, cfg)
	if err != nil {
		k.closed = true
		return nil, fault("NewTask: %w", err)
	}
	return k, nil
}

// enter has k closed at the end of the case, and returns its number.
func (b *bench) enter(k *task) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = append(b.open, k)
	return len(b.open) - 1
}

func (k *task) wake(tp schemas.TopicPartition) { k.signal(tp).Set() }

func (k *task) signal(tp schemas.TopicPartition) pace.Signal {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.wakes[tp] == nil {
		k.wakes[tp] = pace.NewSignal()
	}
	return k.wakes[tp]
}

// end closes the task once.
func (k *task) end(ctx context.Context) error {
	if k.closed {
		return nil
	}
	k.closed = true
	if err := within("Task.Close", func() error { return k.Close(ctx) }); err != nil {
		return err
	}
	if k.misuse.Load() {
		return errMisuse
	}
	return nil
}

// closeTasks ends what a case left open, as after a failure.
func (b *bench) closeTasks() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, k := range b.open {
		_ = k.end(ctx)
	}
}

// within runs f and complains when it does not return in time. The goroutine is then lost with the test.
func within(what string, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil {
			return fault("%s: %w", what, err)
		}
		return nil
	case <-timer.C:
		return fault("%s does not return", what)
	}
}

var errMisuse = fault("used a value of a batch after Write had returned")

// fault describes what the sink did.
func fault(format string, args ...any) error { return fmt.Errorf("the sink "+format, args...) }

func partition(n int32) schemas.TopicPartition {
	return schemas.TopicPartition{Topic: Topic, Partition: n}
}
