package consume_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/deploy/local/kafka"
	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// broker starts an embedded broker with one topic.
func broker(t *testing.T, topics map[string]int32) *kafka.Broker {
	t.Helper()
	return cluster(t, 1, topics)
}

// cluster starts several embedded brokers that let sessions be short.
func cluster(t testing.TB, brokers int, topics map[string]int32) *kafka.Broker {
	t.Helper()
	opts := []kfake.Opt{kfake.NumBrokers(brokers), kfake.GroupMinSessionTimeout(time.Millisecond),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"})}
	for topic, partitions := range topics {
		opts = append(opts, kfake.SeedTopics(partitions, topic))
	}
	c, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return &kafka.Broker{Cluster: c, Addr: c.ListenAddrs()[0]}
}

// produce sends records from..to-1 as 8-byte numbers, spread over the partitions by number.
func produce(t *testing.T, addr, topic string, partitions int32, from, to int) {
	t.Helper()
	conf := sarama.NewConfig()
	conf.Producer.Return.Successes = true
	// Leaders move in some tests: a record must not be doubled on its way in.
	conf.Producer.Idempotent, conf.Producer.RequiredAcks, conf.Net.MaxOpenRequests = true, sarama.WaitForAll, 1
	conf.Producer.Partitioner = sarama.NewManualPartitioner
	conf.Version = sarama.V2_8_0_0
	p, err := sarama.NewSyncProducer([]string{addr}, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var batch []*sarama.ProducerMessage
	for i := from; i < to; i++ {
		batch = append(batch, &sarama.ProducerMessage{Topic: topic, Partition: int32(i) % partitions, Value: sarama.ByteEncoder(number(i))})
		if len(batch) == 500 || i == to-1 {
			if err := p.SendMessages(batch); err != nil {
				t.Fatal(err)
			}
			batch = batch[:0]
		}
	}
}

func number(i int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(i)) }

// counter is a handler that counts each record and commits what it has seen.
type counter struct {
	mu       *sync.Mutex
	seen     map[uint64]int
	owned    map[schemas.TopicPartition]bool
	ends     map[*consume.Partition]chan struct{}
	closed   []connectors.CloseReason
	failed   []error // why partitions cannot be read any further
	disorder []error // offsets that did not go up
	wg       sync.WaitGroup
}

func newCounter() *counter {
	return &counter{mu: &sync.Mutex{}, seen: map[uint64]int{}, owned: map[schemas.TopicPartition]bool{}, ends: map[*consume.Partition]chan struct{}{}}
}

func (c *counter) Assigned(parts []*consume.Partition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range parts {
		end := make(chan struct{})
		c.ends[p], c.owned[p.TopicPartition] = end, true
		c.wg.Add(1)
		go func() { defer c.wg.Done(); c.pump(p, end) }()
	}
}

func (c *counter) pump(p *consume.Partition, end chan struct{}) {
	last := int64(-1)
	for {
		select {
		case <-end:
			return
		case <-p.Ready():
		}
		for {
			records, next, err := p.Take(nil, 100)
			if err != nil {
				c.mu.Lock()
				c.failed = append(c.failed, err)
				c.mu.Unlock()
			}
			if next < 0 || err != nil {
				break
			}
			c.mu.Lock()
			for _, r := range records {
				if r.Offset <= last {
					c.disorder = append(c.disorder, fmt.Errorf("offset %d of %s came after %d", r.Offset, r.Source, last))
				}
				last = r.Offset
				c.seen[binary.BigEndian.Uint64(r.Raw.Value)]++
			}
			c.mu.Unlock()
			p.Commit(next)
			select {
			case <-end:
				return
			default:
			}
		}
	}
}

func (c *counter) Revoked(_ context.Context, reason connectors.CloseReason) {
	c.mu.Lock()
	for p, end := range c.ends {
		close(end)
		delete(c.ends, p)
	}
	clear(c.owned)
	c.closed = append(c.closed, reason)
	c.mu.Unlock()
	c.wg.Wait()
}

func (c *counter) count() (distinct, twice int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.seen {
		if n > 1 {
			twice++
		}
	}
	return len(c.seen), twice
}

func (c *counter) owns() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.owned)
}

// eventually polls until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come true in time", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// member runs a consumer until the test or stop ends it.
func member(t *testing.T, addr string, h consume.Handler, props map[string]string, change func(*consume.Config)) (c *consume.Consumer, stop func() error) {
	t.Helper()
	all := map[string]string{"bootstrap.servers": addr, "heartbeat.interval.ms": "50", "fetch.max.wait.ms": "50", "metadata.max.age.ms": "200", "session.timeout.ms": "10000"}
	for k, v := range props {
		all[k] = v
	}
	cfg, err := consume.NewConfig(all, "test-client", "connect-test")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Topics, cfg.CommitInterval = []string{"t"}, 50*time.Millisecond
	cfg.Logger = slog.New(slog.NewTextHandler(testWriter{t}, nil))
	if change != nil {
		change(&cfg)
	}
	c = consume.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, h) }()
	var once sync.Once
	var result error
	stop = func() error {
		once.Do(func() {
			c.Stop()
			select {
			case result = <-done:
			case <-time.After(20 * time.Second):
				t.Error("consumer did not stop")
				cancel()
				result = <-done
			}
			cancel()
		})
		return result
	}
	t.Cleanup(func() { _ = stop() })
	return c, stop
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func committed(t *testing.T, b *kafka.Broker, group, topic string, partition int32) int64 {
	t.Helper()
	conf := sarama.NewConfig()
	conf.Version = sarama.V2_8_0_0
	admin, err := sarama.NewClusterAdmin([]string{b.Addr}, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	res, err := admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {partition}})
	if errors.Is(err, sarama.ErrGroupIDNotFound) {
		return -1
	}
	if err != nil {
		t.Fatal(err)
	}
	block := res.GetBlock(topic, partition)
	if block == nil {
		return -1
	}
	return block.Offset
}

// logged keeps what was logged.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) contains(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), s)
}
