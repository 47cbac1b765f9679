package herder

import (
	"context"
	"log/slog"
	"maps"
	"time"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
)

// resolveTime bounds how long a task that starts may wait for its secrets.
const resolveTime = time.Minute

// resolve replaces the references to config providers in config. Its errors name the reference, never a value.
func (h *Herder) resolve(ctx context.Context, config map[string]string) (map[string]string, error) {
	return h.examiner().Resolve(ctx, config)
}

// resolve is Herder.resolve, and has texts about the connector show references in place of what was found from then on.
func (c *connector) resolve(ctx context.Context, config map[string]string) (examine.References, error) {
	found, err := c.h.examiner().Look(ctx, config)
	if err == nil {
		c.hidden.Learn(found.Values)
	}
	return found, err
}

// learn has texts about a connector show references in place of values.
func (h *Herder) learn(name string, values map[string]string) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if c := h.connectors[name]; c != nil {
		c.hidden.Learn(values)
	}
}

// hide returns a text about a connector with references in place of what they stand for.
func (h *Herder) hide(name, text string) string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if c := h.connectors[name]; c != nil {
		return c.hidden.Text(text)
	}
	return text
}

// about returns a logger for what concerns a connector, which shows no value that a reference stands for.
func (h *Herder) about(name string) *slog.Logger {
	h.mu.RLock()
	defer h.mu.RUnlock()
	log := h.opt.Logger.With("connector", name)
	if c := h.connectors[name]; c != nil {
		return c.hidden.Logger(log)
	}
	return log
}

// keepFresh begins to watch what the present configuration refers to, in place of what was watched before, if the
// connector has tasks. The caller holds Herder.mu.
func (c *connector) keepFresh() {
	if c.stopWatch != nil {
		c.stopWatch()
		c.stopWatch = nil
	}
	if len(c.slots) == 0 || c.h.opt.Lifetime == nil || c.config["config.action.reload"] == "none" {
		return
	}
	lifetime := c.h.opt.Lifetime(c.config)
	if lifetime <= 0 {
		return
	}
	var ctx context.Context
	ctx, c.stopWatch = context.WithCancel(c.h.life)
	c.h.goroutines.Add(1)
	go c.watch(ctx, c.config, lifetime)
}

// watch resolves config whenever its values may have become others, and restarts the tasks that run with others. A
// connector of Kafka Connect restarts each time, whether or not anything has changed.
func (c *connector) watch(ctx context.Context, config map[string]string, lifetime time.Duration) {
	defer c.h.goroutines.Done()
	tick := time.NewTicker(lifetime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		asking, cancel := context.WithTimeout(ctx, resolveTime)
		found, err := c.h.examiner().Look(asking, config)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			c.h.opt.Logger.Warn("looking whether secrets have changed; will try again", "connector", c.name, "in", lifetime, "error", err)
		default:
			c.renew(ctx, found.Props)
		}
	}
}

// renew restarts the tasks that were started with other values than props.
func (c *connector) renew(ctx context.Context, props map[string]string) {
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	if ctx.Err() != nil || c.h.closing {
		return
	}
	restarted := 0
	for _, s := range c.slots {
		if s.resolved != nil && !maps.Equal(s.resolved, props) {
			s.restart(runtime.Restarting, c.excess(len(c.slots)))
			restarted++
		}
	}
	if restarted > 0 {
		c.h.opt.Logger.Info("restarting tasks: what the configuration refers to has changed", "connector", c.name, "tasks", restarted)
	}
}
