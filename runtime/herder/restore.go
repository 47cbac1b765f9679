package herder

import (
	"context"
	"fmt"
	"maps"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/store"
)

// load reads the stored connectors once. The caller holds change.
func (h *Herder) load() error {
	if h.loaded {
		return nil
	}
	stored, err := h.opt.Store.Load()
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range stored {
		c := &connector{h: h, name: s.Name, config: s.Config, target: runtime.State(s.Target), idle: min(s.Tasks, examine.MaxTasks), parked: true}
		if c.config == nil {
			c.config = map[string]string{}
		}
		c.plugin, _ = examine.LookupConnector(c.config["connector.class"]) // recheck says what is wrong with it
		h.connectors[s.Name] = c
	}
	h.loaded = true
	return nil
}

// parked lists the connectors that wait for Start, sorted by name. The caller holds change.
func (h *Herder) parked() []*connector {
	var list []*connector
	for _, name := range h.Connectors() {
		if c := h.connectors[name]; c.parked {
			list = append(list, c)
		}
	}
	return list
}

// recheck looks at a loaded connector with the eyes of this version. One that cannot run any more, say because its
// class is gone, becomes FAILED with the reason; the others are not held up by it. The caller holds change.
func (h *Herder) recheck(ctx context.Context, c *connector) {
	e, err := h.examiner().Examine(ctx, runtime.Raw(c.config))
	failure := ""
	if err != nil || len(e.Messages()) > 0 {
		failure = problem(e, err)
		h.opt.Logger.Error("stored connector cannot run", "connector", c.name, "trace", failure)
	}
	h.mu.Lock()
	if e != nil {
		c.plugin, c.tasksMax, c.enforce = e.Plugin, e.TasksMax, e.Enforce
	}
	c.failure = failure
	h.mu.Unlock()
	h.opt.Logger.Info("restored connector", "connector", c.name, "state", string(c.target))
	if e != nil {
		h.warnDangling(c.name, e.Dangling())
		h.warnUnread(c.name, e)
	}
}

// applyFile puts the connector of a file in place of a stored one of the same name. The caller holds change.
func (h *Herder) applyFile(ctx context.Context, f examine.ConnectorFile) error {
	log := h.opt.Logger.With("connector", f.Name, "file", f.Path)
	old, stored := h.connectors[f.Name]
	target := runtime.Running
	if stored {
		target = old.target
	}
	if f.Initial != "" {
		target = f.Initial
	}
	if stored && old.failure == "" && old.target == target && maps.Equal(old.config, f.Config) {
		log.Info("connector file equals the stored connector")
		return nil
	}
	e, err := h.accept(ctx, f.Name, runtime.Raw(f.Config))
	if err != nil {
		return fmt.Errorf("start connector of file %s: %w", f.Path, err)
	}
	c := &connector{h: h, name: f.Name, config: e.Config, target: target, plugin: e.Plugin, tasksMax: e.TasksMax, enforce: e.Enforce, parked: true}
	if stored {
		c.idle = old.idle
	}
	if err := h.opt.Store.Put(store.Connector{Name: f.Name, Config: e.Config, Target: string(target), Tasks: c.tasksAt(target)}); err != nil {
		return fmt.Errorf("start connector of file %s: %w", f.Path, err)
	}
	h.mu.Lock()
	h.connectors[f.Name] = c
	h.mu.Unlock()
	if stored {
		log.Warn("connector file wins over the stored connector of the same name", "state", string(target))
	} else {
		log.Info("created connector from file", "state", string(target))
	}
	h.warnUnread(f.Name, e)
	return nil
}
