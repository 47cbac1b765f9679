package consume_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/schemas/javaregex"
)

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
	pattern, err := javaregex.Compile(`fleet\.(?!.*-internal$).*`)
	if err != nil {
		t.Fatal(err)
	}
	member(t, b.Addr, c, nil, func(cfg *consume.Config) { cfg.Topics, cfg.Pattern = nil, pattern })
	eventually(t, "first topic", func() bool { return c.owns() == 1 })
	if err := b.CreateTopic("fleet.b", 2, nil); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"other", "fleet.b-internal", "a.fleet.b"} {
		if err := b.CreateTopic(other, 2, nil); err != nil {
			t.Fatal(err)
		}
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

func ExampleReset() {
	fmt.Println(consume.ResetEarliest, consume.ResetLatest, consume.ResetNone)
	// Output: earliest latest none
}
