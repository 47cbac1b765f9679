package herder

import (
	"context"
	"maps"
	"time"

	"github.com/sluice-connect/sluice/runtime"
)

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
		props, err := c.h.examiner.Resolved(asking, config)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			c.h.opt.Logger.Warn("looking whether secrets have changed; will try again", "connector", c.name, "in", lifetime, "error", err)
		default:
			c.renew(ctx, props)
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
