//go:build real

package e2e

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

// Connector configurations in the form of the vendors' documentation; only names, topics and addresses are ours.
const (
	s3Config = `{
  "name": "s3-sink",
  "config": {
    "connector.class": "io.confluent.connect.s3.S3SinkConnector",
    "tasks.max": "2",
    "topics": "%s",
    "s3.region": "%s",
    "s3.bucket.name": "%s",
    "s3.part.size": "5242880",
    "store.url": "%s",
    "aws.access.key.id": "%s",
    "aws.secret.access.key": "%s",
    "flush.size": "%d",%s
    "storage.class": "io.confluent.connect.s3.storage.S3Storage",
    "format.class": "io.confluent.connect.s3.format.json.JsonFormat",
    "schema.generator.class": "io.confluent.connect.storage.hive.schema.DefaultSchemaGenerator",
    "partitioner.class": "io.confluent.connect.storage.partitioner.DefaultPartitioner",
    "schema.compatibility": "NONE"
  }
}`
	dynamoConfig = `{
  "name": "dynamodb-sink",
  "config": {
    "connector.class": "io.confluent.connect.aws.dynamodb.DynamoDbSinkConnector",
    "tasks.max": "1",
    "topics": "%s",
    "aws.dynamodb.region": "us-east-1",
    "aws.dynamodb.endpoint": "%s",
    "aws.access.key.id": "key",
    "aws.secret.access.key": "secret",
    "aws.dynamodb.pk.hash": "value.vehicle_id",
    "aws.dynamodb.pk.sort": "",
    "confluent.topic.bootstrap.servers": "localhost:9092",
    "confluent.topic.replication.factor": "1"
  }
}`
	redisConfig = `{
  "name": "redis-sink",
  "config": {
    "connector.class": "com.redis.kafka.connect.RedisSinkConnector",
    "tasks.max": "1",
    "topics": "%s",
    "redis.uri": "redis://%s",
    "redis.type": "HASH",
    "redis.keyspace": "fleet",
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false"
  }
}`
)

// world is the set of services a pipeline needs.
type world struct {
	kafka  *parts.KafkaPart
	s3     *parts.S3Part
	dynamo *parts.DynamoDBPart
	redis  *parts.RedisPart
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{kafka: parts.Kafka(t), s3: parts.S3(t), dynamo: parts.DynamoDB(t), redis: parts.Redis(t)}
}

func (w *world) s3Body(topic string, flushSize int, more string) string {
	return fmt.Sprintf(s3Config, topic, w.s3.Region, w.s3.Bucket, w.s3.Endpoint, w.s3.AccessKey, w.s3.SecretKey, flushSize, more)
}

// TestThreeSinksAcrossAKill is the main job: three connectors posted with curl, 300,000 records, a kill -9 in the
// middle, and every sink compared with the topic afterwards.
func TestThreeSinksAcrossAKill(t *testing.T) {
	const records, vehicles, flushSize = 300_000, 2000, 2500 // 75,000 a partition: flush.size closes the last object too
	world := newWorld(t)
	f := newFleet(t, world.kafka, "telemetry", 4, vehicles)
	createTable(t, world.dynamo, f.topic)
	f.produce(t, world.kafka.Addr, 0, records/2)

	w := startWorker(t, world.kafka.Addr)
	w.create(world.s3Body(f.topic, flushSize, ""))
	w.create(fmt.Sprintf(dynamoConfig, f.topic, world.dynamo.Endpoint))
	w.create(fmt.Sprintf(redisConfig, f.topic, world.redis.Addr))
	w.waitRunning("s3-sink", 2)
	w.waitRunning("dynamodb-sink", 1)
	w.waitRunning("redis-sink", 1)

	eventually(t, time.Minute, "objects in S3", func() bool {
		n := 0
		walk(t, filepath.Join(world.s3.Dir, world.s3.Bucket), func(string) { n++ })
		return n >= 8
	})
	w.kill()
	killed := time.Now()
	f.produce(t, world.kafka.Addr, records/2, records)
	w.start()
	w.waitRunning("s3-sink", 2) // from its first answer on the worker knows its connectors
	w.waitRunning("redis-sink", 1)
	waitLagZero(t, world.kafka, "connect-redis-sink")
	waitLagZero(t, world.kafka, "connect-s3-sink")
	waitLagZero(t, world.kafka, "connect-dynamodb-sink")
	t.Logf("all groups had committed %s after the kill", time.Since(killed).Round(time.Millisecond))

	if f.total() != records {
		t.Fatalf("the ledger holds %d records", f.total())
	}
	objects := f.checkS3(t, filepath.Join(world.s3.Dir, world.s3.Bucket))
	f.checkDynamoDB(t, world.dynamo.Endpoint, f.topic)
	f.checkRedis(t, world.redis.Addr, "fleet:")
	t.Logf("%d records: %d objects, %d items and hashes compared, nothing lost or doubled", f.total(), objects, len(f.last()))
}

// TestScheduledRotationClosesTheTail: without further records the last objects are written and committed.
func TestScheduledRotationClosesTheTail(t *testing.T) {
	world := &world{kafka: parts.Kafka(t), s3: parts.S3(t)}
	f := newFleet(t, world.kafka, "odd", 3, 30)
	f.produce(t, world.kafka.Addr, 0, 1234)
	w := startWorker(t, world.kafka.Addr)
	w.create(world.s3Body(f.topic, 100_000, `"rotate.schedule.interval.ms": "2000", "timezone": "UTC", "s3.compression.type": "gzip",`))
	w.waitRunning("s3-sink", 2)
	waitLagZero(t, world.kafka, "connect-s3-sink")
	f.checkS3(t, filepath.Join(world.s3.Dir, world.s3.Bucket))
}

// TestSinkThatIsMissingIsNamed: a task whose bucket or table is not there fails with the fix in its trace, and works
// after a restart once it exists.
func TestSinkThatIsMissingIsNamed(t *testing.T) {
	world := &world{kafka: parts.Kafka(t), dynamo: parts.DynamoDB(t)}
	f := newFleet(t, world.kafka, "late", 1, 5)
	f.produce(t, world.kafka.Addr, 0, 50)
	w := startWorker(t, world.kafka.Addr)
	w.create(fmt.Sprintf(dynamoConfig, f.topic, world.dynamo.Endpoint))
	trace := w.waitFailed("dynamodb-sink")
	for _, part := range []string{"late", "restart"} {
		if !strings.Contains(trace, part) {
			t.Errorf("trace does not say %q:\n%s", part, trace)
		}
	}
	createTable(t, world.dynamo, f.topic)
	if code, body := w.call(http.MethodPost, "/connectors/dynamodb-sink/restart?includeTasks=true&onlyFailed=true", ""); code != http.StatusAccepted {
		t.Fatalf("restart answered %d: %s", code, body)
	}
	w.waitRunning("dynamodb-sink", 1)
	waitLagZero(t, world.kafka, "connect-dynamodb-sink")
	f.checkDynamoDB(t, world.dynamo.Endpoint, f.topic)
}

// TestBrokerRestart: a broker that goes away and comes back is waited for; no task fails and nothing is lost.
func TestBrokerRestart(t *testing.T) {
	world := &world{kafka: parts.Kafka(t), redis: parts.Redis(t)}
	f := newFleet(t, world.kafka, "bounce", 2, 100)
	f.produce(t, world.kafka.Addr, 0, 5000)
	w := startWorker(t, world.kafka.Addr)
	w.create(fmt.Sprintf(redisConfig, f.topic, world.redis.Addr))
	waitLagZero(t, world.kafka, "connect-redis-sink")
	world.kafka.Kill()
	world.kafka.Restart()
	f.produce(t, world.kafka.Addr, 5000, 10000)
	waitLagZero(t, world.kafka, "connect-redis-sink")
	w.waitRunning("redis-sink", 1)
	f.checkRedis(t, world.redis.Addr, "fleet:")
}
