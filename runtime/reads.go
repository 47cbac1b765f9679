package runtime

import (
	"sort"
)

// ServerInfo says who this worker is; the id of the Kafka cluster is empty until Kafka has answered once.
func (h *Herder) ServerInfo() ServerInfo {
	info := ServerInfo{Version: h.opt.Version, Commit: h.opt.Commit}
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
func (h *Herder) ConnectorInfo(name string) (ConnectorInfo, error) {
	return read(h, name, missingConnector, (*connector).info)
}

// ConnectorConfig returns the configuration as it was given; it must not be changed.
func (h *Herder) ConnectorConfig(name string) (map[string]string, error) {
	return read(h, name, missingConnector, func(c *connector) map[string]string { return c.config })
}

// ConnectorStatus returns the states of a connector and its tasks.
func (h *Herder) ConnectorStatus(name string) (ConnectorStatus, error) {
	return read(h, name, missingStatus, (*connector).status)
}

// TaskConfigs lists the tasks of a connector with their configurations.
func (h *Herder) TaskConfigs(name string) ([]TaskInfo, error) {
	return read(h, name, missingConnector, func(c *connector) []TaskInfo {
		list := make([]TaskInfo, 0, len(c.slots))
		for _, s := range c.slots {
			list = append(list, TaskInfo{ID: s.id, Config: s.want.config})
		}
		return list
	})
}

// TaskStatus returns the state of one task.
func (h *Herder) TaskStatus(id TaskID) (TaskStatus, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if c, ok := h.connectors[id.Connector]; ok && id.Task >= 0 && id.Task < len(c.slots) {
		return c.taskStatus(c.slots[id.Task]), nil
	}
	return TaskStatus{}, Errorf(NotFound, "No status found for task %s", id)
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
