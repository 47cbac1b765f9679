package herder

import (
	"context"
	"maps"
	"time"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/task"
)

// RestartConnector restarts the connector and, with includeTasks, its tasks; with onlyFailed those that are FAILED.
// The answer is the status with RESTARTING where something is restarted, and why it had failed.
func (h *Herder) RestartConnector(ctx context.Context, name string, includeTasks, onlyFailed bool) (runtime.ConnectorStatus, error) {
	c, e, err := h.beginRestart(ctx, name)
	if err != nil {
		return runtime.ConnectorStatus{}, err
	}
	defer h.end()
	failure := c.failure
	if failure != "" {
		h.mu.Lock()
		c.apply(e)
		h.mu.Unlock()
	} else if !onlyFailed {
		h.opt.Metrics.ConnectorStarted(true)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	failed := map[int]string{}
	for _, s := range c.slots {
		if includeTasks && (!onlyFailed || s.state == runtime.Failed) {
			failed[s.id.Task] = s.trace
			s.restart(runtime.Restarting, c.excess(len(c.slots)))
		}
	}
	status := c.status()
	for i, t := range status.Tasks {
		if trace := failed[t.ID]; trace != "" {
			status.Tasks[i].Trace = trace
		}
	}
	if !onlyFailed || failure != "" {
		// The connector itself has no running part here, so its own restart is over at once.
		status.Connector.State, status.Connector.Trace = runtime.Restarting, failure
	}
	return status, nil
}

// RestartTask stops a task and starts it again, whatever its state. An error of kind Internal says that no task can be
// made of its configuration; its status then says why.
func (h *Herder) RestartTask(ctx context.Context, id runtime.TaskID) error {
	spec, refused, err := h.restartTask(id)
	if err != nil {
		return err
	}
	if refused != "" || h.cannotStart(ctx, spec) {
		return runtime.Errorf(runtime.Internal, "Failed to start task: %s", id)
	}
	return nil
}

func (h *Herder) restartTask(id runtime.TaskID) (spec task.Spec, refused string, err error) {
	if err := h.begin("restarting task " + id.String()); err != nil {
		return task.Spec{}, "", err
	}
	defer h.end()
	c, err := h.find(id.Connector, missingRestart)
	if err != nil {
		return task.Spec{}, "", err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if id.Task < 0 || id.Task >= len(c.slots) {
		return task.Spec{}, "", runtime.Errorf(runtime.NotFound, "Task %s not found", id)
	}
	s := c.slots[id.Task]
	refused = c.excess(len(c.slots))
	s.restart(runtime.Restarting, refused)
	return s.want.spec, refused, nil
}

// checkTime bounds how long the answer to a restart waits to know whether the task can be made.
const checkTime = 10 * time.Second

// cannotStart reports whether no task can be made of spec. That its secrets cannot be read in time is for its status.
func (h *Herder) cannotStart(ctx context.Context, spec task.Spec) bool {
	if h.opt.CheckTask == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	props, err := h.examiner.Resolved(ctx, spec.Props)
	if err == nil {
		spec.Props = fullClasses(props)
		err = h.opt.CheckTask(spec)
	}
	return err != nil && ctx.Err() == nil
}

// beginRestart takes the change lock for a restart, and examines the configuration of a connector that could not run once
// more. It does so without the lock: what the configuration refers to may be slow to answer, and nobody else shall wait
// for it.
func (h *Herder) beginRestart(ctx context.Context, name string) (*connector, *examine.Examination, error) {
	var e *examine.Examination
	for {
		if err := h.begin("handling restart request for connector " + name); err != nil {
			return nil, nil, err
		}
		c, err := h.find(name, missingRestart)
		if err != nil {
			h.end()
			return nil, nil, err
		}
		if c.failure == "" || e != nil && maps.Equal(e.Config, c.config) {
			return c, e, nil
		}
		config := c.config
		h.end()
		if e, err = h.examiner.Examine(ctx, runtime.Raw(config)); err != nil || len(e.Messages()) > 0 {
			h.opt.Metrics.ConnectorStarted(false)
			h.opt.Logger.Error("connector cannot run", "connector", name, "trace", problem(e, err))
			return nil, nil, runtime.Errorf(runtime.Internal, "Failed to start connector: %s", name)
		}
	}
}
