package consume

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"log/slog"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/runtime/recordbatch"
	"github.com/sluice-connect/sluice/schemas"
)

var someTopic = schemas.TopicPartition{Topic: "t"}

// rawBatch is a batch of n records from an offset on, as a broker of an epoch sends it; change may spoil the header.
func rawBatch(first int64, n int, epoch int32, value []byte, change func(*kmsg.RecordBatch)) []byte {
	batch := kmsg.RecordBatch{FirstOffset: first, Magic: 2, PartitionLeaderEpoch: epoch, LastOffsetDelta: int32(n - 1), NumRecords: int32(n),
		FirstTimestamp: 1, MaxTimestamp: 1, ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1}
	for i := range n {
		r := kmsg.Record{OffsetDelta: int32(i), Value: value}
		r.Length = int32(len(r.AppendTo(nil)) - 1)
		batch.Records = r.AppendTo(batch.Records)
	}
	if change != nil {
		change(&batch)
	}
	batch.Length = int32(49 + len(batch.Records))
	raw := batch.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))
	return raw
}

// gzipped compresses the records of a batch.
func gzipped(t *testing.T) func(*kmsg.RecordBatch) {
	t.Helper()
	c, err := kgo.DefaultCompressor(kgo.GzipCompression())
	if err != nil {
		t.Fatal(err)
	}
	return func(b *kmsg.RecordBatch) {
		b.Attributes = 1
		b.Records, _ = c.Compress(&bytes.Buffer{}, b.Records)
	}
}

// batchesOf splits what a broker sent as the fetch loop does.
func batchesOf(t *testing.T, raws ...[]byte) []fetched {
	t.Helper()
	batches, _, err := recordbatch.Split(bytes.Join(raws, nil))
	if err != nil {
		t.Fatal(err)
	}
	filter, out := recordbatch.NewFilter(nil), []fetched{}
	for i := range batches {
		out = append(out, fetched{batch: &batches[i], filter: filter, next: batches[i].LastOffset() + 1})
	}
	return out
}

// aPartition is one at an offset, with its log.
func aPartition(from int64, change func(*Config)) (*Partition, *bytes.Buffer) {
	log := &bytes.Buffer{}
	cfg := &Config{BatchMaxBytes: 1 << 20, Reset: ResetEarliest, Logger: slog.New(slog.NewTextHandler(log, nil)), Metrics: metrics.Detached()}
	if change != nil {
		change(cfg)
	}
	return newPartition(someTopic, start{offset: from, epoch: -1}, from, 1<<20, cfg, func(*Partition) {}), log
}

// asked is where the partition would be fetched from.
func asked(p *Partition) fetchFrom {
	from, _ := p.position()
	return from
}

// offsets takes all there is.
func offsets(t *testing.T, p *Partition) (got []int64, next int64, err error) {
	t.Helper()
	for {
		records, at, err := p.Take(nil, 3)
		if at < 0 {
			return got, next, err
		}
		for _, r := range records {
			got = append(got, r.Offset)
		}
		next = at
	}
}

// TestJumpIsToldApart: a position that went back is not lost among the records that follow it.
func TestJumpIsToldApart(t *testing.T) {
	p, _ := aPartition(8, nil)
	p.deliver(asked(p), batchesOf(t, rawBatch(8, 2, 0, nil, nil)))
	p.reopen(asked(p), start{offset: 0, epoch: -1})
	again := asked(p)
	p.deliver(again, batchesOf(t, rawBatch(0, 20, 0, nil, nil)))
	p.deliver(again, batchesOf(t, rawBatch(0, 20, 0, nil, nil))) // the answer of another broker to the same question
	for i, want := range []struct{ records, next int64 }{{2, 10}, {0, 0}, {20, 20}, {0, -1}} {
		got, next, err := p.Take(nil, 100)
		if int64(len(got)) != want.records || next != want.next || err != nil {
			t.Errorf("take %d returned %d records, next %d, %v; want %d and %d", i, len(got), next, err, want.records, want.next)
		}
	}
}

// TestBatchStartsBeforeThePosition: brokers answer with whole batches.
func TestBatchStartsBeforeThePosition(t *testing.T) {
	p, _ := aPartition(13, nil)
	p.deliver(asked(p), batchesOf(t, rawBatch(10, 5, 0, nil, nil)))
	got, next, err := offsets(t, p)
	if len(got) != 2 || got[0] != 13 || next != 15 || err != nil {
		t.Errorf("offsets are %v, next %d, %v; want 13 and 14", got, next, err)
	}
}

// TestQueueHoldsWhatTheBrokerSent: the limit counts bytes as they came, and a batch leaves it when it is read.
func TestQueueHoldsWhatTheBrokerSent(t *testing.T) {
	raw := rawBatch(0, 100, 0, bytes.Repeat([]byte("x"), 1000), gzipped(t))
	p, _ := aPartition(0, nil)
	p.deliver(asked(p), batchesOf(t, raw))
	if p.bytes != len(raw) || p.bytes > 10_000 {
		t.Errorf("%d bytes count for %d", p.bytes, len(raw))
	}
	if got, _, _ := offsets(t, p); len(got) != 100 || p.bytes != 0 {
		t.Errorf("%d records, then %d bytes count", len(got), p.bytes)
	}
}

// TestBatchThatIsTooLarge fails the task after what is good before it; with tolerance it is passed over, and its offsets
// are in the log.
func TestBatchThatIsTooLarge(t *testing.T) {
	small, large := rawBatch(0, 5, 0, []byte("v"), nil), rawBatch(5, 5, 0, make([]byte, 1<<20), gzipped(t))
	behind := rawBatch(10, 5, 0, []byte("v"), nil)
	p, _ := aPartition(0, nil)
	p.deliver(asked(p), batchesOf(t, small, large, behind))
	got, _, err := offsets(t, p)
	if len(got) != 5 || err == nil || !strings.Contains(err.Error(), "consumer.override.sluice.max.batch.bytes") || !strings.Contains(err.Error(), "5 to 9") ||
		!strings.Contains(err.Error(), "1048576") || !strings.Contains(err.Error(), "errors.tolerance=all") {
		t.Errorf("%v arrived, then %v", got, err)
	}
	p, log := aPartition(0, func(c *Config) { c.SkipBatches = true })
	p.deliver(asked(p), batchesOf(t, small, large, behind))
	got, next, err := offsets(t, p)
	if len(got) != 10 || got[5] != 10 || next != 15 || err != nil {
		t.Errorf("%v arrived, next %d, %v; want 0 to 4 and 10 to 14", got, next, err)
	}
	if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "from=5 to=9 records=5") {
		t.Errorf("the log says %s", log)
	}
	if p.bytes != 0 {
		t.Errorf("%d bytes still count", p.bytes)
	}
}

// TestDamagedBatchIsFetchedAgain, from the record on that could not be read; when it stays damaged it is the end.
func TestDamagedBatchIsFetchedAgain(t *testing.T) {
	broken := rawBatch(5, 5, 0, []byte("value"), func(b *kmsg.RecordBatch) { b.Records = b.Records[:len(b.Records)-3] })
	p, _ := aPartition(0, nil)
	p.deliver(asked(p), batchesOf(t, rawBatch(0, 5, 0, nil, nil), broken))
	got, _, err := offsets(t, p)
	if len(got) != 9 || err != nil || asked(p).at != 9 {
		t.Errorf("%v arrived, %v, and it is fetched from %d; want all up to 8", got, err, asked(p).at)
	}
	for range damagedMost - 1 {
		p.deliver(asked(p), batchesOf(t, broken))
		_, _, err = offsets(t, p)
	}
	var corrupt *recordbatch.Corrupt
	if !errors.As(err, &corrupt) || asked(p).rewinds != damagedMost-1 {
		t.Errorf("after %d attempts it ended with %v", asked(p).rewinds, err)
	}
}

// TestFailureFromBeforeARewind says nothing about the position of now.
func TestFailureFromBeforeARewind(t *testing.T) {
	p, _ := aPartition(0, nil)
	old := asked(p)
	p.Rewind(5)
	p.fail(old.rewinds, errors.New("old"))
	if _, _, err := p.Take(nil, 1); err != nil {
		t.Errorf("the partition ended with %v", err)
	}
	p.fail(asked(p).rewinds, errors.New("new"))
	if _, _, err := p.Take(nil, 1); err == nil {
		t.Error("the partition goes on")
	}
}

// TestEpochsOfPositions are those of the records before them, also after rewinds and cuts.
func TestEpochsOfPositions(t *testing.T) {
	p, _ := aPartition(10, nil)
	p.deliver(asked(p), batchesOf(t, rawBatch(8, 12, 3, nil, nil), rawBatch(20, 10, 5, nil, nil), rawBatch(30, 10, 5, nil, nil)))
	for offset, want := range map[int64]int32{10: -1, 11: 3, 20: 3, 21: 5, 40: 5, 99: 5} {
		if got, _ := p.writtenUnder(offset); got != want {
			t.Errorf("offset %d stands behind a record of epoch %d, want %d", offset, got, want)
		}
	}
	p.reopen(asked(p), start{offset: 25, epoch: 4})
	if got := asked(p); got.at != 25 || got.lastEpoch != 4 {
		t.Errorf("after the cut it is at %d behind epoch %d, want 25 and 4", got.at, got.lastEpoch)
	}
	for i := range int64(2 * epochRuns) {
		p.epochs.add(100+i, int32(10+i))
	}
	if len(p.epochs.runs) > epochRuns {
		t.Errorf("%d changes of the leader are remembered", len(p.epochs.runs))
	}
}
