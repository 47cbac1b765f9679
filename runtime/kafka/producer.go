package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/schemas"
)

// producerDef is ProducerKeys for keys and values that are bytes already.
var producerDef = withoutClasses(ProducerKeys)

// Outgoing is a record to be produced.
type Outgoing struct {
	Key, Value []byte // nil for null
	Headers    []schemas.RawHeader
	Time       time.Time // zero for now
}

// Producer appends records to one topic. One request is under way at a time, without idempotence: a request whose
// answer is lost may be written twice. A Producer is used by one goroutine.
type Producer struct {
	client    sarama.Client
	topic     string
	partition sarama.Partitioner
	acks      sarama.RequiredAcks
	codec     sarama.CompressionCodec
	timeout   time.Duration
}

// ProducerConfig is what a producer is made of.
type ProducerConfig struct {
	conf    *sarama.Config
	brokers []string
	acks    sarama.RequiredAcks
	codec   sarama.CompressionCodec
}

var acknowledgements = map[string]sarama.RequiredAcks{"0": sarama.NoResponse, "1": sarama.WaitForLocal,
	"all": sarama.WaitForAll, "-1": sarama.WaitForAll}

// NewProducerConfig reads Java client properties without prefix.
func NewProducerConfig(props map[string]string) (c ProducerConfig, err error) {
	v, problems := producerDef.Parse(props)
	if len(problems) > 0 {
		return c, ProblemsError(problems)
	}
	if c.conf, c.brokers, err = Config(props); err != nil {
		return c, err
	}
	c.acks = acknowledgements[v.String("acks")]
	if err := c.codec.UnmarshalText([]byte(v.String("compression.type"))); err != nil {
		return c, fmt.Errorf("configure Kafka producer: %w", err)
	}
	return c, nil
}

// Connect returns a producer for topic; start bounds the connecting. What the producer does on the network ends with
// ctx; Close it all the same.
func (c ProducerConfig) Connect(ctx, start context.Context, topic string) (*Producer, error) {
	client, err := NewClient(ctx, start, c.brokers, c.conf)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	return &Producer{client: client, topic: topic, partition: sarama.NewMurmur2Partitioner(topic), acks: c.acks, codec: c.codec,
		timeout: c.conf.Net.ReadTimeout}, nil
}

// Close drops the connections.
func (p *Producer) Close() error { return p.client.Close() }

// Send appends records in order and returns what became of each: nil when it was acknowledged. Records of a partition
// share their fate.
func (p *Producer) Send(records []Outgoing) []error {
	results := make([]error, len(records))
	sets, err := p.assign(records)
	if err != nil {
		for i := range results {
			results[i] = err
		}
		return results
	}
	for number, set := range sets {
		if err := p.append(number, records, set); err != nil {
			for _, i := range set {
				results[i] = err
			}
		}
	}
	return results
}

// assign chooses partitions as Java's producer does: by the key, or any for all records without one.
func (p *Producer) assign(records []Outgoing) (map[int32][]int, error) {
	numbers, err := p.client.Partitions(p.topic)
	if err != nil {
		return nil, fmt.Errorf("look up topic %s: %w", p.topic, err)
	}
	sets := map[int32][]int{}
	keyless := int32(-1)
	for i := range records {
		number := keyless
		if key := records[i].Key; key != nil || keyless < 0 {
			m := &sarama.ProducerMessage{Topic: p.topic}
			if key != nil {
				m.Key = sarama.ByteEncoder(key)
			}
			if number, err = p.partition.Partition(m, int32(len(numbers))); err != nil {
				return nil, fmt.Errorf("choose a partition of topic %s: %w", p.topic, err)
			}
			if key == nil {
				keyless = number
			}
		}
		sets[number] = append(sets[number], i)
	}
	return sets, nil
}

// append sends the records of one partition.
func (p *Producer) append(number int32, records []Outgoing, set []int) error {
	leader, err := p.client.Leader(p.topic, number)
	if err != nil {
		return errors.Join(fmt.Errorf("find the leader of %s-%d: %w", p.topic, number, err), p.client.RefreshMetadata(p.topic))
	}
	const version = 9
	req := &sarama.ProduceRequest{RequiredAcks: p.acks, Timeout: int32(p.timeout / time.Millisecond), Version: version}
	req.AddBatch(p.topic, number, p.batch(records, set))
	answer, err := leader.Produce(req)
	if err == nil && answer != nil {
		block := answer.GetBlock(p.topic, number)
		if block == nil {
			err = errors.New("the answer lacks the partition")
		} else if !errors.Is(block.Err, sarama.ErrNoError) {
			err = block.Err
		}
	} else if err != nil {
		_ = leader.Close() // the next look at the leader connects anew
	}
	if err == nil {
		return nil
	}
	_ = p.client.RefreshMetadata(p.topic) // the next attempt says what is wrong
	return fmt.Errorf("append to %s-%d: %w", p.topic, number, err)
}

func (p *Producer) batch(records []Outgoing, set []int) *sarama.RecordBatch {
	const magic, nobody, level = 2, -1, sarama.CompressionLevelDefault
	now := time.Now()
	b := &sarama.RecordBatch{Version: magic, Codec: p.codec, CompressionLevel: level, ProducerID: nobody, ProducerEpoch: nobody,
		FirstSequence: nobody, PartitionLeaderEpoch: nobody, LastOffsetDelta: int32(len(set) - 1)}
	for n, i := range set {
		r := &records[i]
		at := r.Time
		if at.IsZero() {
			at = now
		}
		at = at.Truncate(time.Millisecond)
		if n == 0 {
			b.FirstTimestamp, b.MaxTimestamp = at, at
		} else if at.After(b.MaxTimestamp) {
			b.MaxTimestamp = at
		}
		rec := &sarama.Record{Key: r.Key, Value: r.Value, OffsetDelta: int64(n), TimestampDelta: at.Sub(b.FirstTimestamp)}
		for _, h := range r.Headers {
			rec.Headers = append(rec.Headers, &sarama.RecordHeader{Key: []byte(h.Key), Value: h.Value})
		}
		b.Records = append(b.Records, rec)
	}
	return b
}
