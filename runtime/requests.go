// Package runtime holds the words in which the REST API and the worker behind it speak: names, states, requests, answers and
// the kinds of errors.
package runtime

import (
	"encoding/json"
	"fmt"

	"github.com/sluice-connect/sluice/runtime/javatext"
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

// PartitionOffset is a partition and the offset it shall have, as a client sends them: objects of JSON values, nil for
// none.
type PartitionOffset struct {
	Partition, Offset map[string]json.RawMessage
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

// ParseTaskID reads the id of a task whose number stands in a path, where Java takes the decimal digits of every script.
func ParseTaskID(connector, number string) (TaskID, error) {
	n, err := javatext.ParseInt(number, 32)
	if err != nil {
		return TaskID{}, fmt.Errorf("read the number of a task: %w", err)
	}
	return TaskID{Connector: connector, Task: int(n)}, nil
}
