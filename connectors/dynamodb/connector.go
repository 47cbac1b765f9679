// Package dynamodb is the DynamoDB sink: it keeps one item per key, written in batches that cross partitions.
package dynamodb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/connectors/awsconfig"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// The names the sink is registered under.
const (
	Class     = "io.confluent.connect.aws.dynamodb.DynamoDbSinkConnector"
	TaskClass = "io.confluent.connect.aws.dynamodb.DynamoDbSinkTask"
)

func init() {
	connectors.Register(connectors.Plugin{
		Class: Class, TaskClass: TaskClass,
		Aliases:   []string{"dynamodb", "DynamoDbSinkConnector", "DynamoDbSink"},
		Connector: Connector{},
	})
}

// Connector is the DynamoDB sink.
type Connector struct{}

// Config returns the keys of the sink.
func (Connector) Config() *configdef.Def { return definition }

// Check looks whether the tables exist and have the keys that the configuration gives.
func (Connector) Check(ctx context.Context, cfg connectors.Config) []configdef.Problem {
	c, err := connect(ctx, cfg)
	if err != nil {
		return []configdef.Problem{{Key: keyRegion, Message: err.Error()}}
	}
	defer c.release()
	names, err := c.settings.tables(cfg.Topics)
	if err != nil {
		return []configdef.Problem{{Key: keyTable, Message: err.Error()}}
	}
	var problems []configdef.Problem
	for _, name := range names {
		l, err := describeTable(ctx, c.client, name)
		if err != nil {
			explained := place{name, c.region}.explain(err)
			problems = append(problems, configdef.Problem{Key: keyTable, Message: explained.Error()})
			continue
		}
		if err := c.settings.fits(l); err != nil {
			problems = append(problems, configdef.Problem{Key: problemKey(err), Message: fmt.Sprintf("table %s with the key %s: %v", name, &l, err)})
		}
	}
	return problems
}

// problemKey finds the key that a mismatch is about: the sort key when the text names it first.
func problemKey(err error) string {
	text := err.Error()
	if h := strings.Index(text, keyHash); h < 0 && strings.Contains(text, keySort) {
		return keySort
	}
	return keyHash
}

// NewTask looks at the tables of the configured topics and starts a task.
func (Connector) NewTask(ctx context.Context, tc connectors.TaskContext, cfg connectors.Config) (connectors.Task, error) {
	c, err := connect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	t := newTask(c.settings, c.region, c.open, tc.Wake)
	t.release = c.release
	if err := t.openAll(ctx, cfg.Topics); err != nil {
		_ = t.Close(ctx)
		return nil, err
	}
	return t, nil
}

func (t *task) openAll(ctx context.Context, topics []string) error {
	names, err := t.settings.tables(topics)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := t.find(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// tables are the names of the tables that are known before any record is.
func (s *settings) tables(topics []string) ([]string, error) {
	if len(topics) == 0 && !strings.Contains(s.tableFormat, topicVariable) {
		topics = []string{""}
	}
	var names []string
	for _, topic := range topics {
		name, err := expandTable(s.tableFormat, topic)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// connection is a client and what it was made from.
type connection struct {
	settings settings
	client   *dynamodb.Client
	region   string
	release  func() // closes idle connections
}

func connect(ctx context.Context, cfg connectors.Config) (*connection, error) {
	s, err := newSettings(cfg.Values)
	if err != nil {
		return nil, err
	}
	loaded, err := awsconfig.Load(ctx, s.aws)
	if err != nil {
		return nil, err
	}
	return &connection{s, newClient(loaded), loaded.Region, func() { awsconfig.CloseIdle(loaded) }}, nil
}

// open finds a table.
func (c *connection) open(ctx context.Context, name string) (table, layout, error) {
	l, err := describeTable(ctx, c.client, name)
	return &sdkTable{client: c.client, name: name, layout: l}, l, err
}
