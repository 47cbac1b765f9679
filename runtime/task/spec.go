// Package task runs sink tasks: it converts consumed records, offers them to the sink and says which offsets are safe.
package task

import (
	"log/slog"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/metrics"
)

// Spec says everything a task needs to run.
type Spec struct {
	Connector string
	ID        int // the number of the task, from 0
	Plugin    *connectors.Plugin
	// Props is the connector configuration with variables resolved.
	Props map[string]string
	// Worker is the worker's properties, for bootstrap.servers, converters, consumer.* and the commit interval.
	Worker map[string]string
	// InstanceID is the static membership id in the consumer group, "" for a dynamic member.
	InstanceID string
	// Paused starts the task without reading or writing until Resume.
	Paused bool
	// Report is called with every change of state, in order, from the task's goroutines; it must not block for long.
	// trace is the text for status answers, only set with Failed.
	Report func(state runtime.State, trace string)
	// Settle is how long a task that fails at once stays RUNNING. The Java worker's consumers need seconds to join their
	// group, and tools that wait for RUNNING after they have created a connector rely on seeing it. 0 for no time.
	Settle time.Duration
	// Waiting is called with what the task waits for, while something outside is away and the state does not show it, and
	// with "" when that is over; nil for nobody. It must not block for long.
	Waiting func(reason string)
	// Topic is called with the topic of every batch that is offered to the sink; it must be cheap. nil for nobody.
	Topic func(topic string)
	// Redact returns a text that leaves the worker with references in place of what they stand for; nil for no references.
	Redact func(string) string
	// Metrics is told what the task does; nil when nobody looks.
	Metrics *metrics.Task
	Logger  *slog.Logger // carries connector and task
	// SinkLogger is for the sink, so that it can be made more talkative on its own; nil for Logger.
	SinkLogger *slog.Logger
}
