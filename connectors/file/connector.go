// Package file is the file sink: one line of text for each record, appended to a file or to standard output.
package file

import (
	"context"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// Class is the class name of Kafka's own file sink, whose configuration this sink takes.
const Class = "org.apache.kafka.connect.file.FileStreamSinkConnector"

func init() {
	connectors.Register(connectors.Plugin{
		Class:     Class,
		TaskClass: "org.apache.kafka.connect.file.FileStreamSinkTask",
		Aliases:   []string{"FileStreamSink", "FileStreamSinkConnector", "file"},
		Connector: Connector{},
	})
}

// Connector is the file sink.
type Connector struct{}

var (
	_ connectors.Connector     = Connector{}
	_ connectors.OffsetAlterer = Connector{}
)

// Version is the release of Kafka whose file sink this one follows.
func (Connector) Version() string { return "4.3.1" }

// Config returns the keys of the file sink.
func (Connector) Config() *configdef.Def { return definition }

// Check opens the file as a task would.
func (Connector) Check(_ context.Context, cfg connectors.Config) []configdef.Problem {
	out, err := open(cfg)
	if err == nil {
		err = out.close()
	}
	if err != nil {
		return []configdef.Problem{{Key: keyFile, Message: err.Error()}}
	}
	return nil
}

// NewTask opens the file.
func (Connector) NewTask(_ context.Context, _ connectors.TaskContext, cfg connectors.Config) (connectors.Task, error) {
	out, err := open(cfg)
	if err != nil {
		return nil, err
	}
	return &task{out: out}, nil
}

// AlterOffsets accepts every change: the file knows no offsets.
func (Connector) AlterOffsets(context.Context, connectors.Config, map[schemas.TopicPartition]*int64) error {
	return nil
}
