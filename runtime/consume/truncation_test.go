package consume_test

import (
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/deploy/local/kafka"
	"github.com/sluice-connect/sluice/runtime/consume"
)

// times returns how often record i came.
func (c *counter) times(i int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[uint64(i)]
}

func into(log *journal) func(*consume.Config) {
	return func(c *consume.Config) { c.Logger = slog.New(slog.NewTextHandler(log, nil)) }
}

// epochAnswers answers OffsetForLeaderEpoch as a leader would whose log was cut; asked holds what was asked.
type epochAnswers struct {
	mu    sync.Mutex
	asked []kmsg.OffsetForLeaderEpochRequestTopicPartition
}

func (e *epochAnswers) requests() []kmsg.OffsetForLeaderEpochRequestTopicPartition {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]kmsg.OffsetForLeaderEpochRequestTopicPartition(nil), e.asked...)
}

// answerEpochs lets the broker say that the epoch that was asked for ends at end, in an epoch of its log.
func answerEpochs(b *kafka.Broker, epoch int32, end int64) *epochAnswers {
	e := &epochAnswers{}
	b.ControlKey(int16(kmsg.OffsetForLeaderEpoch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		r := req.(*kmsg.OffsetForLeaderEpochRequest)
		res := r.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, topic := range r.Topics {
			answered := kmsg.OffsetForLeaderEpochResponseTopic{Topic: topic.Topic}
			for _, p := range topic.Partitions {
				e.asked = append(e.asked, p)
				answered.Partitions = append(answered.Partitions, kmsg.OffsetForLeaderEpochResponseTopicPartition{Partition: p.Partition, LeaderEpoch: epoch, EndOffset: end})
			}
			res.Topics = append(res.Topics, answered)
		}
		return res, nil, true
	})
	return e
}

// moved lets another broker lead partition 0 of topic t.
func moved(t *testing.T, b *kafka.Broker) {
	t.Helper()
	for node := range int32(2) {
		if b.LeaderFor("t", 0) != node {
			if err := b.MoveTopicPartition("t", 0, node); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
}

// TestLogsThatPartUnderARunningTask: after an unclean election the new leader's log ends at 10, and what is written
// there now is read from 10 on.
func TestLogsThatPartUnderARunningTask(t *testing.T) {
	b := cluster(t, 2, map[string]int32{"t": 1})
	produce(t, b.Addr, "t", 1, 0, 20)
	h, log := newCounter(), &journal{}
	member(t, b.Addr, h, nil, into(log))
	h.counts(t, 20)
	asked := answerEpochs(b, 0, 10)
	moved(t, b)
	eventually(t, "the records behind the point where the logs part", func() bool { return h.times(10) == 2 && h.times(19) == 2 })
	if h.times(9) != 1 {
		t.Errorf("record 9 came %d times: the log was not read from where it parts", h.times(9))
	}
	if line := log.line("unclean leader election"); line == "" || !contains(line, "level=ERROR", "topic=t", "partition=0", "from=20", "to=10", "records=10") {
		t.Errorf("it is said as %q", line)
	}
	if got := asked.requests(); got[0].LeaderEpoch != 0 || got[0].CurrentLeaderEpoch != 1 {
		t.Errorf("the leader was asked %+v, want for epoch 0 as leader of epoch 1", got[0])
	}
	eventually(t, "a commit", func() bool { return committed(t, b, "connect-test", "t", 0) == 20 })
}

// TestLogsThatPartedWhileDown: the epoch of what was committed is known after a restart, and the leader is asked for it.
func TestLogsThatPartedWhileDown(t *testing.T) {
	for name, c := range map[string]struct {
		end   int64
		reset string
		again int
	}{
		"same log": {20, "earliest", 0}, "cut": {12, "earliest", 8}, "cut, but nobody says what to do": {12, "none", 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := cluster(t, 1, map[string]int32{"t": 1})
			produce(t, b.Addr, "t", 1, 0, 20)
			h := newCounter()
			_, stop := member(t, b.Addr, h, nil, nil)
			h.counts(t, 20)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			asked := answerEpochs(b, 0, c.end)
			later, log := newCounter(), &journal{}
			member(t, b.Addr, later, map[string]string{"auto.offset.reset": c.reset}, into(log))
			eventually(t, "a question", func() bool { return len(asked.requests()) > 0 })
			if c.reset == "none" {
				eventually(t, "the failure", func() bool {
					later.mu.Lock()
					defer later.mu.Unlock()
					return len(later.failed) > 0 && contains(later.failed[0].Error(), "offset 12 to 19", "auto.offset.reset is none")
				})
				return
			}
			produce(t, b.Addr, "t", 1, 20, 21)
			later.counts(t, c.again+1)
			if said := log.line("unclean leader election") != ""; said != (c.again > 0) {
				t.Errorf("an election was said to be unclean: %v", said)
			}
		})
	}
}

// TestEpochsThatABrokerDoesNotKnow: a broker that kept no record of epochs must not have everything read again; one that
// is behind what was read has another log.
func TestEpochsThatABrokerDoesNotKnow(t *testing.T) {
	b := cluster(t, 2, map[string]int32{"t": 1})
	produce(t, b.Addr, "t", 1, 0, 20)
	h := newCounter()
	member(t, b.Addr, h, nil, nil)
	h.counts(t, 20)
	asked := answerEpochs(b, -1, -1)
	moved(t, b)
	produce(t, b.Addr, "t", 1, 20, 30)
	h.counts(t, 30)
	if len(asked.requests()) == 0 {
		t.Error("nobody asked")
	}
}

// TestFetchesAndCommitsNameEpochs: brokers that have another view of who leads are to see it.
func TestFetchesAndCommitsNameEpochs(t *testing.T) {
	b := cluster(t, 2, map[string]int32{"t": 1})
	moved(t, b) // so that epochs are not all 0
	var mu sync.Mutex
	var fetched, last, commits = map[int32]bool{}, map[int32]bool{}, map[int32]bool{}
	b.ControlKey(int16(fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		mu.Lock()
		defer mu.Unlock()
		for _, topic := range req.(*kmsg.FetchRequest).Topics {
			for _, p := range topic.Partitions {
				fetched[p.CurrentLeaderEpoch] = true
				if p.FetchOffset > 0 {
					last[p.LastFetchedEpoch] = true
				}
			}
		}
		return nil, nil, false
	})
	b.ControlKey(int16(offsetCommit), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		mu.Lock()
		defer mu.Unlock()
		for _, topic := range req.(*kmsg.OffsetCommitRequest).Topics {
			for _, p := range topic.Partitions {
				commits[p.LeaderEpoch] = true
			}
		}
		return nil, nil, false
	})
	produce(t, b.Addr, "t", 1, 0, 20)
	h := newCounter()
	_, stop := member(t, b.Addr, h, nil, nil)
	h.counts(t, 20)
	eventually(t, "a commit", func() bool { return committed(t, b, "connect-test", "t", 0) == 20 })
	moved(t, b)
	produce(t, b.Addr, "t", 1, 20, 30)
	h.counts(t, 30)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for name, c := range map[string]struct{ got map[int32]bool }{"leader of fetches": {fetched}, "last record": {last}, "commits": {commits}} {
		if !c.got[1] || !c.got[2] || c.got[-1] {
			t.Errorf("epochs of %s are %v, want 1 and 2", name, c.got)
		}
	}
}

// TestFencedFetches: a broker that is ahead, or behind, in what it knows of leaders is asked again after a lookup.
func TestFencedFetches(t *testing.T) {
	for _, code := range []*kerr.Error{kerr.FencedLeaderEpoch, kerr.UnknownLeaderEpoch} {
		t.Run(code.Message, func(t *testing.T) {
			b := cluster(t, 2, map[string]int32{"t": 1})
			produce(t, b.Addr, "t", 1, 0, 20)
			refused := 0
			b.ControlKey(int16(fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
				b.KeepControl()
				r := req.(*kmsg.FetchRequest)
				if refused++; refused > 3 || len(r.Topics) == 0 {
					return nil, nil, false
				}
				res := badAnswer(r, &r.Topics[0]).(*kmsg.FetchResponse)
				res.Topics[0].Partitions[0] = kmsg.NewFetchResponseTopicPartition()
				res.Topics[0].Partitions[0].ErrorCode = code.Code
				return res, nil, true
			})
			h := newCounter()
			member(t, b.Addr, h, nil, nil)
			h.counts(t, 20)
		})
	}
}

func contains(text string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}
