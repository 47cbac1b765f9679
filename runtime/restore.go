package runtime

import (
	"context"
	"fmt"
	"maps"

	"github.com/sluice-connect/sluice/runtime/store"
	"github.com/sluice-connect/sluice/runtime/task"
)

// FileError says that a connector file named on the command line cannot be used.
type FileError struct{ Err error }

// Error returns the text of the cause.
func (e *FileError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// restore brings a stored connector back. One that cannot run any more, say because its class is gone, comes back
// FAILED with the reason; the others are not held up by it.
func (h *Herder) restore(ctx context.Context, s store.Connector) {
	c := &connector{h: h, name: s.Name, config: s.Config, target: task.State(s.Target), idle: min(s.Tasks, maxTasks), parked: true}
	if c.config == nil {
		c.config = map[string]string{}
	}
	e, err := h.examine(ctx, Raw(c.config))
	if e != nil {
		c.plugin, c.tasksMax = e.plugin, e.tasksMax
	}
	if err != nil || len(e.messages()) > 0 {
		c.failure = problem(e, err)
		h.opt.Logger.Error("stored connector cannot run", "connector", s.Name, "trace", c.failure)
	}
	h.mu.Lock()
	h.connectors[s.Name] = c
	h.mu.Unlock()
	h.opt.Logger.Info("restored connector", "connector", s.Name, "state", s.Target)
}

// applyFile puts the connector of a file in place of a stored one of the same name. The caller holds change.
func (h *Herder) applyFile(ctx context.Context, f ConnectorFile) error {
	log := h.opt.Logger.With("connector", f.Name, "file", f.Path)
	old, stored := h.connectors[f.Name]
	target := task.Running
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
	e, err := h.accept(ctx, f.Name, Raw(f.Config))
	if err != nil {
		return fmt.Errorf("start connector of file %s: %w", f.Path, err)
	}
	c := &connector{h: h, name: f.Name, config: e.config, target: target, plugin: e.plugin, tasksMax: e.tasksMax, parked: true}
	if stored {
		c.idle = old.idle
	}
	if err := h.opt.Store.Put(store.Connector{Name: f.Name, Config: e.config, Target: string(target), Tasks: c.tasksAt(target)}); err != nil {
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
	return nil
}
