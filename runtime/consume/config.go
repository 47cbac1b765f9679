// Package consume is one member of a Kafka consumer group: it joins, is assigned partitions, fetches their records and
// commits what its pipelines say is safe.
package consume

import (
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/javaregex"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// Reset is where a partition starts that has no committed offset, as ListOffsets encodes it.
type Reset int64

// The policies of auto.offset.reset.
const (
	ResetEarliest Reset = Reset(sarama.OffsetOldest)
	ResetLatest   Reset = Reset(sarama.OffsetNewest)
	ResetNone     Reset = 0
	// ResetBack starts Config.Back before now; a later Reset is a time in milliseconds since 1970.
	ResetBack Reset = 1
)

// String returns the policy's name in auto.offset.reset.
func (r Reset) String() string {
	switch r {
	case ResetEarliest:
		return "earliest"
	case ResetLatest:
		return "latest"
	case ResetNone:
		return "none"
	}
	return "by_duration"
}

// Config says how a consumer consumes.
type Config struct {
	Bootstrap  []string
	Client     *sarama.Config
	Group      string
	InstanceID string // static membership; "" for a dynamic member
	Topics     []string
	// CreateTopics lets a broker create those of Topics that are missing, if it may.
	CreateTopics bool
	Pattern      *javaregex.Pattern // instead of Topics; it has to match a whole name

	SessionTimeout    time.Duration
	HeartbeatInterval time.Duration
	// RebalanceTimeout is how long the group waits for this member to give up its partitions (max.poll.interval.ms).
	RebalanceTimeout time.Duration
	CommitInterval   time.Duration
	MetadataMaxAge   time.Duration
	Strategy         sarama.BalanceStrategy
	Reset            Reset
	Back             time.Duration
	Isolation        sarama.IsolationLevel

	FetchMinBytes, FetchMaxBytes int32
	FetchMaxWait                 time.Duration
	PartitionMaxBytes            int32
	// BatchMaxBytes is the most memory that the records of one batch may take once it is decompressed.
	BatchMaxBytes int
	// SkipBatches passes over batches beyond that, instead of ending the partition.
	SkipBatches bool
	// MaxRecords is the most records a pipeline should take at a time (max.poll.records).
	MaxRecords int

	Logger  *slog.Logger
	Metrics *metrics.Task // nil when nobody looks at them
}

// consumerDef is Kafka's definition with the defaults that Connect has for sink tasks.
var consumerDef = connectDefaults(kafka.ConsumerKeys)

func connectDefaults(keys *configdef.Def) *configdef.Def {
	def := configdef.New()
	for _, k := range keys.Keys() {
		switch k.Name {
		case "auto.offset.reset":
			k.Default = "earliest"
		case "partition.assignment.strategy":
			k.Default = ""
		case "key.deserializer", "value.deserializer":
			k.Required = false
		}
		def.Add(k)
	}
	return def
}

// Check returns what is wrong with the consumer properties that stand in props after prefix. It reads no file and asks
// no broker, and what is not set is not wrong.
func Check(prefix string, props map[string]string) []configdef.Problem {
	problems := kafka.CheckValues(kafka.ConsumerKeys, prefix, props)
	if len(problems) > 0 {
		return problems
	}
	own := map[string]string{"bootstrap.servers": "localhost:9092"}
	maps.Copy(own, configdef.WithPrefix(props, prefix))
	v, problems := consumerDef.Parse(own)
	if len(problems) > 0 {
		return problems
	}
	if _, err := strategy(v.List("partition.assignment.strategy")); err != nil {
		problems = append(problems, configdef.Problem{Key: prefix + "partition.assignment.strategy", Message: err.Error()})
	}
	if err := checkTimes(v); err != nil {
		problems = append(problems, configdef.Problem{Key: prefix + "session.timeout.ms", Message: err.Error()})
	}
	return problems
}

// NewConfig reads consumer properties without prefix, as left by the worker's consumer.* and the connector's
// consumer.override.*; clientID and group are what counts when the properties do not say.
func NewConfig(props map[string]string, clientID, group string) (Config, error) {
	if props["client.id"] == "" {
		props["client.id"] = clientID
	}
	v, problems := consumerDef.Parse(props)
	if len(problems) > 0 {
		return Config{}, kafka.ProblemsError(problems)
	}
	if err := checkTimes(v); err != nil {
		return Config{}, fmt.Errorf("configure Kafka client: %w", err)
	}
	if id := v.String("group.instance.id"); id != "" && !legalInstance.MatchString(id) {
		return Config{}, fmt.Errorf("configure Kafka client: group.instance.id %q must be up to 249 ASCII letters, digits, dots, underscores and dashes", id)
	}
	client, bootstrap, err := kafka.Config(props)
	if err != nil {
		return Config{}, err
	}
	c := Config{Bootstrap: bootstrap, Client: client, Group: group, InstanceID: v.String("group.instance.id"),
		SessionTimeout: millis(v, "session.timeout.ms"), HeartbeatInterval: millis(v, "heartbeat.interval.ms"),
		RebalanceTimeout: millis(v, "max.poll.interval.ms"), MetadataMaxAge: max(millis(v, "metadata.max.age.ms"), metadataLeast),
		FetchMinBytes: int32(v.Int("fetch.min.bytes")), FetchMaxBytes: int32(v.Int("fetch.max.bytes")),
		FetchMaxWait: millis(v, "fetch.max.wait.ms"), PartitionMaxBytes: int32(v.Int("max.partition.fetch.bytes")),
		MaxRecords: int(v.Int("max.poll.records")), CreateTopics: v.Bool("allow.auto.create.topics"),
		BatchMaxBytes: int(v.Int(kafka.BatchMaxBytes))}
	if v.String("group.id") != "" {
		c.Group = v.String("group.id")
	}
	switch v.String("auto.offset.reset") {
	case "earliest":
		c.Reset = ResetEarliest
	case "latest":
		c.Reset = ResetLatest
	}
	if back, counts, err := kafka.ResetDuration(v.String("auto.offset.reset")); counts && err == nil {
		c.Reset, c.Back = ResetBack, back
	}
	if v.String("isolation.level") == "read_committed" {
		c.Isolation = sarama.ReadCommitted
	}
	c.Strategy, err = strategy(v.List("partition.assignment.strategy"))
	return c, err
}

// metadataLeast keeps a worker from asking for metadata all the time.
const metadataLeast = 100 * time.Millisecond

// policy is where to start now.
func (c *Config) policy() Reset {
	if c.Reset == ResetBack {
		return Reset(max(time.Now().Add(-c.Back).UnixMilli(), int64(ResetBack)))
	}
	return c.Reset
}

// legalInstance is what Kafka allows in a group.instance.id, but for . and .. alone.
var legalInstance = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

// checkTimes holds the times against each other that Kafka's ranges leave open.
func checkTimes(v configdef.Values) error {
	session, heartbeat := v.Int("session.timeout.ms"), v.Int("heartbeat.interval.ms")
	if heartbeat < 1 || heartbeat >= session {
		return fmt.Errorf("heartbeat.interval.ms (%d) must be at least 1 and lower than session.timeout.ms (%d)", heartbeat, session)
	}
	return nil
}

func millis(v configdef.Values, key string) time.Duration {
	return v.Duration(key, time.Millisecond)
}

// queueLimit is how much may wait in memory, and be fetched at a time, for each of n partitions: all of them together
// not much more than one answer of a broker may hold.
func (c *Config) queueLimit(n int) int {
	const least = 16 << 10
	return max(min(int(c.PartitionMaxBytes), int(c.FetchMaxBytes)/max(n, 1)), min(least, int(c.PartitionMaxBytes)))
}

// The waits between attempts: Kafka's retry.backoff.ms and retry.backoff.max.ms with jitter.
const (
	backoffFirst = 100 * time.Millisecond
	backoffMax   = time.Second
)

// lookups are the waits between lookups of one partition.
var lookups = pace.Backoff{First: backoffFirst, Max: backoffMax}

func newBackoff() *pace.Backoff {
	return &pace.Backoff{First: backoffFirst, Max: backoffMax, Low: 0.8, High: 1.2}
}
