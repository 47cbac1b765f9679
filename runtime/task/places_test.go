package task

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/schemas"
)

// TestEveryRecordIsInOnePlace: whatever records fail, and wherever, each ends in the sink or in the dead letter queue
// before it is committed; once and in one of them when no task was stopped.
func TestEveryRecordIsInOnePlace(t *testing.T) {
	checks := 8
	if testing.Short() {
		checks = 2
	}
	for i := range checks { // side by side, because they mostly wait
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) { runPlaces(t, rt) })
		})
	}
}

// places is a task that tolerates errors, and where its records went.
type places struct {
	history
	outage atomic.Int32 // attempts at sending letters that are still to fail
}

func runPlaces(t *testing.T, rt *rapid.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(historyPartitions, "t"), kfake.SeedTopics(1, "dlq"),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p := &places{history: history{t: rt, cluster: c, ledger: newLedger(rapid.Uint64().Draw(rt, "chance")), log: slog.New(slog.DiscardHandler)}}
	p.ledger.arrived = map[schemas.TopicPartition]map[int64]int{}
	p.watchCommits()
	p.watchLetters()
	p.start()
	for range rapid.IntRange(6, 16).Draw(rt, "events") {
		p.event(t)
	}
	p.outage.Store(0)
	p.tasks[0].Resume()
	want := 0
	for _, n := range p.produced {
		want += n
	}
	eventually(t, "all records somewhere", func() bool { return p.found() == want })
	stopTask(p.tasks[0])
	p.check()
}

// watchLetters notes which records reach the dead letter queue, and refuses them during an outage.
func (p *places) watchLetters() {
	p.cluster.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		p.cluster.KeepControl()
		r, ok := req.(*kmsg.ProduceRequest)
		if !ok || r.Topics[0].Topic != "dlq" {
			return nil, nil, false
		}
		if p.outage.Add(-1) >= 0 {
			return refusal(r), nil, true
		}
		p.outage.Store(0)
		p.ledger.arrive(r.Topics[0].Partitions[0].Records)
		return nil, nil, false
	})
}

func refusal(r *kmsg.ProduceRequest) kmsg.Response {
	answer := r.ResponseKind().(*kmsg.ProduceResponse)
	topic := kmsg.NewProduceResponseTopic()
	partition := kmsg.NewProduceResponseTopicPartition()
	topic.Topic, partition.ErrorCode = "dlq", kerr.NotEnoughReplicas.Code
	topic.Partitions = append(topic.Partitions, partition)
	answer.Topics = append(answer.Topics, topic)
	return answer
}

// arrive notes the letters of a batch by their keys, partition/offset.
func (l *ledger) arrive(raw []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b kmsg.RecordBatch
	if err := b.ReadFrom(raw); err != nil {
		l.complain("a batch cannot be read: %v", err)
		return
	}
	for rest := b.Records; len(rest) > 0; {
		var r kmsg.Record
		if err := r.ReadFrom(rest); err != nil {
			l.complain("a letter cannot be read: %v", err)
			return
		}
		length, n := kmsgVarint(rest)
		rest = rest[n+length:]
		number, offset, _ := strings.Cut(string(r.Key), "/")
		part, _ := strconv.Atoi(number)
		at, err := strconv.ParseInt(offset, 10, 64)
		if err != nil {
			l.complain("a letter has the key %q", r.Key)
		}
		tp := schemas.TopicPartition{Topic: "t", Partition: int32(part)}
		if l.arrived[tp] == nil {
			l.arrived[tp] = map[int64]int{}
		}
		l.arrived[tp][at]++
	}
}

// kmsgVarint reads the zigzag length before a record.
func kmsgVarint(b []byte) (value, size int) {
	var u uint64
	for size < len(b) {
		u |= uint64(b[size]&0x7f) << (7 * size)
		size++
		if b[size-1] < 0x80 {
			break
		}
	}
	return int(u >> 1), size
}

func (p *places) start() {
	p.tasks = []*SinkTask{Start(Spec{Connector: "c", Plugin: &connectors.Plugin{Class: "ledger", Connector: p.ledger}, Logger: p.log,
		Report: func(runtime.State, string) {},
		Props: dead("topics", "t", "consumer.override.heartbeat.interval.ms", "50", "consumer.override.fetch.max.wait.ms", "20",
			"consumer.override.max.poll.records", "20", "value.converter", "test.Moody"),
		Worker: map[string]string{"bootstrap.servers": p.cluster.ListenAddrs()[0], "key.converter": "org.apache.kafka.connect.storage.StringConverter",
			"offset.flush.interval.ms": "30"}})}
}

func (p *places) event(t *testing.T) {
	switch rapid.SampledFrom([]string{"produce", "produce", "produce", "outage", "pause", "resume", "restart"}).Draw(p.t, "event") {
	case "produce":
		p.fill(t, rapid.IntRange(1, 100).Draw(p.t, "records"), rapid.IntRange(0, 100).Draw(p.t, "percent of bad ones"))
	case "outage":
		p.outage.Store(int32(rapid.IntRange(1, 3).Draw(p.t, "attempts")))
	case "pause":
		p.tasks[0].Pause()
	case "resume":
		p.tasks[0].Resume()
	case "restart":
		stopTask(p.tasks[0])
		p.ledger.mu.Lock()
		p.ledger.disturbed = true // what failed above a record that is not safe comes again
		p.ledger.mu.Unlock()
		p.start()
	}
	<-time.After(time.Duration(rapid.IntRange(0, 60).Draw(p.t, "milliseconds until the next")) * time.Millisecond)
}

// fill appends n records of which some are bad.
func (p *places) fill(t *testing.T, n, percent int) {
	conf := sarama.NewConfig()
	conf.Producer.Return.Successes, conf.Producer.Partitioner = true, sarama.NewManualPartitioner
	client, err := sarama.NewSyncProducer(p.cluster.ListenAddrs(), conf)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	bad := rapid.SliceOfN(rapid.IntRange(1, 100), n, n).Draw(p.t, "dice")
	batch := make([]*sarama.ProducerMessage, n)
	for i := range batch {
		part, value := i%historyPartitions, "fine"
		if bad[i] <= percent {
			value = "bad"
		}
		batch[i] = &sarama.ProducerMessage{Topic: "t", Partition: int32(part), Value: sarama.StringEncoder(value),
			Key: sarama.StringEncoder(fmt.Sprintf("%d/%d", part, p.produced[part]))}
		p.produced[part]++
	}
	if err := client.SendMessages(batch); err != nil {
		t.Fatal(err)
	}
}

// found counts the records that are somewhere.
func (p *places) found() (n int) {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	for part, records := range p.produced {
		tp := schemas.TopicPartition{Topic: "t", Partition: int32(part)}
		for o := range int64(records) {
			if p.ledger.durable[tp][o]+p.ledger.arrived[tp][o] > 0 {
				n++
			}
		}
	}
	return n
}

func (p *places) check() {
	l := p.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := p.tasks[0].failure; err != nil {
		p.t.Errorf("the task failed: %v", err)
	}
	for _, w := range l.wrong {
		p.t.Error(w)
	}
	for part, records := range p.produced {
		tp := schemas.TopicPartition{Topic: "t", Partition: int32(part)}
		for o := range int64(records) {
			if n := l.durable[tp][o] + l.arrived[tp][o]; n > 1 && !l.disturbed {
				p.t.Errorf("offset %d of %s is %d times in the sink and %d times in the dead letter queue", o, tp, l.durable[tp][o], l.arrived[tp][o])
			}
		}
	}
}
