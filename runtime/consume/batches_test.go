package consume_test

import (
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/deploy/local/kafka"
)

// answerFetch lets a test answer fetches of partition 0 of topic t; nil bytes leave the answer to the broker.
func answerFetch(b *kafka.Broker, answer func(offset int64, most int32) []byte) {
	b.ControlKey(int16(fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		r, ok := req.(*kmsg.FetchRequest)
		if !ok || len(r.Topics) == 0 {
			return nil, nil, false
		}
		asked := r.Topics[0].Partitions[0]
		batches := answer(asked.FetchOffset, asked.PartitionMaxBytes)
		if batches == nil {
			return nil, nil, false
		}
		res, _ := badAnswer(r, &r.Topics[0]).(*kmsg.FetchResponse)
		res.Topics[0].Partitions[0].Partition, res.Topics[0].Partitions[0].RecordBatches = 0, batches
		return res, nil, true
	})
}

// emptyBatch is what compaction leaves of a batch whose records are all outdated.
func emptyBatch(first int64, n int32) []byte {
	batch := kmsg.RecordBatch{FirstOffset: first, Length: 49, Magic: 2, LastOffsetDelta: n - 1, ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1}
	raw := batch.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))
	return raw
}

// TestBatchesThatCompactionEmptied are passed over, and an empty answer to a question in time is not taken for them:
// brokers with remote storage give such answers.
func TestBatchesThatCompactionEmptied(t *testing.T) {
	b := cluster(t, 1, map[string]int32{"t": 1})
	produce(t, b.Addr, "t", 1, 0, 20)
	nothing := 0
	answerFetch(b, func(offset int64, _ int32) []byte {
		if nothing < 10 {
			nothing++
			return []byte{}
		}
		if offset < 10 {
			return emptyBatch(0, 10)
		}
		return nil
	})
	h := newCounter()
	member(t, b.Addr, h, nil, nil)
	h.counts(t, 10)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen[10] != 1 || h.seen[9] != 0 {
		t.Errorf("seen %v, want 10 to 19", h.seen)
	}
}

// TestTruncatedBatch: more is asked for until a batch fits, and a batch that never fits fails its partition.
func TestTruncatedBatch(t *testing.T) {
	b := cluster(t, 1, map[string]int32{"t": 1})
	produce(t, b.Addr, "t", 1, 0, 20)
	answerFetch(b, func(offset int64, most int32) []byte {
		if offset == 0 && most < 1<<20 {
			large := kmsg.RecordBatch{Length: 1 << 20, Magic: 2, NumRecords: 20}
			return large.AppendTo(nil)
		}
		return nil
	})
	h := newCounter()
	member(t, b.Addr, h, map[string]string{"max.partition.fetch.bytes": "1000"}, nil)
	h.counts(t, 20)

	never := cluster(t, 1, map[string]int32{"t": 1})
	produce(t, never.Addr, "t", 1, 0, 20)
	answerFetch(never, func(int64, int32) []byte {
		large := kmsg.RecordBatch{Length: 1 << 30, Magic: 2, NumRecords: 20}
		return large.AppendTo(nil)
	})
	h = newCounter()
	member(t, never.Addr, h, nil, nil)
	eventually(t, "the failure of the partition", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.failed) > 0
	})
}
