package runtime

import (
	"slices"
	"strings"

	"github.com/sluice-connect/sluice/runtime/metrics"
)

// Metrics says what the metrics show about the worker and its connectors.
func (h *Herder) Metrics() metrics.Worker {
	w := metrics.Worker{Version: h.opt.Version, Commit: h.opt.Commit}
	h.mu.RLock()
	w.Connectors = make([]metrics.Connector, 0, len(h.connectors))
	for _, c := range h.connectors {
		w.Connectors = append(w.Connectors, c.metrics())
	}
	h.mu.RUnlock()
	slices.SortFunc(w.Connectors, func(a, b metrics.Connector) int { return strings.Compare(a.Name, b.Name) })
	return w
}

func (c *connector) metrics() metrics.Connector {
	status := c.status()
	m := metrics.Connector{Name: c.name, Class: c.config["connector.class"], Type: c.kind(),
		Version: status.Connector.Version, Status: string(status.Connector.State)}
	if c.plugin != nil {
		m.Class = c.plugin.Class
	}
	for _, t := range status.Tasks {
		m.Tasks = append(m.Tasks, string(t.State))
	}
	return m
}
