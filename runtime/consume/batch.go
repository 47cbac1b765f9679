package consume

import (
	"bytes"

	"github.com/sluice-connect/sluice/runtime/recordbatch"
)

// fetched is a record batch of one partition as a broker sent it, or a jump of the position.
type fetched struct {
	batch  *recordbatch.Batch
	filter *recordbatch.Filter // of the answer it came with
	next   int64               // position behind it
	anew   bool                // stands for a jump to next, which is told apart from records
}

// size is how many bytes wait with it.
func (f *fetched) size() int {
	if f.anew {
		return 0
	}
	return f.batch.Size
}

// queue gives the partition the batches of a block that it has not got yet. A partition that stands still before a batch
// that is larger than what was asked for is asked for more, and one before damaged bytes again.
func (l *fetchLoop) queue(from fetchFrom, b *block) {
	raw := b.records
	if from.copies {
		raw = bytes.Clone(raw)
	}
	batches, partial, err := recordbatch.Split(raw)
	filter := recordbatch.NewFilter(b.aborted)
	kept := make([]fetched, 0, len(batches))
	next := from.at
	for i := range batches {
		batch := &batches[i]
		if batch.LastOffset() < next { // brokers answer with what lies around the position
			filter.Skip(batch)
			continue
		}
		next = batch.LastOffset() + 1
		kept = append(kept, fetched{batch: batch, filter: filter, next: next})
	}
	switch {
	case len(kept) > 0:
		l.answered(from.p, 0)
		from.p.deliver(from, kept)
	case err != nil:
		l.damaged(from, err)
	case partial != nil:
		l.askForMore(from)
	}
}
