package consume_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/deploy/local/kafka"
)

// TestLeadersMove: while partitions move between brokers, every record comes once and in order.
func TestLeadersMove(t *testing.T) {
	const parts, rounds, each = 6, 8, 300
	b := cluster(t, 3, map[string]int32{"t": parts})
	h := newCounter()
	member(t, b.Addr, h, nil, nil)
	for i := range rounds {
		produce(t, b.Addr, "t", parts, i*each, (i+1)*each)
		if i%2 == 0 {
			b.ShufflePartitionLeaders()
		} else if err := b.MoveTopicPartition("t", int32(i%parts), int32(i%3)); err != nil {
			t.Fatal(err)
		}
		if i == rounds/2 {
			b.RehashCoordinators()
		}
	}
	h.counts(t, rounds*each)
}

// TestBrokerComesAndGoes: a broker that is removed hands its partitions to others, and a new one takes some.
func TestBrokerComesAndGoes(t *testing.T) {
	b := cluster(t, 3, map[string]int32{"t": 6})
	h := newCounter()
	member(t, b.Addr, h, map[string]string{"session.timeout.ms": "1000"}, nil)
	produce(t, b.Addr, "t", 6, 0, 600)
	h.counts(t, 600)
	// The address the test connects to stays.
	for node := range int32(3) {
		if b.ListenAddrs()[node] == b.Addr {
			continue
		}
		if err := b.RemoveNode(node); err != nil {
			t.Fatal(err)
		}
		break
	}
	id, _, err := b.AddNode(7, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.MoveTopicPartition("t", 0, id); err != nil {
		t.Fatal(err)
	}
	produce(t, b.Addr, "t", 6, 600, 1200)
	eventually(t, "records after the change", func() bool { got, _ := h.count(); return got == 1200 })
}

// TestDamagedAnswer: an answer that cannot be decoded once is fetched again; one partition whose answers never can
// fails alone.
func TestDamagedAnswer(t *testing.T) {
	for name, always := range map[string]bool{"once": false, "always": true} {
		t.Run(name, func(t *testing.T) {
			b := cluster(t, 1, map[string]int32{"t": 3})
			produce(t, b.Addr, "t", 3, 0, 300)
			damage(b, always)
			h := newCounter()
			_, stop := member(t, b.Addr, h, nil, nil)
			if !always {
				h.counts(t, 300)
				return
			}
			h.counts(t, 200)
			eventually(t, "the failure of the damaged partition", func() bool {
				h.mu.Lock()
				defer h.mu.Unlock()
				return len(h.failed) == 1 && h.failed[0] != nil
			})
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

// damage answers fetches that want partition 1 from its start with a batch that fails its checksum.
func damage(b *kafka.Broker, always bool) {
	var done atomic.Bool
	b.ControlKey(int16(fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		r, ok := req.(*kmsg.FetchRequest)
		if !ok || (!always && done.Load()) {
			return nil, nil, false
		}
		for _, topic := range r.Topics {
			for _, p := range topic.Partitions {
				if p.Partition == 1 && p.FetchOffset == 0 {
					done.Store(true)
					return badAnswer(r, &topic), nil, true
				}
			}
		}
		return nil, nil, false
	})
}

func badAnswer(r *kmsg.FetchRequest, of *kmsg.FetchRequestTopic) kmsg.Response {
	res := r.ResponseKind().(*kmsg.FetchResponse)
	batch := kmsg.RecordBatch{Magic: 2, Length: 49, NumRecords: 1, CRC: 12345}
	rp := kmsg.NewFetchResponseTopicPartition()
	rp.Partition, rp.HighWatermark, rp.LastStableOffset, rp.RecordBatches = 1, 100, 100, batch.AppendTo(nil)
	rt := kmsg.NewFetchResponseTopic()
	rt.Topic, rt.TopicID, rt.Partitions = of.Topic, of.TopicID, []kmsg.FetchResponseTopicPartition{rp}
	res.Topics = append(res.Topics, rt)
	return res
}

// TestCutInTheMiddleOfMoves: brokers that cut connections while leaders move cost no record.
func TestCutInTheMiddleOfMoves(t *testing.T) {
	b := cluster(t, 3, map[string]int32{"t": 6})
	var n atomic.Int32
	b.ControlKey(int16(fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		if n.Add(1)%7 == 0 {
			return nil, errors.New("cut"), true
		}
		return nil, nil, false
	})
	h := newCounter()
	member(t, b.Addr, h, nil, nil)
	for i := range 5 {
		produce(t, b.Addr, "t", 6, i*600, (i+1)*600)
		b.ShufflePartitionLeaders()
	}
	h.counts(t, 3000)
}
