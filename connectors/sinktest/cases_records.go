package sinktest

import (
	"context"
	"slices"
)

func tombstones(ctx context.Context, b *bench) error {
	tp := partition(0)
	log := b.s.series(tp, 0, 20)
	gone := log[3]
	next := after(log)
	// A null for a key that is there, and one for a key that never was.
	first := entry{record: b.s.Record(tp, next, gone.key, int(next)), key: gone.key}
	second := entry{record: b.s.Record(tp, next+1, "never-there", int(next+1)), key: "never-there"}
	log = append(log, tombstone(first), tombstone(second))
	log = append(log, b.s.series(tp, next+2, 5)...)
	p, err := b.deliverOnce(ctx, tp, log, 0, sizes(1, 40))
	if err != nil {
		return err
	}
	want := []int64(nil)
	if b.s.Tombstones == Rejects {
		want = []int64{next, next + 1}
	}
	if err := p.rejectedOnly(want); err != nil {
		return err
	}
	return b.s.compare(log, b.stored())
}

// deletesKeepTheirPlace mixes writes and deletes of the same keys within one batch and across batches.
func deletesKeepTheirPlace(ctx context.Context, b *bench) error {
	var all []entry
	for n, limit := range []int{1, 4, 100} {
		tp := partition(int32(n))
		log := b.s.series(tp, 0, 60)
		for i := range log {
			if i%3 == 1 {
				log[i] = tombstone(log[i])
			}
		}
		if _, err := b.deliverOnce(ctx, tp, log, 0, sizes(uint64(n), limit)); err != nil {
			return err
		}
		all = append(all, log...)
		if err := b.s.compare(all, b.stored()); err != nil {
			return err
		}
	}
	return nil
}

func poisonAlone(ctx context.Context, b *bench) error {
	var all []entry
	for n, limit := range []int{1, 6, 100} {
		tp := partition(int32(n))
		var log, good []entry
		var bad []int64
		for i, e := range b.s.series(tp, 0, 40) {
			if i%9 == 4 || i == 39 { // the last record too
				log = append(log, entry{record: b.s.Poison(tp, e.record.Offset)})
				bad = append(bad, e.record.Offset)
				continue
			}
			log, good = append(log, e), append(good, e)
		}
		p, err := b.deliverOnce(ctx, tp, log, 0, sizes(uint64(n), limit))
		if err != nil {
			return err
		}
		if err := p.rejectedOnly(bad); err != nil {
			return err
		}
		all = append(all, good...)
		if err := b.s.compare(all, b.stored()); err != nil {
			return err
		}
	}
	return nil
}

func poisonOnly(ctx context.Context, b *bench) error {
	tp := partition(0)
	var (
		log []entry
		bad []int64
	)
	for offset := range int64(10) {
		log, bad = append(log, entry{record: b.s.Poison(tp, offset)}), append(bad, offset)
	}
	p, err := b.deliverOnce(ctx, tp, log, 0, sizes(1, 100))
	if err != nil {
		return err
	}
	if err := p.rejectedOnly(bad); err != nil {
		return err
	}
	return b.s.compare(nil, b.stored())
}

// rejectedOnly checks which offsets were rejected.
func (p *pipeline) rejectedOnly(want []int64) error {
	for _, offset := range want {
		if p.rejected[offset] == nil {
			return fault("does not reject the bad record at offset %d", offset)
		}
	}
	for offset, err := range p.rejected {
		if !slices.Contains(want, offset) {
			return fault("rejects the good record at offset %d: %w", offset, err)
		}
	}
	return nil
}
