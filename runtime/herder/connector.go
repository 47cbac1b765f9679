package herder

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/redact"
	"github.com/sluice-connect/sluice/runtime/task"
	"github.com/sluice-connect/sluice/schemas/converter"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// connector is what the herder knows of one connector. Its fields are guarded by Herder.mu; maps are replaced, never
// changed.
type connector struct {
	h        *Herder
	name     string
	config   map[string]string
	target   runtime.State // Running, Paused or Stopped
	plugin   *connectors.Plugin
	tasksMax int
	enforce  bool   // tasks beyond tasksMax fail
	failure  string // why the connector itself cannot run, "" when it can
	// stale says that the tasks were made from an older configuration, which a paused connector keeps until resumed.
	stale  bool
	idle   int // tasks a restored connector gets at launch when it is paused
	slots  []*slot
	parked bool // restored or read from a file, not launched yet
	topics activeTopics
	hidden redact.Current // what references stand for, which texts about the connector do not show
	// stopWatch ends the watch over what the configuration refers to; nil when nothing is watched.
	stopWatch context.CancelFunc
}

// tasksAt is how many tasks the store shall remember for a target state, other than those a running one makes anew.
func (c *connector) tasksAt(target runtime.State) int {
	switch {
	case target == runtime.Stopped:
		return 0
	case c.parked && target == runtime.Paused:
		return c.idle
	}
	return len(c.slots)
}

// apply takes an examined configuration.
func (c *connector) apply(e *examine.Result) {
	c.config, c.plugin, c.tasksMax, c.enforce, c.failure = e.Config, e.Plugin, e.TasksMax, e.Enforce, ""
	if c.parked {
		return
	}
	c.h.opt.Metrics.ConnectorStarted(true)
	if c.target == runtime.Running {
		c.build(c.tasksMax)
	} else {
		c.stale = true
	}
}

// launch makes the tasks of a connector that Start has brought back.
func (c *connector) launch() {
	c.parked = false
	c.h.opt.Metrics.ConnectorStarted(c.failure == "")
	switch {
	case c.failure != "":
	case c.target == runtime.Running:
		c.build(c.tasksMax)
	case c.target == runtime.Paused:
		c.build(c.idle)
		c.stale = c.idle != c.tasksMax
	}
}

// retarget moves the connector to another target state.
func (c *connector) retarget(target runtime.State) {
	c.target = target
	switch {
	case c.parked || c.failure != "":
	case target == runtime.Stopped:
		c.build(0)
	case target == runtime.Running && (c.stale || len(c.slots) == 0):
		c.build(c.tasksMax)
	default:
		for _, s := range c.slots {
			s.set(func(w *want) { w.paused = target == runtime.Paused })
		}
	}
}

// build brings the connector to n tasks of its present configuration.
func (c *connector) build(n int) {
	if n > 0 && c.plugin == nil {
		return
	}
	for len(c.slots) > n {
		last := len(c.slots) - 1
		c.slots[last].set(func(w *want) { w.gone = true })
		c.slots = slices.Delete(c.slots, last, last+1)
	}
	c.stale = false
	defer c.keepFresh()
	if n == 0 {
		return
	}
	shown, props, refused := c.taskConfig(), c.config, c.excess(n)
	for i, s := range c.slots {
		s.set(func(w *want) { w.config, w.spec, w.paused = shown, c.spec(i, props), c.target == runtime.Paused })
		s.restart(runtime.Restarting, refused)
	}
	for i := len(c.slots); i < n; i++ {
		c.slots = append(c.slots, c.newSlot(i, shown, props, refused))
	}
}

// excess is why none of n tasks may run, "" when they may: there are more than tasks.max. That happens to a paused
// connector whose tasks.max is lowered, since it keeps its tasks until it is resumed.
func (c *connector) excess(n int) string {
	if !c.enforce || n <= c.tasksMax {
		return ""
	}
	return fmt.Sprintf("org.apache.kafka.connect.runtime.TooManyTasksException: connector %s has %d tasks and tasks.max is %d: "+
		"resume it, which gives it as many as it may have, or set tasks.max.enforce=false", c.name, n, c.tasksMax)
}

func (c *connector) newSlot(i int, shown, props map[string]string, refused string) *slot {
	id := runtime.TaskID{Connector: c.name, Task: i}
	own, sink := c.taskLoggers(i)
	s := &slot{h: c.h, id: id, c: c, wake: pace.NewSignal(), ended: make(chan struct{}), state: runtime.Unassigned, log: own, sinkLog: sink,
		want: want{run: 1, config: shown, spec: c.spec(i, props), paused: c.target == runtime.Paused, refused: refused}}
	if old := c.h.last[id]; old != nil {
		s.before = old.ended
	}
	c.h.last[id] = s
	c.h.goroutines.Add(1)
	go s.run()
	return s
}

func (c *connector) spec(i int, props map[string]string) task.Spec {
	return task.Spec{Connector: c.name, ID: i, Plugin: c.plugin, Props: props, Worker: c.h.opt.Worker, Settle: c.h.opt.Settle,
		InstanceID: memberID(c.h.opt.InstanceID, c.name, i), Topic: c.topics.add}
}

// taskConfig is the configuration that REST shows for a task.
func (c *connector) taskConfig() map[string]string {
	config := maps.Clone(c.config)
	config["task.class"] = c.plugin.TaskClass
	return config
}

// fullClasses replaces short converter names, so that whoever builds the converters need not know them.
func fullClasses(config map[string]string) map[string]string {
	out := maps.Clone(config)
	for _, key := range []string{"key.converter", "value.converter", "header.converter"} {
		if p, ok := converter.Lookup(out[key]); ok {
			out[key] = p.Class
		}
	}
	return out
}

func (c *connector) kind() string {
	if c.plugin == nil {
		return runtime.TypeUnknown
	}
	return runtime.TypeSink
}

func (c *connector) info() runtime.ConnectorInfo {
	info := runtime.ConnectorInfo{Name: c.name, Config: c.config, Tasks: []runtime.TaskID{}, Type: c.kind()}
	for _, s := range c.slots {
		info.Tasks = append(info.Tasks, s.id)
	}
	return info
}

func (c *connector) status() runtime.ConnectorStatus {
	state := runtime.StateInfo{State: c.target, WorkerID: c.h.opt.WorkerID, Version: c.version()}
	switch {
	case c.target != runtime.Running:
	case c.failure != "":
		state.State, state.Trace = runtime.Failed, c.failure
	case c.parked:
		state.State = runtime.Unassigned
	}
	status := runtime.ConnectorStatus{Name: c.name, Connector: state, Tasks: []runtime.TaskStatus{}, Type: c.kind()}
	for _, s := range c.slots {
		status.Tasks = append(status.Tasks, c.taskStatus(s))
	}
	return status
}

func (c *connector) taskStatus(s *slot) runtime.TaskStatus {
	return runtime.TaskStatus{ID: s.id.Task, StateInfo: runtime.StateInfo{State: s.state, WorkerID: c.h.opt.WorkerID, Trace: s.shownTrace(), Version: c.version()}}
}

func (c *connector) version() string {
	if c.plugin == nil {
		return ""
	}
	return examine.VersionOf(c.plugin, c.h.opt.Version)
}

// problem renders why an examined configuration cannot run, for the trace of a FAILED connector.
func problem(e *examine.Result, err error) string {
	if err != nil {
		return err.Error()
	}
	return strings.Join(e.Messages(), "\n")
}
