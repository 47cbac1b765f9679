package runtime

import "github.com/sluice-connect/sluice/schemas"

// The types of connectors.
const (
	TypeSink    = "sink"
	TypeUnknown = "unknown" // the class is not in this binary
)

// ConnectorInfo is the answer about a connector's definition.
type ConnectorInfo struct {
	Name   string            `json:"name"`
	Config map[string]string `json:"config"`
	Tasks  []TaskID          `json:"tasks"` // never null
	Type   string            `json:"type"`  // TypeSink or TypeUnknown
}

// ConnectorStatus is the answer about a connector's state.
type ConnectorStatus struct {
	Name      string       `json:"name"`
	Connector StateInfo    `json:"connector"`
	Tasks     []TaskStatus `json:"tasks"` // never null
	Type      string       `json:"type"`
}

// StateInfo is the state of a connector on a worker.
type StateInfo struct {
	State    State  `json:"state"`
	WorkerID string `json:"worker_id"`
	Trace    string `json:"trace,omitempty"`
	Version  string `json:"version"` // of the plugin, "" when there is none
}

// TaskStatus is the state of one task.
type TaskStatus struct {
	ID int `json:"id"`
	StateInfo
}

// TaskInfo is a task with its configuration.
type TaskInfo struct {
	ID     TaskID            `json:"id"`
	Config map[string]string `json:"config"`
}

// PluginInfo describes an installed plugin.
type PluginInfo struct {
	Class   string `json:"class"`
	Type    string `json:"type"` // sink, converter, header_converter
	Version string `json:"version"`
}

// ServerInfo is the answer of GET /.
type ServerInfo struct {
	Version        string `json:"version"` // of the API: KafkaVersion
	Commit         string `json:"commit"`  // of the program: its name, version and revision
	KafkaClusterID string `json:"kafka_cluster_id"`
}

// ConfigInfos is the answer of a validation.
type ConfigInfos struct {
	Name       string       `json:"name"`
	ErrorCount int          `json:"error_count"`
	Groups     []string     `json:"groups"`
	Configs    []ConfigInfo `json:"configs"`
}

// ConfigInfo is one key of a validation.
type ConfigInfo struct {
	Definition *ConfigKeyInfo  `json:"definition"` // null for keys without a definition
	Value      ConfigValueInfo `json:"value"`
}

// ConfigKeyInfo is the definition part of a validated key.
type ConfigKeyInfo struct {
	Name          string   `json:"name"`
	Type          string   `json:"type"`
	Required      bool     `json:"required"`
	DefaultValue  *string  `json:"default_value"`
	Importance    string   `json:"importance"`
	Documentation string   `json:"documentation"`
	Group         *string  `json:"group"`
	Order         int      `json:"order_in_group"`
	Width         string   `json:"width"`
	DisplayName   string   `json:"display_name"`
	Dependents    []string `json:"dependents"`
}

// ConfigValueInfo is the value part of a validated key.
type ConfigValueInfo struct {
	Name              string   `json:"name"`
	Value             *string  `json:"value"`
	RecommendedValues []string `json:"recommended_values"`
	Errors            []string `json:"errors"`
	Visible           bool     `json:"visible"`
}

// ConnectorOffset is a committed offset of a connector.
type ConnectorOffset struct {
	Partition schemas.TopicPartition
	Offset    int64
}

// LoggerLevel is the level of a logger.
type LoggerLevel struct {
	Level        string `json:"level"`
	LastModified *int64 `json:"last_modified"` // in milliseconds; null when it was never set
}
