package runtime

import (
	"context"

	"github.com/sluice-connect/sluice/runtime/task"
)

// RestartConnector restarts the connector and, with includeTasks, its tasks; with onlyFailed those that are FAILED.
// The answer is the status with RESTARTING where something is restarted.
func (h *Herder) RestartConnector(ctx context.Context, name string, includeTasks, onlyFailed bool) (ConnectorStatus, error) {
	if err := h.begin("handling restart request for connector " + name); err != nil {
		return ConnectorStatus{}, err
	}
	defer h.end()
	c, err := h.find(name, missingRestart)
	if err != nil {
		return ConnectorStatus{}, err
	}
	if c.failure != "" {
		if err := h.revive(ctx, c); err != nil {
			return ConnectorStatus{}, err
		}
	} else if !onlyFailed {
		h.opt.Metrics.ConnectorStarted(true)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range c.slots {
		if includeTasks && (!onlyFailed || s.state == task.Failed) {
			s.restart(task.Restarting, c.excess(len(c.slots)))
		}
	}
	status := c.status()
	if !onlyFailed {
		// The connector itself has no running part here, so its own restart is over at once.
		status.Connector.State = task.Restarting
	}
	return status, nil
}

// RestartTask stops a task and starts it again, whatever its state.
func (h *Herder) RestartTask(id TaskID) error {
	if err := h.begin("restarting task " + id.String()); err != nil {
		return err
	}
	defer h.end()
	c, err := h.find(id.Connector, missingRestart)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if id.Task < 0 || id.Task >= len(c.slots) {
		return Errorf(NotFound, "Task %s not found", id)
	}
	refused := c.excess(len(c.slots))
	c.slots[id.Task].restart(task.Restarting, refused)
	if refused != "" {
		return Errorf(Internal, "Failed to start task: %s", id)
	}
	return nil
}

// revive examines the configuration of a connector that could not run once more. The caller holds change.
func (h *Herder) revive(ctx context.Context, c *connector) error {
	e, err := h.examine(ctx, Raw(c.config))
	if err != nil || len(e.messages()) > 0 {
		h.opt.Metrics.ConnectorStarted(false)
		h.opt.Logger.Error("connector cannot run", "connector", c.name, "trace", problem(e, err))
		return Errorf(Internal, "Failed to start connector: %s", c.name)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	c.apply(e)
	return nil
}
