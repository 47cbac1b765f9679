// Package redis is the Redis sink: records become hashes, strings or JSON documents, in the order of their keys.
package redis

import (
	"context"
	"log/slog"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// Class is the class name of Redis Inc's sink, whose configuration this sink takes.
const Class = "com.redis.kafka.connect.RedisSinkConnector"

func init() {
	connectors.Register(connectors.Plugin{
		Class:     Class,
		TaskClass: "com.redis.kafka.connect.sink.RedisSinkTask",
		Aliases:   []string{"redis", "RedisSinkConnector"},
		Connector: Connector{},
	})
}

// Connector is the Redis sink.
type Connector struct{}

var _ connectors.Connector = Connector{}

// Config returns the keys of the Redis sink.
func (Connector) Config() *configdef.Def { return definition }

// Check asks the server for a PING and for the commands the configuration needs.
func (Connector) Check(ctx context.Context, cfg connectors.Config) []configdef.Problem {
	s, problems := newSettings(cfg.Values)
	if len(problems) > 0 {
		return problems
	}
	t := newTask(s, slog.New(slog.DiscardHandler))
	err := t.probe(ctx)
	_ = t.Close(ctx)
	if err != nil {
		return []configdef.Problem{{Key: s.addressKey, Message: err.Error()}}
	}
	return nil
}

// NewTask connects to the server.
func (Connector) NewTask(ctx context.Context, tc connectors.TaskContext, cfg connectors.Config) (connectors.Task, error) {
	s, problems := newSettings(cfg.Values)
	if len(problems) > 0 {
		return nil, problemError(problems[0])
	}
	t := newTask(s, tc.Logger)
	if err := t.probe(ctx); err != nil {
		_ = t.Close(ctx)
		return nil, err
	}
	return t, nil
}
