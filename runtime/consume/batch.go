package consume

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/sluice-connect/sluice/schemas"
)

// fetched is a record batch of one partition as a broker sent it, or a jump of the position.
type fetched struct {
	raw         []byte
	first, next int64 // offsets of its first record, and behind its last
	epoch       int32 // of the leader that wrote it, -1 for formats that do not say
	control     bool
	transaction bool
	producer    int64
	aborted     *abortedRanges // of the answer it came with; nil when none of it was
	size        int            // bytes it keeps in memory
	anew        bool           // stands for a jump to next, which is told apart from records
}

// The layout of record batches: where fields of all formats lie, and those of format 2.
const (
	lengthAt, magicAt, legacyHeader          = 8, 16, 26
	epochAt, attributesAt, lastDeltaAt       = 12, 21, 23
	producerAt, countAt, batchHeader         = 43, 57, 61
	prefix                                   = 12 // bytes before what the length counts
	transactionBit, controlBit         int16 = 1 << 4, 1 << 5
)

// errBatch says that what stands where a record batch begins is none.
var errBatch = errors.New("what should be a record batch is none")

// split parts what a broker sent into its batches. The last may be cut off: cut says that there was one, and no whole one
// before it means that it is larger than what was asked for. Batches before an error are good.
func split(raw []byte) (batches []fetched, cut bool, err error) {
	for len(raw) > 0 {
		if len(raw) < magicAt+1 {
			return batches, true, nil
		}
		size := int(int32(binary.BigEndian.Uint32(raw[lengthAt:]))) + prefix
		least := legacyHeader
		if raw[magicAt] >= 2 {
			least = batchHeader
		}
		if size < least || raw[magicAt] > 2 {
			return batches, false, errBatch
		}
		if size > len(raw) {
			return batches, true, nil
		}
		b := headOf(raw[:size:size])
		if b.next <= b.first {
			return batches, false, errBatch
		}
		batches = append(batches, b)
		raw = raw[size:]
	}
	return batches, false, nil
}

// headOf reads the header of a whole batch. In the old formats a batch is a message, and its offset that of the last one
// in it.
func headOf(raw []byte) fetched {
	first := int64(binary.BigEndian.Uint64(raw))
	b := fetched{raw: raw, first: first, next: first + 1, epoch: -1, size: len(raw)}
	if raw[magicAt] == 2 {
		b.epoch = int32(binary.BigEndian.Uint32(raw[epochAt:]))
		b.next = first + int64(int32(binary.BigEndian.Uint32(raw[lastDeltaAt:]))) + 1
		attributes := int16(binary.BigEndian.Uint16(raw[attributesAt:]))
		b.control, b.transaction = attributes&controlBit != 0, attributes&transactionBit != 0
		b.producer = int64(binary.BigEndian.Uint64(raw[producerAt:]))
	}
	return b
}

// abortedRanges says which batches of a read-committed fetch belong to aborted transactions: a producer's batches
// count as aborted from the first offset the broker names until its abort marker.
type abortedRanges struct {
	waiting []abortedTransaction // in order of their first offsets
	open    map[int64]bool       // producers in an aborted transaction
}

// newAbortedRanges sorts what the broker lists in the order in which the transactions ended.
func newAbortedRanges(listed []abortedTransaction) *abortedRanges {
	if len(listed) == 0 {
		return nil
	}
	waiting := slices.Clone(listed)
	slices.SortFunc(waiting, func(a, b abortedTransaction) int { return cmp.Compare(a.first, b.first) })
	return &abortedRanges{waiting: waiting, open: map[int64]bool{}}
}

// has reports whether the records of b were aborted, or end an aborted transaction.
func (a *abortedRanges) has(b *fetched) bool {
	if a == nil {
		return false
	}
	for len(a.waiting) > 0 && a.waiting[0].first < b.next {
		a.open[a.waiting[0].producer] = true
		a.waiting = a.waiting[1:]
	}
	return b.transaction && a.open[b.producer]
}

// seeMarker reads the marker that ends a transaction of a producer.
func (a *abortedRanges) seeMarker(producer int64, records *opened) error {
	var marker schemas.Record
	ok, err := records.next(&marker)
	if ok && isAbortMarker(marker.Raw.Key) {
		delete(a.open, producer)
	}
	return err
}

// isAbortMarker reads the key of a control record: version (int16), type (int16; 0 is abort).
func isAbortMarker(key []byte) bool { return len(key) >= 4 && key[2] == 0 && key[3] == 0 }
