// Package herder keeps connector configurations, runs their tasks and knows what state they are in.
package herder

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/loggers"
	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/runtime/store"
	"github.com/sluice-connect/sluice/runtime/task"
)

// Store keeps connectors over restarts. Put and Delete return when the change is durable.
type Store interface {
	Load() ([]store.Connector, error)
	Put(store.Connector) error
	Delete(name string) error
}

// Options are what a herder works with.
type Options struct {
	Worker     map[string]string // the worker's properties
	Store      Store
	WorkerID   string // host:port, for status answers
	InstanceID string // names this worker in consumer groups; stable over restarts
	Version    string
	Commit     string
	// Graceful is the time all tasks together have to stop.
	Graceful time.Duration
	// Settle is task.Spec.Settle of all tasks.
	Settle time.Duration
	// StartTask starts a task and returns at once.
	StartTask func(task.Spec) Task
	// CheckTask says why a task cannot be made of a Spec, without starting it; nil for a worker whose tasks always can.
	CheckTask func(task.Spec) error
	// Resolve replaces references to config providers by what they stand for; nil leaves them as they are. What it
	// returns is seen by validators and tasks only: answers show what the user wrote.
	Resolve func(context.Context, map[string]string) (map[string]string, error)
	// Lifetime returns how long what a configuration refers to may be used before it is looked up again; 0 and a nil
	// function mean for ever.
	Lifetime func(map[string]string) time.Duration
	// Offsets reads and changes committed offsets; nil for a worker without Kafka.
	Offsets Offsets
	// ClusterID asks Kafka for the id of the cluster; nil leaves the id empty.
	ClusterID func(context.Context) (string, error)
	// Metrics counts what tasks do and how starts end; nil counts nothing.
	Metrics *metrics.Registry
	// Loggers has the loggers of tasks and sinks, and the levels that clients may change; nil for a tree of its own that
	// writes where Logger does.
	Loggers *loggers.Tree
	Logger  *slog.Logger
}

// Herder runs the connectors of a standalone worker.
//
// Two locks: change serialises everything that changes a connector and is held while the store writes; mu guards the
// memory and is held for moments only, so that reads never wait for a disk, a sink or a stopping task.
type Herder struct {
	opt      Options
	examiner examine.Examiner

	change turn
	mu     sync.RWMutex
	// Guarded by mu; written only with change held as well.
	connectors map[string]*connector
	loaded     bool
	closing    bool
	// last has the newest slot of every task number whose goroutine still lives. Guarded by mu.
	last map[runtime.TaskID]*slot

	goroutines sync.WaitGroup // those of slots, of watches and of giveBack
	taskGone   chan struct{}  // a slot has ended
	started    atomic.Bool
	doing      atomic.Pointer[stage] // what holds change

	// life ends when Close begins to wait for tasks: what delays their start or end then gives up.
	life    context.Context
	endLife context.CancelFunc

	cluster     atomic.Pointer[string]
	stopCluster context.CancelFunc
	clusterDone chan struct{}
	// clusterTrouble is what was last said about the cluster; it belongs to the goroutine that asks.
	clusterTrouble string
}

// New returns a herder that answers but runs nothing until Start.
func New(opt Options) *Herder {
	if opt.Loggers == nil && opt.Logger != nil {
		opt.Loggers = loggers.New(opt.Logger.Handler())
	}
	h := &Herder{opt: opt, examiner: examine.Examiner{Worker: opt.Worker, Version: opt.Version, Resolve: opt.Resolve}, change: newTurn(), connectors: map[string]*connector{}, last: map[runtime.TaskID]*slot{}, taskGone: make(chan struct{}, 1)}
	h.life, h.endLife = context.WithCancel(context.Background())
	return h
}

// Load makes the stored connectors visible, so that no client is told that one of them does not exist: call it before
// serving requests. It waits for the store only. A second call does nothing.
func (h *Herder) Load() error {
	h.take("starting")
	defer h.end()
	return h.load()
}

// Start checks the loaded connectors, lets those of files win, and starts them. It does not wait for Kafka. On an error
// nothing was started.
func (h *Herder) Start(ctx context.Context, files []examine.ConnectorFile) error {
	h.take("starting")
	defer h.end()
	if err := h.load(); err != nil {
		return err
	}
	for _, c := range h.parked() {
		h.recheck(ctx, c)
	}
	for _, f := range files {
		if err := h.applyFile(ctx, f); err != nil {
			return &examine.FileError{Err: err}
		}
	}
	h.mu.Lock()
	for _, c := range h.connectors {
		if c.parked {
			c.launch()
		}
	}
	h.mu.Unlock()
	h.goroutines.Add(1)
	go h.giveBack()
	h.watchCluster()
	h.started.Store(true)
	return nil
}

// Started reports whether Start has done its work.
func (h *Herder) Started() bool { return h.started.Load() }

// Close refuses further changes, stops all tasks at once within the graceful time and waits for them. ctx bounds the
// wait for tasks that do not end even then.
func (h *Herder) Close(ctx context.Context) error {
	h.take("shutting down")
	h.mu.Lock()
	h.closing = true
	for _, s := range h.last {
		s.set(func(w *want) { w.gone = true })
	}
	h.mu.Unlock()
	h.end()
	h.endLife()
	if h.stopCluster != nil {
		h.stopCluster()
		<-h.clusterDone
	}
	ended := make(chan struct{})
	go func() {
		h.goroutines.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop tasks: %d did not end: %w", h.leftovers(), ctx.Err())
	}
}

// leftovers names the tasks that did not end.
func (h *Herder) leftovers() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for id := range h.last {
		h.opt.Logger.Error(fmt.Sprintf("Graceful stop of task %s failed.", id), "connector", id.Connector, "task", id.Task)
	}
	return len(h.last)
}

// forget takes an ended slot out of the books.
func (h *Herder) forget(s *slot) {
	h.mu.Lock()
	if h.last[s.id] == s {
		delete(h.last, s.id)
	}
	h.mu.Unlock()
	close(s.ended)
	select {
	case h.taskGone <- struct{}{}:
	default:
	}
}

func (h *Herder) find(name, missing string) (*connector, error) {
	if c, ok := h.connectors[name]; ok {
		return c, nil
	}
	return nil, runtime.Errorf(runtime.NotFound, missing, name)
}
