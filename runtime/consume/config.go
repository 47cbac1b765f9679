// Package consume is one member of a Kafka consumer group: it joins, is assigned partitions, fetches their records and
// commits what its pipelines say is safe.
package consume

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// Reset is where a partition starts that has no committed offset, as ListOffsets encodes it.
type Reset int64

// The policies of auto.offset.reset.
const (
	ResetEarliest Reset = Reset(sarama.OffsetOldest)
	ResetLatest   Reset = Reset(sarama.OffsetNewest)
	ResetNone     Reset = 0
)

// String returns the policy's name in auto.offset.reset.
func (r Reset) String() string {
	switch r {
	case ResetEarliest:
		return "earliest"
	case ResetLatest:
		return "latest"
	}
	return "none"
}

// Config says how a consumer consumes.
type Config struct {
	Bootstrap  []string
	Client     *sarama.Config
	Group      string
	InstanceID string // static membership; "" for a dynamic member
	Topics     []string
	Pattern    *regexp.Regexp // instead of Topics; anchored, because a whole name has to match

	SessionTimeout    time.Duration
	HeartbeatInterval time.Duration
	// RebalanceTimeout is how long the group waits for this member to give up its partitions (max.poll.interval.ms).
	RebalanceTimeout time.Duration
	CommitInterval   time.Duration
	MetadataMaxAge   time.Duration
	Strategy         sarama.BalanceStrategy
	Reset            Reset
	Isolation        sarama.IsolationLevel

	FetchMinBytes, FetchMaxBytes int32
	FetchMaxWait                 time.Duration
	PartitionMaxBytes            int32
	// MaxRecords is the most records a pipeline should take at a time (max.poll.records).
	MaxRecords int

	Logger  *slog.Logger
	Metrics *metrics.Task // nil when nobody looks at them
}

// consumerDef holds the consumer settings that tasks honour, with Kafka's defaults and Connect's where it has its own.
var consumerDef = configdef.New(
	configdef.Key{Name: "group.id", Type: configdef.String, Null: true, Doc: "Consumer group; connect-<connector> when not set."},
	configdef.Key{Name: "group.instance.id", Type: configdef.String, Null: true, Doc: "Static membership id. Set by Sluice for each task; an explicit one only fits a connector with one task."},
	configdef.Key{Name: "session.timeout.ms", Type: configdef.Int, Default: "45000", Valid: configdef.AtLeast(1), Doc: "After this time without a heartbeat the group gives the task's partitions to others."},
	configdef.Key{Name: "heartbeat.interval.ms", Type: configdef.Int, Default: "3000", Valid: configdef.AtLeast(1), Doc: "Time between heartbeats to the group coordinator."},
	configdef.Key{Name: "max.poll.interval.ms", Type: configdef.Int, Default: "300000", Valid: configdef.AtLeast(1), Doc: "How long a rebalance waits for this task to give up its partitions."},
	configdef.Key{Name: "max.poll.records", Type: configdef.Int, Default: "500", Valid: configdef.AtLeast(1), Doc: "Most records handed to the sink at a time."},
	configdef.Key{Name: "auto.offset.reset", Type: configdef.String, Default: "earliest", Valid: configdef.OneOf("earliest", "latest", "none"), Doc: "Where to start when the group has no offset for a partition."},
	configdef.Key{Name: "isolation.level", Type: configdef.String, Default: "read_uncommitted", Valid: configdef.OneOf("read_uncommitted", "read_committed"), Doc: "Whether records of open and aborted transactions are seen."},
	configdef.Key{Name: "partition.assignment.strategy", Type: configdef.List, Null: true, Doc: "Assignor to offer to the group: range (default), roundrobin or sticky, by name or Java class."},
	configdef.Key{Name: "fetch.min.bytes", Type: configdef.Int, Default: "1", Valid: configdef.AtLeast(0), Doc: "How much a broker collects before it answers a fetch."},
	configdef.Key{Name: "fetch.max.bytes", Type: configdef.Int, Default: "52428800", Valid: configdef.AtLeast(0), Doc: "Most bytes in the answer to one fetch."},
	configdef.Key{Name: "fetch.max.wait.ms", Type: configdef.Int, Default: "500", Valid: configdef.AtLeast(0), Doc: "How long a broker collects before it answers a fetch."},
	configdef.Key{Name: "max.partition.fetch.bytes", Type: configdef.Int, Default: "1048576", Valid: configdef.AtLeast(0), Doc: "Most bytes fetched from a partition at a time, and how much of it waits in memory."},
)

// NewConfig reads consumer properties without prefix, as left by the worker's consumer.* and the connector's
// consumer.override.*; clientID and group are what counts when the properties do not say.
func NewConfig(props map[string]string, clientID, group string) (Config, error) {
	if props["client.id"] == "" {
		props["client.id"] = clientID
	}
	client, bootstrap, err := kafka.Config(props)
	if err != nil {
		return Config{}, err
	}
	v, problems := consumerDef.Parse(props)
	if len(problems) > 0 {
		return Config{}, kafka.ProblemsError(problems)
	}
	c := Config{Bootstrap: bootstrap, Client: client, Group: group, InstanceID: v.String("group.instance.id"),
		SessionTimeout: millis(v, "session.timeout.ms"), HeartbeatInterval: millis(v, "heartbeat.interval.ms"),
		RebalanceTimeout: millis(v, "max.poll.interval.ms"), MetadataMaxAge: metadataMaxAge(props),
		FetchMinBytes: int32(v.Int("fetch.min.bytes")), FetchMaxBytes: int32(v.Int("fetch.max.bytes")),
		FetchMaxWait: millis(v, "fetch.max.wait.ms"), PartitionMaxBytes: int32(v.Int("max.partition.fetch.bytes")),
		MaxRecords: int(v.Int("max.poll.records"))}
	if v.String("group.id") != "" {
		c.Group = v.String("group.id")
	}
	switch v.String("auto.offset.reset") {
	case "earliest":
		c.Reset = ResetEarliest
	case "latest":
		c.Reset = ResetLatest
	}
	if v.String("isolation.level") == "read_committed" {
		c.Isolation = sarama.ReadCommitted
	}
	c.Strategy, err = strategy(v.List("partition.assignment.strategy"))
	return c, err
}

func millis(v configdef.Values, key string) time.Duration {
	return time.Duration(v.Int(key)) * time.Millisecond
}

func metadataMaxAge(props map[string]string) time.Duration {
	v, _ := configdef.New(configdef.Key{Name: "metadata.max.age.ms", Type: configdef.Long, Default: "300000", Doc: "See client."}).Parse(props)
	return max(millis(v, "metadata.max.age.ms"), 100*time.Millisecond)
}

// queueLimit is how much may wait in memory, and be fetched at a time, for each of n partitions: all of them together
// not much more than one answer of a broker may hold.
func (c *Config) queueLimit(n int) int {
	const least = 16 << 10
	return max(min(int(c.PartitionMaxBytes), int(c.FetchMaxBytes)/max(n, 1)), min(least, int(c.PartitionMaxBytes)))
}

// backoff counts up the waits between attempts: Kafka's retry.backoff.ms and retry.backoff.max.ms with jitter.
type backoff struct{ wait time.Duration }

const (
	backoffFirst = 100 * time.Millisecond
	backoffMax   = time.Second
)

func newBackoff() *backoff { return &backoff{wait: backoffFirst} }

func (b *backoff) reset() { b.wait = backoffFirst }

func (b *backoff) next() time.Duration {
	d := b.wait
	b.wait = min(2*b.wait, backoffMax)
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

// sleep waits for d or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
