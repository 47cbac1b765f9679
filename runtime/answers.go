// Package runtime is the words that the rooms of the worker and the REST API speak with: connectors, tasks, their states,
// answers and errors.
package runtime

import (
	"encoding/json"
	"fmt"

	"github.com/sluice-connect/sluice/schemas"
)

// RawConfig is a connector configuration as a client sends it: nil stands for a JSON null.
type RawConfig map[string]*string

// Raw turns a configuration without nulls into a RawConfig.
func Raw(config map[string]string) RawConfig {
	raw := make(RawConfig, len(config))
	for k, v := range config {
		raw[k] = &v
	}
	return raw
}

// State is the state of a connector or task as REST shows it.
type State string

// The states of Kafka Connect.
const (
	Unassigned State = "UNASSIGNED"
	Running    State = "RUNNING"
	Paused     State = "PAUSED"
	Failed     State = "FAILED"
	Stopped    State = "STOPPED"
	Restarting State = "RESTARTING"
)

// TargetStates are the states a user may ask for.
var TargetStates = []State{Running, Paused, Stopped}

// TaskID names a task; it is rendered as connector-number.
type TaskID struct {
	Connector string `json:"connector"`
	Task      int    `json:"task"`
}

// String renders id as Connect does.
func (id TaskID) String() string { return fmt.Sprintf("%s-%d", id.Connector, id.Task) }

// The types of connectors and connector plugins.
const (
	TypeSink    = "sink"
	TypeUnknown = "unknown" // the class is not in this binary
)

// ConnectorInfo is the answer about a connector's definition.
type ConnectorInfo struct {
	Name   string            `json:"name"`
	Config map[string]string `json:"config"`
	Tasks  []TaskID          `json:"tasks"` // never null
	Type   string            `json:"type"`  // "sink"
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
	Version        string `json:"version"`
	Commit         string `json:"commit"`
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

// The keys that name a partition of a sink connector and its offset.
const (
	TopicKey     = "kafka_topic"
	PartitionKey = "kafka_partition"
	OffsetKey    = "kafka_offset"
)

// PartitionOffset is a partition and the offset it shall have, as a client sends them: objects of JSON values, nil for
// none.
type PartitionOffset struct {
	Partition, Offset map[string]json.RawMessage
}

// LoggerLevel is the level of a logger.
type LoggerLevel struct {
	Level        string `json:"level"`
	LastModified *int64 `json:"last_modified"` // in milliseconds; null when it was never set
}
