package file

import (
	"context"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// task owns the file that its partitions share.
type task struct{ out *output }

// Open returns a writer to the shared file.
func (t *task) Open(context.Context, schemas.TopicPartition, int64) (connectors.Writer, error) {
	return &writer{out: t.out}, nil
}

// Close closes the file.
func (t *task) Close(context.Context) error { return t.out.close() }
