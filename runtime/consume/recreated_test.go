package consume_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/deploy/local/kafka"
	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/schemas/javaregex"
)

// dropTopic deletes a topic as an operator does.
func dropTopic(t *testing.T, b *kafka.Broker, topic string) {
	t.Helper()
	admin := clusterAdmin(t, b)
	if err := admin.DeleteTopic(topic); err != nil {
		t.Fatal(err)
	}
}

func clusterAdmin(t *testing.T, b *kafka.Broker) sarama.ClusterAdmin {
	t.Helper()
	conf := sarama.NewConfig()
	conf.Version = sarama.V2_8_0_0
	admin, err := sarama.NewClusterAdmin([]string{b.Addr}, conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	return admin
}

func recreate(t *testing.T, b *kafka.Broker, topic string) {
	t.Helper()
	dropTopic(t, b, topic)
	if err := b.CreateTopic(topic, 1, nil); err != nil {
		t.Fatal(err)
	}
}

// TestTopicCreatedAgainUnderARunningTask is read as auto.offset.reset says, although its offsets look like those of the
// topic before.
func TestTopicCreatedAgainUnderARunningTask(t *testing.T) {
	b := cluster(t, 1, map[string]int32{"t": 1})
	produce(t, b.Addr, "t", 1, 0, 20)
	h, log := newCounter(), &journal{}
	member(t, b.Addr, h, map[string]string{"metadata.max.age.ms": "60000"}, into(log))
	h.counts(t, 20)
	recreate(t, b, "t")
	produce(t, b.Addr, "t", 1, 100, 150)
	eventually(t, "the records of the new topic", func() bool { got, _ := h.count(); return got == 70 })
	if line := log.line("deleted and created again"); line == "" || !contains(line, "level=ERROR", "topic=t", "partition=0", "from=20", "to=0", "policy=earliest") {
		t.Errorf("it is said as %q", line)
	}
	eventually(t, "a commit", func() bool { return committed(t, b, "connect-test", "t", 0) == 50 })
}

// TestTopicCreatedAgainWhileDown: an offset that was committed for the old topic, at the last moment, does not count for
// the new one.
func TestTopicCreatedAgainWhileDown(t *testing.T) {
	for _, reset := range []string{"earliest", "none"} {
		t.Run(reset, func(t *testing.T) {
			b := cluster(t, 1, map[string]int32{"t": 1})
			produce(t, b.Addr, "t", 1, 0, 20)
			h := newCounter()
			_, stop := member(t, b.Addr, h, nil, nil)
			h.counts(t, 20)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			res, err := clusterAdmin(t, b).ListConsumerGroupOffsets("connect-test", map[string][]int32{"t": {0}})
			if err != nil {
				t.Fatal(err)
			}
			old := res.GetBlock("t", 0).Metadata
			recreate(t, b, "t")
			produce(t, b.Addr, "t", 1, 100, 150)
			// What a member of the group commits that has not heard of it yet.
			b.ControlKey(int16(offsetFetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
				b.KeepControl()
				r := req.(*kmsg.OffsetFetchRequest)
				res := r.ResponseKind().(*kmsg.OffsetFetchResponse)
				p := kmsg.OffsetFetchResponseTopicPartition{Offset: 20, Metadata: &old}
				res.Topics = []kmsg.OffsetFetchResponseTopic{{Topic: "t", Partitions: []kmsg.OffsetFetchResponseTopicPartition{p}}}
				return res, nil, true
			})
			later, log := newCounter(), &journal{}
			if reset == "none" {
				cfg, err := consume.NewConfig(map[string]string{"bootstrap.servers": b.Addr, "auto.offset.reset": "none"}, "c", "connect-test")
				if err != nil {
					t.Fatal(err)
				}
				into(log)(&cfg)
				cfg.Topics, cfg.CommitInterval = []string{"t"}, time.Second
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				if err := consume.New(cfg).Run(ctx, later); err == nil || !contains(err.Error(), "deleted and created again", "auto.offset.reset is none") {
					t.Errorf("the consumer ended with %v", err)
				}
				return
			}
			member(t, b.Addr, later, nil, into(log))
			later.counts(t, 50)
			if line := log.line("deleted and created again"); !contains(line, "level=ERROR", "from=20") {
				t.Errorf("it is said as %q", line)
			}
		})
	}
}

// creating starts a broker that creates topics that are asked for.
func creating(t *testing.T, topics map[string]int32) *kafka.Broker {
	t.Helper()
	opts := []kfake.Opt{kfake.NumBrokers(1), kfake.AllowAutoTopicCreation(), kfake.DefaultNumPartitions(1), kfake.GroupMinSessionTimeout(1),
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

// lookups counts metadata requests.
func lookups(b *kafka.Broker) *atomic.Int64 {
	n := &atomic.Int64{}
	b.ControlKey(int16(kmsg.Metadata), func(kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		n.Add(1)
		return nil, nil, false
	})
	return n
}

// exists asks without creating.
func exists(t *testing.T, b *kafka.Broker, topic string) bool {
	t.Helper()
	topics, err := clusterAdmin(t, b).ListTopics()
	if err != nil {
		t.Fatal(err)
	}
	_, there := topics[topic]
	return there
}

// TestLookupsCreateNamedTopicsOnly: a topic that a pattern matched and that is gone stays gone; one that is named in
// topics is created, unless allow.auto.create.topics says no.
func TestLookupsCreateNamedTopicsOnly(t *testing.T) {
	t.Run("pattern", func(t *testing.T) {
		b := creating(t, map[string]int32{"fleet.a": 3, "fleet.b": 1})
		h := newCounter()
		pattern, err := javaregex.Compile(`fleet\..*`)
		if err != nil {
			t.Fatal(err)
		}
		member(t, b.Addr, h, nil, func(c *consume.Config) { c.Topics, c.Pattern = nil, pattern })
		eventually(t, "the assignment", func() bool { return h.owns() == 4 })
		dropTopic(t, b, "fleet.a")
		eventually(t, "the assignment without the topic", func() bool { return h.owns() == 1 })
		n := lookups(b)
		eventually(t, "lookups", func() bool { return n.Load() > 5 })
		if exists(t, b, "fleet.a") {
			t.Error("the topic came back")
		}
	})
	t.Run("named", func(t *testing.T) {
		b := creating(t, nil)
		h := newCounter()
		member(t, b.Addr, h, nil, nil)
		eventually(t, "the assignment", func() bool { return h.owns() == 1 })
	})
	t.Run("not allowed", func(t *testing.T) {
		b := creating(t, map[string]int32{"other": 1})
		n := lookups(b)
		member(t, b.Addr, newCounter(), map[string]string{"allow.auto.create.topics": "false"}, func(c *consume.Config) { c.Topics = []string{"t", "other"} })
		eventually(t, "lookups", func() bool { return n.Load() > 5 })
		if exists(t, b, "t") {
			t.Error("the topic was created")
		}
	})
}
