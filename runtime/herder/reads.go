package herder

import (
	"context"
	"slices"
	"sort"
	"strings"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/metrics"
)

// ServerInfo says which API is served and who serves it; the id of the Kafka cluster is empty until Kafka has answered once.
func (h *Herder) ServerInfo() runtime.ServerInfo {
	info := runtime.ServerInfo{Version: runtime.KafkaVersion, Commit: "sluice " + h.opt.Version + " " + h.opt.Commit}
	if id := h.cluster.Load(); id != nil {
		info.KafkaClusterID = *id
	}
	return info
}

// Connectors lists the names of all connectors, sorted.
func (h *Herder) Connectors() []string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	names := make([]string, 0, len(h.connectors))
	for name := range h.connectors {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// ConnectorInfo describes a connector. The maps in the answer must not be changed.
func (h *Herder) ConnectorInfo(name string) (runtime.ConnectorInfo, error) {
	return read(h, name, missingConnector, (*connector).info)
}

// ConnectorConfig returns the configuration as it was given; it must not be changed.
func (h *Herder) ConnectorConfig(name string) (map[string]string, error) {
	return read(h, name, missingConnector, func(c *connector) map[string]string { return c.config })
}

// ConnectorStatus returns the states of a connector and its tasks.
func (h *Herder) ConnectorStatus(name string) (runtime.ConnectorStatus, error) {
	return read(h, name, missingStatus, (*connector).status)
}

// TaskConfigs lists the tasks of a connector with their configurations.
func (h *Herder) TaskConfigs(name string) ([]runtime.TaskInfo, error) {
	return read(h, name, missingConnector, func(c *connector) []runtime.TaskInfo {
		list := make([]runtime.TaskInfo, 0, len(c.slots))
		for _, s := range c.slots {
			list = append(list, runtime.TaskInfo{ID: s.id, Config: s.want.config})
		}
		return list
	})
}

// TaskStatus returns the state of one task.
func (h *Herder) TaskStatus(id runtime.TaskID) (runtime.TaskStatus, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if c, ok := h.connectors[id.Connector]; ok && id.Task >= 0 && id.Task < len(c.slots) {
		return c.taskStatus(c.slots[id.Task]), nil
	}
	return runtime.TaskStatus{}, runtime.Errorf(runtime.NotFound, "No status found for task %s", id)
}

func read[T any](h *Herder, name, missing string, f func(*connector) T) (T, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	c, err := h.find(name, missing)
	if err != nil {
		var zero T
		return zero, err
	}
	return f(c), nil
}

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

// examiner holds configurations against this worker.
func (h *Herder) examiner() examine.Examiner {
	return examine.Examiner{Worker: h.opt.Worker, Version: h.opt.Version, References: h.opt.Resolve}
}

// Validate examines a configuration for the class named plugin and says what it found about every key.
func (h *Herder) Validate(ctx context.Context, plugin string, raw runtime.RawConfig) (runtime.ConfigInfos, error) {
	return h.examiner().Validate(ctx, plugin, raw)
}

// Plugins lists the installed connector classes and, unless connectorsOnly, the converters.
func (h *Herder) Plugins(connectorsOnly bool) []runtime.PluginInfo {
	return h.examiner().Plugins(connectorsOnly)
}

// PluginConfig describes the keys of a connector or converter class; version is a range that the installed version must
// lie in, "latest" for any.
func (h *Herder) PluginConfig(name, version string) ([]runtime.ConfigKeyInfo, error) {
	return h.examiner().PluginConfig(name, version)
}
