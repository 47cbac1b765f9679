package demo

import (
	"net"
	"strings"

	"github.com/sluice-connect/sluice/deploy/local/fleet"
	"github.com/sluice-connect/sluice/deploy/local/recount"
	"github.com/sluice-connect/sluice/deploy/local/stack"
)

// The connectors of the demo.
const (
	lakeConnector  = "fleet-lake"
	stateConnector = "vehicle-state"
	liveConnector  = "vehicle-live"
)

// connector is a request to create one.
type connector struct {
	Name   string            `json:"name"`
	Config map[string]string `json:"config"`
}

// connectors are written as one would write them for the Java worker.
func connectors(s *stack.Stack) []connector {
	host, port, _ := net.SplitHostPort(s.RedisAddr) // an address that something listens on
	return []connector{
		{lakeConnector, map[string]string{
			"connector.class":             "io.confluent.connect.s3.S3SinkConnector",
			"tasks.max":                   "1",
			"topics":                      strings.Join([]string{fleet.Location, fleet.Status, fleet.Event}, ","),
			"s3.bucket.name":              stack.Bucket,
			"s3.region":                   stack.Region,
			"store.url":                   s.S3URL,
			"aws.access.key.id":           stack.AccessKey,
			"aws.secret.access.key":       stack.SecretKey,
			"storage.class":               "io.confluent.connect.s3.storage.S3Storage",
			"format.class":                "io.confluent.connect.s3.format.json.JsonFormat",
			"partitioner.class":           "io.confluent.connect.storage.partitioner.TimeBasedPartitioner",
			"timestamp.extractor":         "Record",
			"partition.duration.ms":       "3600000",
			"path.format":                 "'dt'=YYYY-MM-dd/'hour'=HH",
			"locale":                      "en-US",
			"timezone":                    "UTC",
			"flush.size":                  "5000",
			"rotate.schedule.interval.ms": "2000",
		}},
		{stateConnector, map[string]string{
			"connector.class":         "io.confluent.connect.aws.dynamodb.DynamoDbSinkConnector",
			"tasks.max":               "1",
			"topics":                  fleet.Status,
			"aws.dynamodb.region":     stack.Region,
			"aws.dynamodb.endpoint":   s.DynamoDBURL,
			"aws.access.key.id":       stack.AccessKey,
			"aws.secret.access.key":   stack.SecretKey,
			"table.name.format":       stack.Table,
			"aws.dynamodb.pk.hash":    "value." + stack.HashKey,
			"aws.dynamodb.pk.sort":    "",
			"behavior.on.null.values": "IGNORE",
		}},
		{liveConnector, map[string]string{
			"connector.class": "com.redis.kafka.connect.RedisSinkConnector",
			"tasks.max":       "1",
			"topics":          fleet.Location,
			"redis.host":      host,
			"redis.port":      port,
			"redis.type":      "HASH",
			"redis.keyspace":  strings.TrimSuffix(recount.Keyspace, ":"),
		}},
	}
}
