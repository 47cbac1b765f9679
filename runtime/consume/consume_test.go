package consume_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
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
	mu     *sync.Mutex
	seen   map[uint64]int
	owned  map[schemas.TopicPartition]bool
	ends   map[*consume.Partition]chan struct{}
	closed []connectors.CloseReason
	failed []error // why partitions cannot be read any further
	wg     sync.WaitGroup
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

// TestMembersComeAndGo: while members join and leave in good order, every record arrives once.
func TestMembersComeAndGo(t *testing.T) {
	const n = 20000
	b := broker(t, map[string]int32{"t": 6})
	c1, c2, c3 := newCounter(), newCounter(), newCounter()
	c2.seen, c3.seen = c1.seen, c1.seen
	c2.mu, c3.mu = c1.mu, c1.mu
	_, stop1 := member(t, b.Addr, c1, nil, nil)
	eventually(t, "first assignment", func() bool { return c1.owns() == 6 })
	produce(t, b.Addr, "t", 6, 0, n/4)
	_, stop2 := member(t, b.Addr, c2, nil, nil)
	eventually(t, "second assignment", func() bool { return c1.owns() == 3 && c2.owns() == 3 })
	produce(t, b.Addr, "t", 6, n/4, n/2)
	_, stop3 := member(t, b.Addr, c3, nil, nil)
	eventually(t, "third assignment", func() bool { return c1.owns() == 2 && c2.owns() == 2 && c3.owns() == 2 })
	produce(t, b.Addr, "t", 6, n/2, 3*n/4)
	if err := stop1(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "assignment after a leave", func() bool { return c2.owns() == 3 && c3.owns() == 3 })
	produce(t, b.Addr, "t", 6, 3*n/4, n)
	if err := stop2(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all records", func() bool { got, _ := c1.count(); return got == n })
	if err := stop3(); err != nil {
		t.Fatal(err)
	}
	if _, twice := c1.count(); twice != 0 {
		t.Errorf("%d records arrived twice", twice)
	}
}

// TestStaticMemberLeaves: a static member that stops in good order makes room at once, not after the session timeout.
func TestStaticMemberLeaves(t *testing.T) {
	b := broker(t, map[string]int32{"t": 2})
	static := func(id string) func(*consume.Config) {
		return func(c *consume.Config) { c.InstanceID = id; c.SessionTimeout = 5 * time.Minute }
	}
	c1, c2 := newCounter(), newCounter()
	_, stop1 := member(t, b.Addr, c1, nil, static("one"))
	eventually(t, "first assignment", func() bool { return c1.owns() == 2 })
	member(t, b.Addr, c2, nil, static("two"))
	eventually(t, "shared assignment", func() bool { return c1.owns() == 1 && c2.owns() == 1 })
	if err := stop1(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "takeover", func() bool { return c2.owns() == 2 })
}

// TestStaticMemberReturns: after a crash the member with the same instance id goes on at once where the commits were.
func TestStaticMemberReturns(t *testing.T) {
	b := broker(t, map[string]int32{"t": 2})
	change := func(c *consume.Config) { c.InstanceID = "one"; c.SessionTimeout = 5 * time.Minute }
	c1 := newCounter()
	cfg := func() consume.Config {
		cfg, err := consume.NewConfig(map[string]string{"bootstrap.servers": b.Addr, "heartbeat.interval.ms": "50"}, "c", "connect-test")
		if err != nil {
			t.Fatal(err)
		}
		cfg.Topics, cfg.CommitInterval, cfg.Logger = []string{"t"}, 20*time.Millisecond, slog.New(slog.DiscardHandler)
		change(&cfg)
		return cfg
	}
	ctx, crash := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- consume.New(cfg()).Run(ctx, c1) }()
	produce(t, b.Addr, "t", 2, 0, 1000)
	eventually(t, "first records", func() bool { got, _ := c1.count(); return got == 1000 })
	crash()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the crash ended with %v", err)
	}
	c2 := newCounter()
	member(t, b.Addr, c2, nil, change)
	eventually(t, "assignment", func() bool { return c2.owns() == 2 })
	produce(t, b.Addr, "t", 2, 1000, 1100)
	eventually(t, "new records", func() bool {
		c2.mu.Lock()
		defer c2.mu.Unlock()
		return c2.seen[1099] == 1
	})
}

// TestTopicsAppear: a pattern finds topics that are created later, and a missing topic is waited for.
func TestTopicsAppear(t *testing.T) {
	b := broker(t, map[string]int32{"fleet.a": 1})
	c := newCounter()
	member(t, b.Addr, c, nil, func(cfg *consume.Config) { cfg.Topics, cfg.Pattern = nil, regexp.MustCompile(`^(?:fleet\..*)$`) })
	eventually(t, "first topic", func() bool { return c.owns() == 1 })
	if err := b.CreateTopic("fleet.b", 2, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.CreateTopic("other", 2, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "second topic", func() bool { return c.owns() == 3 })

	late := newCounter()
	member(t, b.Addr, late, map[string]string{"group.id": "late"}, func(cfg *consume.Config) { cfg.Topics = []string{"late", "fleet.a"} })
	eventually(t, "the topic that is there", func() bool { return late.owns() == 1 })
	if err := b.CreateTopic("late", 1, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the topic that was missing", func() bool { return late.owns() == 2 })
}

// TestPauseKeepsPartitions: while paused nothing is fetched, and resuming goes on without a rebalance.
func TestPauseKeepsPartitions(t *testing.T) {
	b := broker(t, map[string]int32{"t": 1})
	h := newCounter()
	c, _ := member(t, b.Addr, h, nil, nil)
	produce(t, b.Addr, "t", 1, 0, 10)
	eventually(t, "first records", func() bool { got, _ := h.count(); return got == 10 })
	c.Pause()
	eventually(t, "committed offset", func() bool { return committed(t, b, "connect-test", "t", 0) == 10 })
	c.Resume()
	produce(t, b.Addr, "t", 1, 10, 20)
	eventually(t, "later records", func() bool { got, _ := h.count(); return got == 20 })
	if len(h.closed) != 0 {
		t.Errorf("pausing made the partitions go: %v", h.closed)
	}
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

// TestOutOfRange: a position that retention removed is reset by policy.
func TestOutOfRange(t *testing.T) {
	b := broker(t, map[string]int32{"t": 1})
	produce(t, b.Addr, "t", 1, 0, 100)
	h := newCounter()
	_, stop := member(t, b.Addr, h, nil, nil)
	eventually(t, "first records", func() bool { got, _ := h.count(); return got == 100 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	produce(t, b.Addr, "t", 1, 100, 300)
	if err := b.DeleteRecords("t", 0, 250); err != nil {
		t.Fatal(err)
	}
	h2 := newCounter()
	member(t, b.Addr, h2, nil, nil)
	eventually(t, "records after the gap", func() bool { got, _ := h2.count(); return got == 50 })

	cfg, err := consume.NewConfig(map[string]string{"bootstrap.servers": b.Addr, "auto.offset.reset": "none"}, "c", "strict")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Topics, cfg.CommitInterval, cfg.Logger = []string{"t"}, time.Second, slog.New(slog.DiscardHandler)
	if err := consume.New(cfg).Run(t.Context(), newCounter()); err == nil || !strings.Contains(err.Error(), "auto.offset.reset is none") {
		t.Errorf("a group without offsets and reset none ended with %v", err)
	}
}

// TestReadCommitted: aborted records are left out and offsets still pass over them.
func TestReadCommitted(t *testing.T) {
	b := broker(t, map[string]int32{"t": 1})
	conf := sarama.NewConfig()
	conf.Version = sarama.V2_8_0_0
	conf.Producer.Idempotent, conf.Producer.Return.Successes = true, true
	conf.Producer.RequiredAcks, conf.Net.MaxOpenRequests = sarama.WaitForAll, 1
	conf.Producer.Transaction.ID = "tx"
	p, err := sarama.NewSyncProducer([]string{b.Addr}, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	send := func(from, to int, commit bool) {
		if err := p.BeginTxn(); err != nil {
			t.Fatal(err)
		}
		for i := from; i < to; i++ {
			if _, _, err := p.SendMessage(&sarama.ProducerMessage{Topic: "t", Value: sarama.ByteEncoder(number(i))}); err != nil {
				t.Fatal(err)
			}
		}
		end := p.AbortTxn
		if commit {
			end = p.CommitTxn
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	send(0, 10, true)
	send(10, 20, false)
	send(20, 30, true)
	send(30, 40, false)
	h := newCounter()
	member(t, b.Addr, h, map[string]string{"isolation.level": "read_committed"}, nil)
	eventually(t, "commit beyond the last marker", func() bool { return committed(t, b, "connect-test", "t", 0) == 44 })
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range 40 {
		want := 1
		if i/10%2 == 1 {
			want = 0
		}
		if got := h.seen[uint64(i)]; got != want {
			t.Errorf("record %d arrived %d times, want %d", i, got, want)
		}
	}
}

// TestBrokerAway: a consumer that finds no broker keeps trying and can be stopped.
func TestBrokerAway(t *testing.T) {
	b := broker(t, map[string]int32{"t": 1})
	addr := b.Addr
	b.Close()
	log := &logged{}
	_, stop := member(t, addr, newCounter(), nil, func(c *consume.Config) { c.Logger = slog.New(slog.NewTextHandler(log, nil)) })
	eventually(t, "a word about the broker", func() bool { return log.contains("no Kafka broker can be reached") })
	if err := stop(); err != nil {
		t.Errorf("stopping without a broker: %v", err)
	}
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

func ExampleReset() {
	fmt.Println(consume.ResetEarliest, consume.ResetLatest, consume.ResetNone)
	// Output: earliest latest none
}
