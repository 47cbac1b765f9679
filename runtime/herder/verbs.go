package herder

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/store"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// The texts of Kafka Connect for connectors that do not exist; each verb has its own.
const (
	missingConnector = "Connector %s not found"
	missingTarget    = "Unknown connector %s"
	missingRestart   = "Unknown connector: %s"
	missingStatus    = "No status found for connector %s"
)

// CreateConnector validates, stores and starts a new connector in the target state initial.
func (h *Herder) CreateConnector(ctx context.Context, name string, raw runtime.RawConfig, initial runtime.State) (runtime.ConnectorInfo, error) {
	e, err := h.accept(ctx, name, raw)
	if err != nil {
		return runtime.ConnectorInfo{}, err
	}
	if err := h.begin("writing a config for connector " + name); err != nil {
		return runtime.ConnectorInfo{}, err
	}
	defer h.end()
	if _, taken := h.connectors[name]; taken {
		return runtime.ConnectorInfo{}, runtime.Errorf(runtime.AlreadyExists, "Connector %s already exists", name)
	}
	return h.add(name, e, initial)
}

// PutConnectorConfig replaces the configuration of a connector or creates it; created tells which.
func (h *Herder) PutConnectorConfig(ctx context.Context, name string, raw runtime.RawConfig) (info runtime.ConnectorInfo, created bool, err error) {
	e, err := h.accept(ctx, name, raw)
	if err != nil {
		return runtime.ConnectorInfo{}, false, err
	}
	if err := h.begin("writing a config for connector " + name); err != nil {
		return runtime.ConnectorInfo{}, false, err
	}
	defer h.end()
	c, exists := h.connectors[name]
	if !exists {
		info, err = h.add(name, e, runtime.Running)
		return info, true, err
	}
	info, err = h.replace(c, e)
	return info, false, err
}

// PatchConnectorConfig changes some keys of a configuration; a null removes its key. As in Kafka Connect, the name in
// the configuration may become another one than the connector's, which nothing but answers shows.
func (h *Herder) PatchConnectorConfig(ctx context.Context, name string, patch runtime.RawConfig) (runtime.ConnectorInfo, error) {
	before, err := h.ConnectorConfig(name)
	if err != nil {
		return runtime.ConnectorInfo{}, err
	}
	patched := runtime.Raw(before)
	for k, v := range patch {
		if patched[k] = v; v == nil {
			delete(patched, k)
		}
	}
	e, err := h.examined(ctx, name, patched)
	if err != nil {
		return runtime.ConnectorInfo{}, err
	}
	if err := h.begin("writing a config for connector " + name); err != nil {
		return runtime.ConnectorInfo{}, err
	}
	defer h.end()
	c, err := h.find(name, missingConnector)
	if err != nil {
		return runtime.ConnectorInfo{}, err
	}
	if !maps.Equal(c.config, before) {
		return runtime.ConnectorInfo{}, runtime.Errorf(runtime.Conflict, "Cannot complete request momentarily due to stale configuration "+
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
func (h *Herder) Pause(name string) error { return h.retarget(name, runtime.Paused) }

// Resume lets a paused or stopped connector run.
func (h *Herder) Resume(name string) error { return h.retarget(name, runtime.Running) }

// Stop stops the tasks of a connector and removes them; the configuration stays.
func (h *Herder) Stop(name string) error { return h.retarget(name, runtime.Stopped) }

func (h *Herder) retarget(name string, target runtime.State) error {
	if err := h.begin("writing the " + string(target) + " target state for connector " + name); err != nil {
		return err
	}
	defer h.end()
	c, err := h.find(name, missingTarget)
	if err != nil {
		return err
	}
	tasks := c.tasksAt(target)
	if target == runtime.Running && (c.stale || len(c.slots) == 0) {
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
func (h *Herder) accept(ctx context.Context, name string, raw runtime.RawConfig) (*examine.Result, error) {
	complete := make(runtime.RawConfig, len(raw)+1)
	maps.Copy(complete, raw)
	if v := complete["name"]; v == nil {
		complete["name"] = &name
	} else if *v != name {
		return nil, mismatch(*v, name)
	}
	return h.examined(ctx, name, complete)
}

// examined refuses raw unless it is valid. The log tells by their keys what is wrong and which references stand for nothing:
// some of Kafka's texts name no key.
func (h *Herder) examined(ctx context.Context, name string, raw runtime.RawConfig) (*examine.Result, error) {
	e, err := h.examiner().Examine(ctx, raw)
	if err != nil {
		return nil, err
	}
	h.warnDangling(name, e.Dangling())
	err = e.Invalid()
	if err != nil {
		var keys []string
		for _, p := range e.Problems() {
			keys = append(keys, p.Key)
		}
		keys = slices.Compact(keys)
		h.opt.Logger.Warn("refused the configuration of a connector", "connector", name, "keys", keys[:min(len(keys), mostUnread)], "count", len(keys))
	}
	return e, err
}

// warnDangling names the references that stand for nothing.
func (h *Herder) warnDangling(name string, dangling []cd.Problem) {
	for _, p := range dangling[:min(len(dangling), mostUnread)] {
		h.opt.Logger.Warn("a reference in a configuration cannot be replaced", "connector", name, "property", p.Key, "reason", p.Message)
	}
}

func mismatch(inConfig, name string) error {
	return runtime.Errorf(runtime.BadRequest, "Connector name configuration (%s) doesn't match connector name in the URL (%s)", inConfig, name)
}

// add stores and starts a connector. The caller holds change.
func (h *Herder) add(name string, e *examine.Result, target runtime.State) (runtime.ConnectorInfo, error) {
	c := &connector{h: h, name: name, target: target, config: e.Config, plugin: e.Plugin, tasksMax: e.TasksMax, enforce: e.Enforce}
	tasks := 0
	if target == runtime.Running {
		tasks = e.TasksMax
	}
	if err := h.put(store.Connector{Name: name, Config: e.Config, Target: string(target), Tasks: tasks}); err != nil {
		return runtime.ConnectorInfo{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.connectors[name] = c
	h.opt.Metrics.ConnectorStarted(true)
	c.build(tasks)
	h.opt.Logger.Info("created connector", "connector", name, "class", e.Plugin.Class, "state", string(target))
	h.warnUnread(name, e)
	return c.info(), nil
}

// replace stores another configuration of c and restarts its tasks when it differs. The caller holds change.
func (h *Herder) replace(c *connector, e *examine.Result) (runtime.ConnectorInfo, error) {
	same := c.failure == "" && maps.Equal(c.config, e.Config)
	if !same {
		tasks := c.tasksAt(c.target)
		if c.target == runtime.Running {
			tasks = e.TasksMax
		}
		if err := h.put(store.Connector{Name: c.name, Config: e.Config, Target: string(c.target), Tasks: tasks}); err != nil {
			return runtime.ConnectorInfo{}, err
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

// put stores a connector. The error is for the user; what it does not say, of the disk of the worker, is logged.
func (h *Herder) put(c store.Connector) error { return h.stored(c.Name, h.opt.Store.Put(c)) }

// remove deletes a connector from the store.
func (h *Herder) remove(name string) error { return h.stored(name, h.opt.Store.Delete(name)) }

func (h *Herder) stored(name string, err error) error {
	if err == nil {
		return nil
	}
	h.opt.Logger.Error("change of a connector was not stored", "connector", name, "error", err)
	return runtime.Errorf(runtime.Internal, "The worker could not store the change of connector %s: %s", name,
		cmp.Or(store.Reason(err), "its log says why"))
}

// mostUnread bounds the names in one line of the log.
const mostUnread = 50

// warnUnread names the settings of a connector that nothing reads, without their values.
func (h *Herder) warnUnread(name string, e *examine.Result) {
	unread := e.Unread()
	if len(unread) == 0 {
		return
	}
	h.opt.Logger.Warn("connector has settings that nothing reads", "connector", name, "settings", unread[:min(len(unread), mostUnread)], "count", len(unread))
}
