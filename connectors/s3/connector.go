// Package s3 is the sink that writes records to objects in S3, with the keys, names and file boundaries of Confluent's.
package s3

import (
	"context"
	"fmt"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// checkTime bounds the question whether the bucket is there.
const checkTime = 10 * time.Second

func init() {
	connectors.Register(connectors.Plugin{
		Class:     "io.confluent.connect.s3.S3SinkConnector",
		TaskClass: "io.confluent.connect.s3.S3SinkTask",
		Aliases:   []string{"s3", "S3SinkConnector"},
		Connector: Connector{},
	})
}

// Connector is the S3 sink's connector class.
type Connector struct{}

// Config returns all keys of the sink.
func (Connector) Config() *configdef.Def { return definition }

// Check asks S3 whether the bucket can be used.
func (Connector) Check(ctx context.Context, cfg connectors.Config) []configdef.Problem {
	set, problems := newSettings(cfg.Values)
	if len(problems) > 0 {
		return problems
	}
	st, err := open(ctx, set)
	if err != nil {
		return []configdef.Problem{{Key: keyBucket, Message: err.Error()}}
	}
	st.close()
	return nil
}

// NewTask starts a task: it fails when the bucket cannot be used.
func (Connector) NewTask(ctx context.Context, tc connectors.TaskContext, cfg connectors.Config) (connectors.Task, error) {
	set, problems := newSettings(cfg.Values)
	if len(problems) > 0 {
		return nil, fmt.Errorf("configure the S3 sink: %s", problems[0].Message)
	}
	st, err := open(ctx, set)
	if err != nil {
		return nil, err
	}
	if set.extract == nil && cfg.Int(keyRotate) > 0 && tc.Logger != nil {
		tc.Logger.Warn("rotate.interval.ms has no effect: the partitioner is not time-based")
	}
	return newTask(tc, set, st), nil
}

// open returns a store whose bucket answered. That S3 is away is no reason to fail a task that starts just now; that
// there are no credentials is.
func open(ctx context.Context, set *settings) (*store, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	st, err := newStore(ctx, set)
	if err != nil {
		return nil, fmt.Errorf("connect to S3: %w", err)
	}
	if err := st.checkBucket(ctx); err != nil {
		st.close()
		doing := "use bucket " + set.bucket
		if keyless(err) {
			return nil, set.explain(doing, err)
		}
		return nil, set.failure(ctx, doing, err)
	}
	return st, nil
}
