package task

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
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

const historyPartitions = 3

// history is a group of tasks to which things happen.
type history struct {
	t        *rapid.T
	cluster  *kfake.Cluster
	ledger   *ledger
	tasks    []*SinkTask
	started  int
	produced [historyPartitions]int
	log      *slog.Logger
}

// TestHistories: whatever happens to a group of tasks, each record becomes durable, in order, before it is committed;
// and only once when no member crashed or lost its membership.
func TestHistories(t *testing.T) {
	checks := 12
	if testing.Short() {
		checks = 3
	}
	for i := range checks { // side by side, because they mostly wait
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) { runHistory(t, rt) })
		})
	}
}

func runHistory(t *testing.T, rt *rapid.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(2), kfake.SeedTopics(historyPartitions, "t"), kfake.GroupMinSessionTimeout(time.Millisecond),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	h := &history{t: rt, cluster: c, ledger: newLedger(rapid.Uint64().Draw(rt, "chance"))}
	h.log = slog.New(slog.NewTextHandler(h.ledger, nil))
	h.watchCommits()
	h.join()
	for range rapid.IntRange(6, 16).Draw(rt, "events") {
		h.event(t)
	}
	h.finish(t)
	h.ledger.mu.Lock()
	defer h.ledger.mu.Unlock()
	for _, w := range h.ledger.wrong {
		rt.Error(w)
	}
}

// watchCommits has the ledger check every commit that reaches the broker.
func (h *history) watchCommits() {
	h.cluster.ControlKey(int16(kmsg.OffsetCommit), func(req kmsg.Request) (kmsg.Response, error, bool) {
		h.cluster.KeepControl()
		if r, ok := req.(*kmsg.OffsetCommitRequest); ok {
			for _, topic := range r.Topics {
				for _, p := range topic.Partitions {
					h.ledger.committing(schemas.TopicPartition{Topic: topic.Topic, Partition: p.Partition}, p.Offset)
				}
			}
		}
		return nil, nil, false
	})
}

// event makes one thing happen and waits a little, or not at all.
func (h *history) event(t *testing.T) {
	events := []string{"produce", "produce", "produce", "join", "leave", "crash", "pause", "resume", "commit errors", "heartbeat errors", "shuffle leaders", "move coordinator"}
	what := rapid.SampledFrom(events).Draw(h.t, "event")
	switch what {
	case "produce":
		h.produce(t, rapid.IntRange(1, 200).Draw(h.t, "records"))
	case "join":
		h.join()
	case "leave":
		h.end(stopTask)
	case "crash":
		h.end(cutShort)
	case "pause":
		h.each((*SinkTask).Pause)
	case "resume":
		h.each((*SinkTask).Resume)
	case "commit errors":
		h.fault(kmsg.OffsetCommit, false, kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.UnknownServerError)
	case "heartbeat errors":
		h.fault(kmsg.Heartbeat, true, kerr.NotCoordinator, kerr.RebalanceInProgress, kerr.CoordinatorNotAvailable)
	case "shuffle leaders":
		h.cluster.ShufflePartitionLeaders()
	case "move coordinator":
		h.cluster.RehashCoordinators()
	}
	<-time.After(time.Duration(rapid.IntRange(0, 60).Draw(h.t, "milliseconds until the next")) * time.Millisecond)
}

func (h *history) fault(key kmsg.Key, topLevel bool, codes ...*kerr.Error) {
	code := rapid.SampledFrom(codes).Draw(h.t, "code")
	h.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{key}, TopLevel: topLevel, Err: code, Count: rapid.IntRange(1, 3).Draw(h.t, "times")})
}

func (h *history) produce(t *testing.T, n int) {
	conf := sarama.NewConfig()
	conf.Producer.Return.Successes, conf.Producer.Partitioner = true, sarama.NewManualPartitioner
	p, err := sarama.NewSyncProducer(h.cluster.ListenAddrs(), conf)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	batch := make([]*sarama.ProducerMessage, n)
	for i := range batch {
		batch[i] = &sarama.ProducerMessage{Topic: "t", Partition: int32(i % historyPartitions), Value: sarama.StringEncoder(`{"n":1}`)}
		h.produced[i%historyPartitions]++
	}
	if err := p.SendMessages(batch); err != nil {
		t.Fatal(err)
	}
}

func (h *history) join() {
	if len(h.tasks) == 3 {
		return
	}
	h.started++
	h.tasks = append(h.tasks, Start(Spec{Connector: "c", ID: h.started, Plugin: &connectors.Plugin{Class: "ledger", Connector: h.ledger}, Logger: h.log,
		Report: func(runtime.State, string) {},
		Props: map[string]string{"topics": "t", "consumer.override.heartbeat.interval.ms": "50", "consumer.override.fetch.max.wait.ms": "20",
			"consumer.override.session.timeout.ms": "1500", "consumer.override.max.poll.records": "20",
			// The embedded broker never answers a join whose coordinator moves.
			"consumer.override.max.poll.interval.ms": "2500", "consumer.override.request.timeout.ms": "1500"},
		Worker: map[string]string{"bootstrap.servers": h.cluster.ListenAddrs()[0], "key.converter": "org.apache.kafka.connect.storage.StringConverter",
			"value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "false", "offset.flush.interval.ms": "30"}}))
}

// end ends one of the tasks in some way.
func (h *history) end(how func(*SinkTask)) {
	if len(h.tasks) == 0 {
		return
	}
	i := rapid.IntRange(0, len(h.tasks)-1).Draw(h.t, "task")
	how(h.tasks[i])
	h.tasks = slices.Delete(h.tasks, i, i+1)
}

// cutShort ends a task in the middle of its work. One that is joining stops in good order instead: the embedded broker never
// gives up a member that crashes then.
func cutShort(s *SinkTask) {
	s.mu.Lock()
	working := len(s.pipelines) > 0
	s.mu.Unlock()
	if !working {
		stopTask(s)
		return
	}
	s.kill()
	<-s.Done()
}

func (h *history) each(do func(*SinkTask)) {
	for _, s := range h.tasks {
		do(s)
	}
}

// finish lets the group come to rest and checks the books.
func (h *history) finish(t *testing.T) {
	h.join()
	h.each((*SinkTask).Resume)
	want := 0
	for _, n := range h.produced {
		want += n
	}
	eventually(t, "all records durable", func() bool { got, _ := h.ledger.total(); return got == want })
	for _, s := range h.tasks {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		s.Stop(ctx)
		cancel()
		if s.failure != nil {
			h.t.Errorf("a task failed: %v", s.failure)
		}
	}
	if _, twice := h.ledger.total(); twice > 0 && !h.ledger.disturbed {
		h.t.Errorf("%d records came twice although nobody crashed", twice)
	}
}
