package consume

import (
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/schemas"
)

var someTopic = schemas.TopicPartition{Topic: "t"}

// offsetsOf fills every record of the batches and returns their offsets.
func offsetsOf(batches []batch) []int64 {
	var got []int64
	for _, b := range batches {
		for i := range b.records {
			var r schemas.Record
			b.fill(i, someTopic, &headers{}, &r)
			got = append(got, r.Offset)
		}
	}
	return got
}

func sameOffsets(t *testing.T, batches []batch, want ...int64) {
	t.Helper()
	got := offsetsOf(batches)
	if len(got) != len(want) {
		t.Fatalf("offsets are %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("offsets are %v, want %v", got, want)
		}
	}
}

// records makes a batch of n records from an offset on.
func records(first int64, n int, change func(*sarama.RecordBatch)) *sarama.Records {
	rb := &sarama.RecordBatch{Version: 2, FirstOffset: first, LastOffsetDelta: int32(n - 1)}
	for i := range n {
		rb.Records = append(rb.Records, &sarama.Record{OffsetDelta: int64(i)})
	}
	if change != nil {
		change(rb)
	}
	return &sarama.Records{RecordBatch: rb}
}

func transactional(producer int64) func(*sarama.RecordBatch) {
	return func(rb *sarama.RecordBatch) { rb.ProducerID, rb.IsTransactional = producer, true }
}

func abortMarker(producer int64) func(*sarama.RecordBatch) {
	return func(rb *sarama.RecordBatch) {
		rb.ProducerID, rb.IsTransactional, rb.Control = producer, true, true
		rb.Records[0].Key = []byte{0, 0, 0, 0}
	}
}

// TestOverlappingAbortedTransactions: the broker lists aborted transactions in the order they ended, not began.
func TestOverlappingAbortedTransactions(t *testing.T) {
	block := &sarama.FetchResponseBlock{
		RecordsSet: []*sarama.Records{records(0, 2, transactional(1)), records(2, 2, transactional(2)), records(4, 1, abortMarker(2)),
			records(5, 1, transactional(1)), records(6, 1, abortMarker(1)), records(7, 1, transactional(1))},
		AbortedTransactions: []*sarama.AbortedTransaction{{ProducerID: 2, FirstOffset: 2}, {ProducerID: 1, FirstOffset: 0}},
	}
	batches, next := decodeBlock(block, 0)
	sameOffsets(t, batches, 7)
	if next != 8 {
		t.Errorf("next is %d, want 8", next)
	}
}

// TestBatchStartsBeforeThePosition: brokers answer with whole batches.
func TestBatchStartsBeforeThePosition(t *testing.T) {
	batches, next := decodeBlock(&sarama.FetchResponseBlock{RecordsSet: []*sarama.Records{records(10, 5, nil)}}, 13)
	sameOffsets(t, batches, 13, 14)
	if next != 15 {
		t.Errorf("next is %d, want 15", next)
	}
}

// TestCompressedLegacySets: relative offsets of format 1, with several and with one message in the wrapper.
func TestCompressedLegacySets(t *testing.T) {
	stamp := time.UnixMilli(1000)
	inner := func(n int) *sarama.MessageSet {
		set := &sarama.MessageSet{}
		for i := range n {
			set.Messages = append(set.Messages, &sarama.MessageBlock{Offset: int64(i), Msg: &sarama.Message{Version: 1, Timestamp: stamp}})
		}
		return set
	}
	wrapped := func(last int64, n int) *sarama.MessageBlock {
		return &sarama.MessageBlock{Offset: last, Msg: &sarama.Message{Version: 1, LogAppendTime: true, Timestamp: time.UnixMilli(2000 + last), Set: inner(n)}}
	}
	set := &sarama.MessageSet{Messages: []*sarama.MessageBlock{wrapped(102, 3), wrapped(103, 1),
		{Offset: 104, Msg: &sarama.Message{Version: 0}}}}
	batches, next := decodeBlock(&sarama.FetchResponseBlock{RecordsSet: []*sarama.Records{{MsgSet: set}}}, 101)
	sameOffsets(t, batches, 101, 102, 103, 104)
	if next != 105 {
		t.Errorf("next is %d, want 105", next)
	}
	var r schemas.Record
	batches[0].fill(2, someTopic, &headers{}, &r)
	if r.Timestamp.UnixMilli() != 2103 || r.TimestampType != schemas.LogAppendTime {
		t.Errorf("record 103 is of %v (%v), want the broker's time", r.Timestamp, r.TimestampType)
	}
	batches[0].fill(3, someTopic, &headers{}, &r)
	if !r.Timestamp.IsZero() {
		t.Errorf("a record of format 0 has the time %v", r.Timestamp)
	}
}

func TestTimestamps(t *testing.T) {
	times := func(change func(*sarama.RecordBatch)) []schemas.Record {
		batches, _ := decodeBlock(&sarama.FetchResponseBlock{RecordsSet: []*sarama.Records{records(0, 2, change)}}, 0)
		got := make([]schemas.Record, 2)
		for i := range got {
			batches[0].fill(i, someTopic, &headers{}, &got[i])
		}
		return got
	}
	none := times(func(rb *sarama.RecordBatch) { rb.Records[1].TimestampDelta = 501 * time.Millisecond })
	if !none[0].Timestamp.IsZero() || none[1].Timestamp.UnixMilli() != 500 {
		t.Errorf("times after -1 are %v and %v, want none and 500 ms", none[0].Timestamp, none[1].Timestamp)
	}
	logTime := times(func(rb *sarama.RecordBatch) {
		rb.LogAppendTime, rb.FirstTimestamp, rb.MaxTimestamp = true, time.UnixMilli(1), time.UnixMilli(7)
		rb.Records[1].TimestampDelta = time.Second
	})
	for _, r := range logTime {
		if r.Timestamp.UnixMilli() != 7 || r.TimestampType != schemas.LogAppendTime {
			t.Errorf("LogAppendTime is %v (%v), want 7 ms", r.Timestamp, r.TimestampType)
		}
	}
}

// TestNullsStayNull: key, value and header values that are null are not empty.
func TestNullsStayNull(t *testing.T) {
	batches, _ := decodeBlock(&sarama.FetchResponseBlock{RecordsSet: []*sarama.Records{records(0, 2, func(rb *sarama.RecordBatch) {
		rb.Records[0].Headers = []*sarama.RecordHeader{{Key: []byte("h")}}
		rb.Records[1].Key, rb.Records[1].Value = []byte{}, []byte{}
	})}}, 0)
	got := make([]schemas.Record, 2)
	for i := range got {
		batches[0].fill(i, someTopic, &headers{}, &got[i])
	}
	if r := got[0].Raw; r.Key != nil || r.Value != nil || r.Headers[0].Value != nil || r.Headers[0].Key != "h" {
		t.Errorf("nulls came as %+v", r)
	}
	if r := got[1].Raw; r.Key == nil || r.Value == nil || r.Headers != nil {
		t.Errorf("empty bytes came as %+v", r)
	}
}

// TestHeadersAndOwnMemory: headers differ from record to record, and a copy of the bytes changes nothing but where they
// are.
func TestHeadersAndOwnMemory(t *testing.T) {
	answer := []byte("k1v1aAbBv2cC")
	made := records(0, 3, func(rb *sarama.RecordBatch) {
		rb.Records[0].Key, rb.Records[0].Value = answer[0:2], answer[2:4]
		rb.Records[0].Headers = []*sarama.RecordHeader{{Key: answer[4:5], Value: answer[5:6]}, {Key: answer[6:7], Value: answer[7:8]}}
		rb.Records[1].Value = answer[8:10]
		rb.Records[1].Headers = []*sarama.RecordHeader{{Key: answer[10:11], Value: answer[11:12]}}
		rb.Records[2].Headers = []*sarama.RecordHeader{{Key: answer[4:5]}}
	})
	batches, _ := decodeBlock(&sarama.FetchResponseBlock{RecordsSet: []*sarama.Records{made}}, 0)
	if !batches[0].shared {
		t.Error("an uncompressed batch is not seen as part of the answer")
	}
	batches[0].own()
	clear(answer)
	var h headers
	got := make([]schemas.Record, 3)
	for i := range got {
		batches[0].fill(i, someTopic, &h, &got[i])
	}
	text := ""
	for _, r := range got {
		text += string(r.Raw.Key) + "=" + string(r.Raw.Value)
		for _, h := range r.Raw.Headers {
			text += " " + h.Key + ":" + string(h.Value)
		}
		text += ";"
	}
	if want := "k1=v1 a:A b:B;=v2 c:C;= a:;"; text != want {
		t.Errorf("records are %q, want %q", text, want)
	}
	if got[1].Raw.Key != nil || got[2].Raw.Value != nil || got[2].Raw.Headers[0].Value != nil {
		t.Error("a null came back as empty bytes")
	}
}

// TestJumpIsToldApart: a position that went back is not lost among the records that follow it.
func TestJumpIsToldApart(t *testing.T) {
	p := newPartition(someTopic, 8, 8, 1<<20, func(*Partition) {})
	before, _ := decodeBlock(&sarama.FetchResponseBlock{RecordsSet: []*sarama.Records{records(8, 2, nil)}}, 8)
	after, _ := decodeBlock(&sarama.FetchResponseBlock{RecordsSet: []*sarama.Records{records(0, 20, nil)}}, 0)
	p.deliver(8, 0, before, 10)
	p.deliver(10, 0, []batch{{next: 0, anew: true}}, 0)
	p.deliver(0, 0, after, 20)
	p.deliver(0, 0, after, 20) // the answer of another broker to the same question
	for i, want := range []struct{ records, next int64 }{{2, 10}, {0, 0}, {20, 20}, {0, -1}} {
		got, next, err := p.Take(nil, 100)
		if int64(len(got)) != want.records || next != want.next || err != nil {
			t.Errorf("take %d returned %d records, next %d, %v; want %d and %d", i, len(got), next, err, want.records, want.next)
		}
	}
}
