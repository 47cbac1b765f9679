package runtime

import (
	"context"
	"maps"

	"github.com/sluice-connect/sluice/runtime/store"
	"github.com/sluice-connect/sluice/runtime/task"
)

// The texts of Kafka Connect for connectors that do not exist; each verb has its own.
const (
	missingConnector = "Connector %s not found"
	missingTarget    = "Unknown connector %s"
	missingRestart   = "Unknown connector: %s"
	missingStatus    = "No status found for connector %s"
)

// CreateConnector validates, stores and starts a new connector in the target state initial.
func (h *Herder) CreateConnector(ctx context.Context, name string, raw RawConfig, initial task.State) (ConnectorInfo, error) {
	e, err := h.accept(ctx, name, raw)
	if err != nil {
		return ConnectorInfo{}, err
	}
	if err := h.begin("writing a config for connector " + name); err != nil {
		return ConnectorInfo{}, err
	}
	defer h.end()
	if _, taken := h.connectors[name]; taken {
		return ConnectorInfo{}, Errorf(AlreadyExists, "Connector %s already exists", name)
	}
	return h.add(name, e, initial)
}

// PutConnectorConfig replaces the configuration of a connector or creates it; created tells which.
func (h *Herder) PutConnectorConfig(ctx context.Context, name string, raw RawConfig) (info ConnectorInfo, created bool, err error) {
	e, err := h.accept(ctx, name, raw)
	if err != nil {
		return ConnectorInfo{}, false, err
	}
	if err := h.begin("writing a config for connector " + name); err != nil {
		return ConnectorInfo{}, false, err
	}
	defer h.end()
	c, exists := h.connectors[name]
	if !exists {
		info, err = h.add(name, e, task.Running)
		return info, true, err
	}
	info, err = h.replace(c, e)
	return info, false, err
}

// PatchConnectorConfig changes some keys of a configuration; a null removes its key. As in Kafka Connect, the name in
// the configuration may become another one than the connector's, which nothing but answers shows.
func (h *Herder) PatchConnectorConfig(ctx context.Context, name string, patch RawConfig) (ConnectorInfo, error) {
	before, err := h.ConnectorConfig(name)
	if err != nil {
		return ConnectorInfo{}, err
	}
	patched := Raw(before)
	for k, v := range patch {
		if patched[k] = v; v == nil {
			delete(patched, k)
		}
	}
	e, err := h.examine(ctx, patched)
	if err == nil {
		err = e.invalid()
	}
	if err != nil {
		return ConnectorInfo{}, err
	}
	if err := h.begin("writing a config for connector " + name); err != nil {
		return ConnectorInfo{}, err
	}
	defer h.end()
	c, err := h.find(name, missingConnector)
	if err != nil {
		return ConnectorInfo{}, err
	}
	if !maps.Equal(c.config, before) {
		return ConnectorInfo{}, Errorf(Conflict, "Cannot complete request momentarily due to stale configuration "+
			"(typically caused by a concurrent config change)")
	}
	return h.replace(c, e)
}

// DeleteConnector forgets a connector and stops its tasks.
func (h *Herder) DeleteConnector(name string) error {
	if err := h.begin("removing the config for connector " + name); err != nil {
		return err
	}
	defer h.end()
	c, err := h.find(name, missingConnector)
	if err != nil {
		return err
	}
	if err := h.remove(name); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.connectors, name)
	c.build(0)
	h.opt.Logger.Info("deleted connector", "connector", name)
	return nil
}

// Pause, Resume and Stop change the target state of a connector. They return when the wish is stored; the tasks
// follow on their own.
func (h *Herder) Pause(name string) error { return h.retarget(name, task.Paused) }

// Resume lets a paused or stopped connector run.
func (h *Herder) Resume(name string) error { return h.retarget(name, task.Running) }

// Stop stops the tasks of a connector and removes them; the configuration stays.
func (h *Herder) Stop(name string) error { return h.retarget(name, task.Stopped) }

func (h *Herder) retarget(name string, target task.State) error {
	if err := h.begin("writing the " + string(target) + " target state for connector " + name); err != nil {
		return err
	}
	defer h.end()
	c, err := h.find(name, missingTarget)
	if err != nil {
		return err
	}
	tasks := c.tasksAt(target)
	if target == task.Running && (c.stale || len(c.slots) == 0) {
		tasks = c.tasksMax
	}
	if err := h.put(store.Connector{Name: name, Config: c.config, Target: string(target), Tasks: tasks}); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	c.retarget(target)
	h.opt.Logger.Info("changed target state", "connector", name, "state", string(target))
	return nil
}

// accept completes raw with the name and refuses it unless it is valid.
func (h *Herder) accept(ctx context.Context, name string, raw RawConfig) (*examination, error) {
	complete := make(RawConfig, len(raw)+1)
	maps.Copy(complete, raw)
	if v := complete["name"]; v == nil {
		complete["name"] = &name
	} else if *v != name {
		return nil, mismatch(*v, name)
	}
	e, err := h.examine(ctx, complete)
	if err != nil {
		return nil, err
	}
	return e, e.invalid()
}

func mismatch(inConfig, name string) error {
	return Errorf(BadRequest, "Connector name configuration (%s) doesn't match connector name in the URL (%s)", inConfig, name)
}

// add stores and starts a connector. The caller holds change.
func (h *Herder) add(name string, e *examination, target task.State) (ConnectorInfo, error) {
	c := &connector{h: h, name: name, target: target, config: e.config, plugin: e.plugin, tasksMax: e.tasksMax, enforce: e.enforce}
	tasks := 0
	if target == task.Running {
		tasks = e.tasksMax
	}
	if err := h.put(store.Connector{Name: name, Config: e.config, Target: string(target), Tasks: tasks}); err != nil {
		return ConnectorInfo{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.connectors[name] = c
	h.opt.Metrics.ConnectorStarted(true)
	c.build(tasks)
	h.opt.Logger.Info("created connector", "connector", name, "class", e.plugin.Class, "state", string(target))
	h.warnUnread(name, e)
	return c.info(), nil
}

// replace stores another configuration of c and restarts its tasks when it differs. The caller holds change.
func (h *Herder) replace(c *connector, e *examination) (ConnectorInfo, error) {
	same := c.failure == "" && maps.Equal(c.config, e.config)
	if !same {
		tasks := c.tasksAt(c.target)
		if c.target == task.Running {
			tasks = e.tasksMax
		}
		if err := h.put(store.Connector{Name: c.name, Config: e.config, Target: string(c.target), Tasks: tasks}); err != nil {
			return ConnectorInfo{}, err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !same {
		c.apply(e)
		h.opt.Logger.Info("changed connector configuration", "connector", c.name)
		h.warnUnread(c.name, e)
	}
	return c.info(), nil
}
