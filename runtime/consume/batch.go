package consume

import (
	"cmp"
	"slices"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/schemas"
)

// batch is a run of records of one partition as decoded from a fetch, with what must be skipped already skipped.
type batch struct {
	first     int64 // offset that OffsetDelta counts from
	firstTime time.Time
	timeType  schemas.TimestampType
	// oneTime says that firstTime is the time of every record: the broker's, when the topic uses LogAppendTime.
	oneTime bool
	records []*sarama.Record
	shared  bool  // the records' bytes are part of the broker's answer
	anew    bool  // stands for a jump to next, which is told apart from records
	next    int64 // position after the batch, beyond records that were skipped
	size    int   // bytes of keys, values and headers
}

// recordOverhead stands for what a decoded record costs beside its bytes.
const recordOverhead = 120

// headers makes the headers of records. The names are mostly those of the record before, and memory is taken for many
// records at a time.
type headers struct {
	names []string
	free  []schemas.RawHeader
}

// headerChunk is for how many headers memory is taken at a time.
const headerChunk = 128

func (h *headers) of(rec *sarama.Record) []schemas.RawHeader {
	n := len(rec.Headers)
	if n == 0 {
		return nil
	}
	if n > len(h.free) {
		h.free = make([]schemas.RawHeader, max(n, headerChunk))
	}
	raw := h.free[:n:n]
	h.free = h.free[n:]
	for i, from := range rec.Headers {
		raw[i] = schemas.RawHeader{Key: h.name(i, from.Key), Value: from.Value}
	}
	return raw
}

// name returns key as a string, the one of the last record's header i if it is the same.
func (h *headers) name(i int, key []byte) string {
	if i >= len(h.names) {
		if i >= headerChunk { // nobody's usual headers
			return string(key)
		}
		h.names = append(h.names, make([]string, i+1-len(h.names))...)
	}
	if h.names[i] != string(key) {
		h.names[i] = string(key)
	}
	return h.names[i]
}

// fill writes record i of b into r.
func (b *batch) fill(i int, tp schemas.TopicPartition, h *headers, r *schemas.Record) {
	rec := b.records[i]
	*r = schemas.Record{Topic: tp.Topic, Source: tp, Offset: b.first + rec.OffsetDelta}
	r.Raw = schemas.Raw{Key: rec.Key, Value: rec.Value, Headers: h.of(rec)}
	at := b.firstTime
	if !b.oneTime {
		at = at.Add(rec.TimestampDelta)
	}
	if at.UnixMilli() >= 0 { // -1 stands for no timestamp
		r.Timestamp, r.TimestampType = at, b.timeType
	}
}

// timeOf undoes that sarama turns the timestamp -1, for none, into the zero time: deltas count from -1.
func timeOf(t time.Time) time.Time {
	if t.IsZero() {
		return time.UnixMilli(-1)
	}
	return t
}

// decodeBlock turns a fetched block into batches from offset pos on. It drops control batches and, when the block
// was read committed, what aborted transactions wrote. next is the position after the block, pos if it held nothing.
func decodeBlock(block *sarama.FetchResponseBlock, pos int64) (batches []batch, next int64) {
	aborted := newAbortedRanges(block.AbortedTransactions)
	next = pos
	for _, set := range block.RecordsSet {
		var b batch
		switch {
		case set.RecordBatch != nil:
			if set.RecordBatch.PartialTrailingRecord && len(set.RecordBatch.Records) == 0 {
				continue
			}
			b = decodeBatch(set.RecordBatch, &aborted, pos)
		case set.MsgSet != nil:
			b = decodeLegacy(set.MsgSet, pos)
		}
		if b.next <= next {
			continue
		}
		next = b.next
		batches = append(batches, b)
	}
	return batches, next
}

func decodeBatch(rb *sarama.RecordBatch, aborted *abortedRanges, pos int64) batch {
	b := batch{first: rb.FirstOffset, firstTime: timeOf(rb.FirstTimestamp), timeType: schemas.CreateTime, next: rb.LastOffset() + 1}
	if rb.LogAppendTime {
		b.firstTime, b.timeType, b.oneTime = timeOf(rb.MaxTimestamp), schemas.LogAppendTime, true
	}
	if aborted.skip(rb) {
		return b
	}
	b.records, b.shared = rb.Records, rb.Codec == sarama.CompressionNone
	for len(b.records) > 0 && b.first+b.records[0].OffsetDelta < pos {
		b.records = b.records[1:]
	}
	b.measure()
	return b
}

// decodeLegacy reads message sets of format 0 and 1, which old topics still hold. Offsets in a compressed set of
// format 1 are relative to the wrapping message, whose offset is that of the last one.
func decodeLegacy(set *sarama.MessageSet, pos int64) batch {
	b := batch{timeType: schemas.CreateTime}
	for _, block := range set.Messages {
		inner := block.Messages()
		for _, m := range inner {
			offset, at := m.Offset, timeOf(m.Msg.Timestamp)
			if m.Msg.Version >= 1 {
				offset += block.Offset - inner[len(inner)-1].Offset
			}
			if block.Msg.LogAppendTime {
				at, b.timeType = timeOf(block.Msg.Timestamp), schemas.LogAppendTime
			}
			b.next = offset + 1
			if offset < pos {
				continue
			}
			if b.records == nil {
				b.first, b.firstTime = offset, at
			}
			b.records = append(b.records, &sarama.Record{Key: m.Msg.Key, Value: m.Msg.Value, OffsetDelta: offset - b.first, TimestampDelta: at.Sub(b.firstTime)})
		}
	}
	b.measure()
	return b
}

// own copies the bytes of the records, so that they do not keep the whole answer of the broker in memory while they
// wait.
func (b *batch) own() {
	memory := make([]byte, 0, b.size-len(b.records)*recordOverhead)
	keep := func(s []byte) []byte {
		if s == nil {
			return nil
		}
		at := len(memory)
		memory = append(memory, s...)
		return memory[at:len(memory):len(memory)]
	}
	for _, r := range b.records {
		r.Key, r.Value = keep(r.Key), keep(r.Value)
		for _, h := range r.Headers {
			h.Key, h.Value = keep(h.Key), keep(h.Value)
		}
	}
}

func (b *batch) measure() {
	for _, r := range b.records {
		b.size += len(r.Key) + len(r.Value) + recordOverhead
		for _, h := range r.Headers {
			b.size += len(h.Key) + len(h.Value)
		}
	}
}

// bytesOf returns the bytes of keys, values and headers.
func bytesOf(batches []batch) int {
	n := 0
	for i := range batches {
		n += batches[i].size - len(batches[i].records)*recordOverhead
	}
	return n
}

// abortedRanges says which batches of a read-committed fetch belong to aborted transactions: a producer's batches
// count as aborted from the first offset the broker names until its abort marker.
type abortedRanges struct {
	waiting []*sarama.AbortedTransaction // in order of FirstOffset
	open    map[int64]bool               // producers in an aborted transaction
}

// newAbortedRanges sorts what the broker lists in the order in which the transactions ended.
func newAbortedRanges(listed []*sarama.AbortedTransaction) abortedRanges {
	waiting := slices.Clone(listed)
	slices.SortFunc(waiting, func(a, b *sarama.AbortedTransaction) int { return cmp.Compare(a.FirstOffset, b.FirstOffset) })
	return abortedRanges{waiting: waiting}
}

// skip reports whether the records of rb are not for the consumer.
func (a *abortedRanges) skip(rb *sarama.RecordBatch) bool {
	for len(a.waiting) > 0 && a.waiting[0].FirstOffset <= rb.LastOffset() {
		if a.open == nil {
			a.open = map[int64]bool{}
		}
		a.open[a.waiting[0].ProducerID] = true
		a.waiting = a.waiting[1:]
	}
	if rb.Control {
		if isAbortMarker(rb) {
			delete(a.open, rb.ProducerID)
		}
		return true
	}
	return rb.IsTransactional && a.open[rb.ProducerID]
}

// isAbortMarker reads the control record's key: version (int16), type (int16; 0 is abort).
func isAbortMarker(rb *sarama.RecordBatch) bool {
	if len(rb.Records) == 0 {
		return false
	}
	k := rb.Records[0].Key
	return len(k) >= 4 && k[2] == 0 && k[3] == 0
}
