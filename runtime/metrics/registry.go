// Package metrics counts what tasks do and shows it, under the names of Kafka Connect, to Prometheus.
package metrics

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Registry holds the metrics of the tasks of a worker and counts how starts end. Its methods may be called from any
// goroutine; those of a nil Registry do nothing.
type Registry struct {
	clock clock

	connectorStarts starts
	taskStarts      starts

	mu    sync.Mutex // taken when tasks come and go, and by scrapes
	tasks map[taskKey]*Task
}

type taskKey struct {
	connector string
	task      int
}

// clock counts ms. It begins well after zero, which stands for never.
type clock struct {
	now   func() time.Time
	start time.Time
}

const clockStart = 1

func (c *clock) ms() int64 { return c.now().Sub(c.start).Milliseconds() + clockStart }

// NewRegistry returns a registry without tasks.
func NewRegistry() *Registry { return newRegistry(time.Now) }

func newRegistry(now func() time.Time) *Registry {
	return &Registry{clock: clock{now: now, start: now()}, tasks: map[taskKey]*Task{}}
}

// Task returns the metrics of a new run of a task, all at zero. They are shown in place of those of the run before,
// until Remove.
func (r *Registry) Task(connector string, task int) *Task {
	if r == nil {
		return Detached()
	}
	t := newTask(r, connector, task)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tasks[t.key] = t
	return t
}

// Remove ends the series of t, unless another run has taken its place. Connect keeps those of a task that failed until
// the task is removed from the worker.
func (r *Registry) Remove(t *Task) {
	if r == nil || t == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tasks[t.key] == t {
		delete(r.tasks, t.key)
	}
}

// Detached returns the metrics of a task that nobody looks at.
func Detached() *Task { return newTask(NewRegistry(), "", 0) }

// ConnectorStarted counts a start of a connector by how it ended.
func (r *Registry) ConnectorStarted(ok bool) {
	if r != nil {
		r.connectorStarts.note(r.clock.ms(), ok)
	}
}

// sorted returns the tasks in the order in which they are shown.
func (r *Registry) sorted() []*Task {
	r.mu.Lock()
	list := make([]*Task, 0, len(r.tasks))
	for _, t := range r.tasks {
		list = append(list, t)
	}
	r.mu.Unlock()
	slices.SortFunc(list, func(a, b *Task) int {
		return cmp.Or(cmp.Compare(a.key.connector, b.key.connector), cmp.Compare(a.key.task, b.key.task))
	})
	return list
}
