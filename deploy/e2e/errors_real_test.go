//go:build real

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

// deadLetters configures a dead letter queue as the connectors here use it.
const deadLetters = `"errors.tolerance": "all", "errors.deadletterqueue.topic.name": %q, "errors.deadletterqueue.topic.replication.factor": %q,
	"errors.deadletterqueue.context.headers.enable": "true", "errors.log.enable": "true", "errors.log.include.messages": "true"`

// sendPoison fills a topic of one partition: record 2 of 5 is no JSON and has a time and headers of its own.
func sendPoison(t *testing.T, k *parts.KafkaPart, topic string, at time.Time) {
	t.Helper()
	k.Topics(t, "--create", "--topic", topic, "--partitions", "1")
	conf := sarama.NewConfig()
	conf.Version = sarama.V2_8_0_0
	conf.Producer.Return.Successes = true
	p, err := sarama.NewSyncProducer([]string{k.Addr}, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i := range 5 {
		m := &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(fmt.Sprint("k", i)), Value: sarama.StringEncoder(fmt.Sprintf(`{"n":%d}`, i))}
		if i == 2 {
			m.Value, m.Timestamp = sarama.StringEncoder(`{"n":`), at
			m.Headers = []sarama.RecordHeader{{Key: []byte("own"), Value: []byte("\xff\x00")}, {Key: []byte("none")}}
		}
		if _, _, err := p.SendMessage(m); err != nil {
			t.Fatal(err)
		}
	}
}

// onlyLetter reads the one record of a dead letter topic, which has one partition.
func onlyLetter(t *testing.T, k *parts.KafkaPart, topic string) *sarama.ConsumerMessage {
	t.Helper()
	if description := k.Topics(t, "--describe", "--topic", topic); !strings.Contains(description, "PartitionCount: 1") {
		t.Errorf("the dead letter topic is\n%s", description)
	}
	conf := sarama.NewConfig()
	conf.Version = sarama.V2_8_0_0
	client, err := sarama.NewClient([]string{k.Addr}, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if end, err := client.GetOffset(topic, 0, sarama.OffsetNewest); err != nil || end != 1 {
		t.Fatalf("the dead letter topic ends at %d: %v", end, err)
	}
	c, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p, err := c.ConsumePartition(topic, 0, sarama.OffsetOldest)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return <-p.Messages()
}

// compareHeaders compares all headers, in order; the last only as far as the expected text goes, because our frames
// are not Java's.
func compareHeaders(t *testing.T, m *sarama.ConsumerMessage, want [][2]string) {
	t.Helper()
	if len(m.Headers) != len(want) {
		t.Fatalf("%d headers, want %d", len(m.Headers), len(want))
	}
	for i, h := range m.Headers {
		value := string(h.Value)
		if i == len(want)-1 {
			value = value[:min(len(value), len(want[i][1]))]
		}
		if string(h.Key) != want[i][0] || value != want[i][1] {
			t.Errorf("header %d is %s: %q, want %q", i, h.Key, h.Value, want[i])
		}
		t.Logf("%-38s %q", h.Key, h.Value)
	}
}

// TestDeadLettersOfAConverter: the headers are the recorded ones of the real worker; the record before and those after
// are in the file, and the offset has passed.
func TestDeadLettersOfAConverter(t *testing.T) {
	k := parts.Kafka(t)
	at := time.UnixMilli(1767225600123)
	sendPoison(t, k, "lab-poison", at)
	w := startWorker(t, k.Addr)
	out := filepath.Join(t.TempDir(), "out.txt")
	w.create(fmt.Sprintf(`{"name": "w8", "config": {"connector.class": "FileStreamSink", "tasks.max": "1", "topics": "lab-poison", "file": %q, `+
		deadLetters+`}}`, out, "lab-dlq", "1"))
	waitLagZero(t, k, "connect-w8")
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Fields(string(text)); !slices.Equal(lines, []string{`{"n":0}`, `{"n":1}`, `{"n":3}`, `{"n":4}`}) {
		t.Errorf("the file holds %q", lines)
	}
	m := onlyLetter(t, k, "lab-dlq")
	if string(m.Key) != "k2" || string(m.Value) != `{"n":` || !m.Timestamp.Equal(at) {
		t.Errorf("the letter is %q %q at %v", m.Key, m.Value, m.Timestamp)
	}
	const message = "Converting byte[] to Kafka Connect data failed due to serialization error: "
	compareHeaders(t, m, [][2]string{{"own", "\xff\x00"}, {"none", ""},
		{"__connect.errors.topic", "lab-poison"},
		{"__connect.errors.partition", "0"},
		{"__connect.errors.offset", "2"},
		{"__connect.errors.connector.name", "w8"},
		{"__connect.errors.task.id", "0"},
		{"__connect.errors.stage", "VALUE_CONVERTER"},
		{"__connect.errors.class.name", "org.apache.kafka.connect.json.JsonConverter"},
		{"__connect.errors.exception.class.name", "org.apache.kafka.connect.errors.DataException"},
		{"__connect.errors.exception.message", message},
		{"__connect.errors.exception.stacktrace", "org.apache.kafka.connect.errors.DataException: " + message}})
	w.waitLogged("Error encountered in task w8-0. Executing stage 'VALUE_CONVERTER' with class 'org.apache.kafka.connect.json.JsonConverter'",
		", where consumed record is {topic='lab-poison', partition=0, offset=2, timestamp=1767225600123, timestampType=CreateTime}.")
}

// TestDeadLettersOfASink: a record that the real Redis refuses goes to the dead letter queue, its neighbours to Redis.
func TestDeadLettersOfASink(t *testing.T) {
	k, server := parts.Kafka(t), parts.Redis(t)
	k.Topics(t, "--create", "--topic", "lab-reject", "--partitions", "1")
	client := redisClient(t, server.Addr)
	if err := client.LPush(t.Context(), "rejects:k2", "a list").Err(); err != nil {
		t.Fatal(err)
	}
	c := &changes{topic: "lab-reject", partitions: 1}
	c.send(t, k.Addr, []change{{"k1", `{"n":1}`}, {"k2", `{"n":2}`}, {"k3", `{"n":3}`}}, 1)
	w := startWorker(t, k.Addr)
	w.create(fmt.Sprintf(`{"name": "rejects", "config": {"connector.class": "com.redis.kafka.connect.RedisSinkConnector", "tasks.max": "1",
		"topics": "lab-reject", "redis.uri": "redis://%s", "redis.type": "HASH", `+deadLetters+`, "redis.keyspace": "rejects"}}`, server.Addr, "lab-dlq", "1"))
	waitLagZero(t, k, "connect-rejects")
	for _, key := range []string{"k1", "k3"} {
		if got, err := client.HGet(t.Context(), "rejects:"+key, "n").Result(); err != nil || got != key[1:] {
			t.Errorf("%s holds %q: %v", key, got, err)
		}
	}
	m := onlyLetter(t, k, "lab-dlq")
	if string(m.Key) != "k2" || string(m.Value) != `{"n":2}` {
		t.Errorf("the letter is %q %q", m.Key, m.Value)
	}
	message := string(m.Headers[min(8, len(m.Headers)-1)].Value) // the sink's own words
	if !strings.Contains(message, "WRONGTYPE") {
		t.Errorf("the message is %q", message)
	}
	compareHeaders(t, m, [][2]string{
		{"__connect.errors.topic", "lab-reject"},
		{"__connect.errors.partition", "0"},
		{"__connect.errors.offset", "1"},
		{"__connect.errors.connector.name", "rejects"},
		{"__connect.errors.task.id", "0"},
		{"__connect.errors.stage", "TASK_PUT"},
		{"__connect.errors.class.name", "org.apache.kafka.connect.sink.SinkTask"},
		{"__connect.errors.exception.class.name", "org.apache.kafka.connect.errors.ConnectException"},
		{"__connect.errors.exception.message", message},
		{"__connect.errors.exception.stacktrace", "org.apache.kafka.connect.errors.ConnectException: " + message}})
}

// TestDeadLetterTopicThatCannotBeMade: the default of three replicas does not fit one broker; the trace is the real
// worker's where tools read it.
func TestDeadLetterTopicThatCannotBeMade(t *testing.T) {
	k := parts.Kafka(t)
	k.Topics(t, "--create", "--topic", "lab-poison", "--partitions", "1")
	w := startWorker(t, k.Addr)
	w.create(fmt.Sprintf(`{"name": "three", "config": {"connector.class": "FileStreamSink", "tasks.max": "1", "topics": "lab-poison", "file": %q, `+
		deadLetters+`}}`, filepath.Join(t.TempDir(), "out.txt"), "lab-dlq3", "3"))
	trace := w.waitFailed("three")
	if first, rest, _ := strings.Cut(trace, "\n"); first != "org.apache.kafka.connect.errors.ConnectException: Could not initialize dead letter queue with topic=lab-dlq3" ||
		!strings.Contains(rest, "org.apache.kafka.common.errors.InvalidReplicationFactorException: ") ||
		!strings.Contains(rest, "Unable to replicate the partition 3 time(s)") {
		t.Errorf("trace is\n%s", trace)
	}
}
