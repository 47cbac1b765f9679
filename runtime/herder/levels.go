package herder

import (
	"log/slog"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/loggers"
)

// The names of the worker's loggers: those of the Java worker's classes, so that what its users know works.
const (
	LoggerHerder = "org.apache.kafka.connect.runtime.standalone.StandaloneHerder"
	LoggerTasks  = "org.apache.kafka.connect.runtime.WorkerSinkTask"
	LoggerREST   = "org.apache.kafka.connect.runtime.rest.RestServer"
	LoggerWorker = "org.apache.kafka.connect.runtime.Worker"
)

// maxLoggerName bounds what a client can make the worker remember with one request.
const maxLoggerName = 1000

// Loggers returns the levels of all loggers by their names.
func (h *Herder) Loggers() map[string]runtime.LoggerLevel {
	all := map[string]runtime.LoggerLevel{}
	for name, l := range h.opt.Loggers.Levels() {
		all[name] = loggerLevel(l)
	}
	return all
}

// Logger returns the level of one logger.
func (h *Herder) Logger(name string) (runtime.LoggerLevel, error) {
	l, ok := h.opt.Loggers.Level(name)
	if !ok {
		return runtime.LoggerLevel{}, runtime.Errorf(runtime.NotFound, "Logger %s not found.", name)
	}
	return loggerLevel(l), nil
}

// SetLogger changes the level of a logger and of those whose names begin with its name, and returns the names of those that changed.
func (h *Herder) SetLogger(name, level string) ([]string, error) {
	if !loggers.Known(level) {
		return nil, runtime.Errorf(runtime.NotFound, "invalid log level '%s'.", level)
	}
	if len(name) > maxLoggerName {
		return nil, runtime.Errorf(runtime.BadRequest, "The name of a logger may not be longer than %d bytes", maxLoggerName)
	}
	changed, ok := h.opt.Loggers.Set(name, level)
	if !ok {
		return nil, runtime.Errorf(runtime.BadRequest, "There are too many loggers to remember another one")
	}
	h.opt.Logger.Info("changed log level", "logger", name, "level", level, "changed", len(changed))
	return changed, nil
}

func loggerLevel(l loggers.Level) runtime.LoggerLevel {
	answer := runtime.LoggerLevel{Level: l.Name}
	if !l.Modified.IsZero() {
		ms := l.Modified.UnixMilli()
		answer.LastModified = &ms
	}
	return answer
}

// taskLoggers returns the logger of a task's own work and that of its sink, which is named after the connector class.
func (c *connector) taskLoggers(number int) (own, sink *slog.Logger) {
	tree := c.h.opt.Loggers
	return c.hidden.Logger(tree.Logger(LoggerTasks).With("connector", c.name, "task", number)),
		c.hidden.Logger(tree.Logger(c.plugin.Class).With("connector", c.name, "task", number))
}
