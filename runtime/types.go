// Package runtime is the worker behind the REST API: it keeps connector configurations, runs their tasks and knows
// what state they are in.
package runtime

import (
	"fmt"

	"github.com/sluice-connect/sluice/runtime/task"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
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
type State = task.State

// The states of connectors and tasks.
const (
	Unassigned = task.Unassigned
	Running    = task.Running
	Paused     = task.Paused
	Failed     = task.Failed
	Stopped    = task.Stopped
	Restarting = task.Restarting
)

// TaskID names a task; it is rendered as connector-number.
type TaskID struct {
	Connector string `json:"connector"`
	Task      int    `json:"task"`
}

// String renders id as Connect does.
func (id TaskID) String() string { return fmt.Sprintf("%s-%d", id.Connector, id.Task) }

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
	State    task.State `json:"state"`
	WorkerID string     `json:"worker_id"`
	Trace    string     `json:"trace,omitempty"`
	Version  string     `json:"version"` // of the plugin, "" when there is none
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

// Kind classifies the errors a herder answers with; rest maps each kind to a status code in one table.
type Kind uint8

// The kinds of herder errors.
const (
	BadRequest    Kind = iota + 1 // the request can never succeed: 400
	Forbidden                     // the worker's configuration does not allow it: 403
	NotFound                      // the connector, task or plugin does not exist: 404
	AlreadyExists                 // the connector exists: 409
	Conflict                      // try again: the worker is changing: 409
	Unavailable                   // the worker is stopping: 503
	Internal                      // 500
)

// Error is an error with a text for the user of the REST API.
type Error struct {
	Kind    Kind
	Message string
	// Problems are what the message says, by the keys it is about; nil when it is not about values of keys.
	Problems []cd.Problem
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Errorf builds an Error.
func Errorf(k Kind, format string, a ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, a...)}
}
