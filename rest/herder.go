// Package rest is the REST API of Kafka Connect in front of a herder.
package rest

import (
	"context"

	"github.com/sluice-connect/sluice/runtime"
)

// Herder is what the API asks of the worker. Its errors are runtime.Error where the user can do something about them.
type Herder interface {
	Started() bool
	Responsive(ctx context.Context) error
	Stage() string
	ServerInfo() runtime.ServerInfo

	Connectors() []string
	ConnectorInfo(name string) (runtime.ConnectorInfo, error)
	ConnectorConfig(name string) (map[string]string, error)
	ConnectorStatus(name string) (runtime.ConnectorStatus, error)
	TaskConfigs(name string) ([]runtime.TaskInfo, error)
	TaskStatus(id runtime.TaskID) (runtime.TaskStatus, error)

	CreateConnector(ctx context.Context, name string, config runtime.RawConfig, initial runtime.State) (runtime.ConnectorInfo, error)
	PutConnectorConfig(ctx context.Context, name string, config runtime.RawConfig) (info runtime.ConnectorInfo, created bool, err error)
	PatchConnectorConfig(ctx context.Context, name string, patch runtime.RawConfig) (runtime.ConnectorInfo, error)
	DeleteConnector(name string) error

	Pause(name string) error
	Resume(name string) error
	Stop(name string) error
	RestartConnector(ctx context.Context, name string, includeTasks, onlyFailed bool) (runtime.ConnectorStatus, error)
	RestartTask(ctx context.Context, id runtime.TaskID) error

	ConnectorOffsets(ctx context.Context, name string) ([]runtime.ConnectorOffset, error)
	AlterOffsets(ctx context.Context, name string, offsets []runtime.PartitionOffset) (string, error)
	ResetOffsets(ctx context.Context, name string) (string, error)
	ActiveTopics(name string) ([]string, error)
	ResetActiveTopics(name string) error
	Loggers() map[string]runtime.LoggerLevel
	Logger(name string) (runtime.LoggerLevel, error)
	SetLogger(name, level string) ([]string, error)
	Plugins(connectorsOnly bool) []runtime.PluginInfo
	PluginConfig(name, version string) ([]runtime.ConfigKeyInfo, error)
	Validate(ctx context.Context, plugin string, config runtime.RawConfig) (runtime.ConfigInfos, error)
}
