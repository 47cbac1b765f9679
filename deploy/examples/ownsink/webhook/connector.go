// Package webhook is a sink that posts records to an HTTP server, as one line of JSON each.
package webhook

import (
	"context"
	"errors"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// Class is the class name of the sink.
const Class = "com.example.WebhookSinkConnector"

func init() {
	connectors.Register(connectors.Plugin{
		Class: Class, TaskClass: "com.example.WebhookSinkTask", Aliases: []string{"webhook"}, Connector: Connector{},
	})
}

// Connector is the webhook sink.
type Connector struct{}

// Config returns the keys of the sink.
func (Connector) Config() *configdef.Def { return definition }

// Check asks the server whether it takes an empty request.
func (Connector) Check(ctx context.Context, cfg connectors.Config) []configdef.Problem {
	t := newTask(newSettings(cfg.Values))
	defer t.client.CloseIdleConnections()
	_, err := t.post(ctx, nil)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errLogin):
		return []configdef.Problem{{Key: keyToken, Message: err.Error()}}
	}
	return []configdef.Problem{{Key: keyURL, Message: err.Error()}}
}

// NewTask starts a task.
func (Connector) NewTask(_ context.Context, _ connectors.TaskContext, cfg connectors.Config) (connectors.Task, error) {
	return newTask(newSettings(cfg.Values)), nil
}
