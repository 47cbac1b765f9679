package task

import (
	"cmp"
	"slices"

	"github.com/sluice-connect/sluice/schemas"
)

// intake is one run of records as it was taken from the partition, and how far it is on its way to the writer. Records
// that are dropped are moved over, so that what is offered lies together. It knows neither broker nor sink.
type intake struct {
	records   []schemas.Record
	read      int          // of records; the next to convert
	converted int          // of records, at the front; never more than read
	offered   int          // of records, dealt with by the writer; never more than converted
	poison    *recordError // why records[read] fails the task
	trial     trial        // of converting records[read]
	next      int64        // position behind records
	shown     span         // what the writer has been offered since it was opened
}

// span is the offsets from one on, up to another that is not part of it.
type span struct{ from, to int64 }

// open begins with a writer that was opened at an offset and has not seen anything.
func (in *intake) open(from int64) { in.next, in.shown = from, span{from, from} }

// room returns an empty slice to append the next records to; the memory of those before it is let go.
func (in *intake) room() []schemas.Record {
	clear(in.records)
	return in.records[:0]
}

// fill takes over records that were appended to room; next is the position behind them.
func (in *intake) fill(records []schemas.Record, next int64) {
	in.records, in.read, in.converted, in.offered, in.next = records, 0, 0, 0, next
}

// rewind forgets everything from next on and what stood below it.
func (in *intake) rewind(next int64) {
	in.fill(in.room(), next)
	in.poison, in.trial = nil, trial{}
	in.shown.from = min(in.shown.from, next)
}

// unread returns the record to convert next, nil when there is none or it fails the task.
func (in *intake) unread() *schemas.Record {
	if in.poison != nil || in.read == len(in.records) {
		return nil
	}
	return &in.records[in.read]
}

// keep says that the record to convert next is converted.
func (in *intake) keep() {
	if in.converted != in.read {
		in.records[in.converted] = in.records[in.read]
	}
	in.converted++
	in.skip()
}

// skip leaves the record to convert next out of what is offered.
func (in *intake) skip() {
	in.read++
	in.trial = trial{}
}

// batch returns what is converted and not offered, and notes that the writer sees it.
func (in *intake) batch() []schemas.Record {
	if in.offered < in.converted {
		in.shown.to = max(in.shown.to, in.records[in.converted-1].Offset+1)
	}
	return in.records[in.offered:in.converted]
}

// leftOver reports whether converted records have to be offered, again or for the first time.
func (in *intake) leftOver() bool { return in.offered < in.converted }

// empty reports whether everything was dealt with.
func (in *intake) empty() bool { return in.offered == in.converted && in.read == len(in.records) }

// position is the offset of the first record that was not dealt with, else the position behind them all.
func (in *intake) position() int64 {
	switch {
	case in.offered < in.converted:
		return in.records[in.offered].Offset
	case in.read < len(in.records):
		return in.records[in.read].Offset
	}
	return in.next
}

// omit leaves records out of the next batch: those up to the offset last that gone names.
func (in *intake) omit(last int64, gone func(offset int64) bool) {
	for in.leftOver() && in.position() <= last && gone(in.position()) { // mostly those at the front
		in.offered++
	}
	kept, at := in.offered, in.offered
	for ; at < in.converted && in.records[at].Offset <= last; at++ {
		if gone(in.records[at].Offset) {
			continue
		}
		if kept != at {
			in.records[kept] = in.records[at]
		}
		kept++
	}
	if kept != at {
		in.converted = kept + copy(in.records[kept:], in.records[at:in.converted])
	}
}

// wasOffered reports whether the writer can know a record at offset. Of runs before this one only their bounds are known.
func (in *intake) wasOffered(offset int64) bool {
	if offset < in.shown.from || offset >= in.shown.to {
		return false
	}
	run := in.records[:in.converted]
	if len(run) == 0 || offset < run[0].Offset || offset > run[len(run)-1].Offset {
		return true
	}
	_, found := slices.BinarySearchFunc(run, offset, func(r schemas.Record, o int64) int { return cmp.Compare(r.Offset, o) })
	return found
}
