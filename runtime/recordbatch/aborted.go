package recordbatch

import (
	"cmp"
	"slices"

	"github.com/sluice-connect/sluice/schemas"
)

// AbortedTransaction is an entry of a read-committed fetch answer.
type AbortedTransaction struct{ ProducerID, FirstOffset int64 }

// Filter says which batches of one fetch answer are not for a consumer: control batches and those of aborted
// transactions. A producer's batches count as aborted from the first offset the broker names until its abort marker.
type Filter struct {
	waiting []AbortedTransaction // in order of FirstOffset
	open    map[int64]bool       // producers in an aborted transaction
}

// NewFilter makes a filter of what the broker lists, in the order in which the transactions ended. The list is empty for
// read_uncommitted.
func NewFilter(listed []AbortedTransaction) *Filter {
	waiting := slices.Clone(listed)
	slices.SortFunc(waiting, func(a, b AbortedTransaction) int { return cmp.Compare(a.FirstOffset, b.FirstOffset) })
	return &Filter{waiting: waiting}
}

// Skip reports whether the records of b are not for the consumer. It must see every batch of the answer, in order; the
// position still moves behind a batch that is skipped.
func (f *Filter) Skip(b *Batch) bool {
	for len(f.waiting) > 0 && f.waiting[0].FirstOffset <= b.LastOffset() {
		if f.open == nil {
			f.open = map[int64]bool{}
		}
		f.open[f.waiting[0].ProducerID] = true
		f.waiting = f.waiting[1:]
	}
	if b.Control {
		if b.abortMarker() {
			delete(f.open, b.ProducerID)
		}
		return true
	}
	return b.Transactional && f.open[b.ProducerID]
}

// abortMarker reads the control record's key: version (int16), type (int16; 0 is abort).
func (b *Batch) abortMarker() bool {
	r, err := b.Open(schemas.TopicPartition{}, 0, Limits{Decoded: 4 << 10, Headers: 16})
	if err != nil {
		return false
	}
	defer r.Close()
	recs, _ := r.Read(nil, &Room{Records: 1, Bytes: 1})
	if len(recs) == 0 {
		return false
	}
	k := recs[0].Raw.Key
	return len(k) >= 4 && k[2] == 0 && k[3] == 0
}
