package sinktest

import (
	"context"
	"slices"

	"github.com/sluice-connect/sluice/connectors"
)

var reasons = []connectors.CloseReason{connectors.Revoked, connectors.Stopping, connectors.Lost}

// dirty writes part of a log and closes the writer at once.
func (k *task) dirty(ctx context.Context, p *pipeline, batches int, reason connectors.CloseReason) (int64, error) {
	for range batches {
		if err := p.write(ctx, 5); err != nil {
			return 0, err
		}
	}
	return p.close(ctx, reason)
}

// handedOver gives a partition from task to task, each time with records that were only just accepted.
func handedOver(ctx context.Context, b *bench) error {
	var all []entry
	for n, reason := range reasons {
		tp := partition(int32(n))
		log := b.s.series(tp, 0, b.s.Records)
		position := int64(0)
		for round := range 4 {
			k, err := b.start(ctx)
			if err != nil {
				return err
			}
			p, err := k.openAt(ctx, tp, log, position)
			if err != nil {
				return err
			}
			if position, err = k.dirty(ctx, p, round+1, reason); err != nil {
				return err
			}
			if err := k.end(ctx); err != nil {
				return err
			}
			if err := b.s.covers(p.log[:p.next], position, b.stored()); err != nil {
				return err
			}
		}
		if _, err := b.deliverOnce(ctx, tp, log, position, sizes(uint64(n), 9)); err != nil {
			return err
		}
		all = append(all, log...)
		if err := b.s.compare(all, b.stored()); err != nil {
			return err
		}
	}
	return nil
}

// comesBack closes and opens a partition in one task, which must not mix up the two writers.
func comesBack(ctx context.Context, b *bench) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	tp := partition(0)
	log := b.s.series(tp, 0, b.s.Records)
	position := int64(0)
	for _, reason := range reasons {
		p, err := k.openAt(ctx, tp, log, position)
		if err != nil {
			return err
		}
		if position, err = k.dirty(ctx, p, 2, reason); err != nil {
			return err
		}
		if err := b.s.covers(p.log[:p.next], position, b.stored()); err != nil {
			return err
		}
	}
	if _, err := k.deliver(ctx, tp, log, position, sizes(4, 11)); err != nil {
		return err
	}
	if err := k.end(ctx); err != nil {
		return err
	}
	return b.s.compare(log, b.stored())
}

// lostIsSilent takes one partition away while another of the same task goes on.
func lostIsSilent(ctx context.Context, b *bench) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	lost, kept := partition(0), partition(1)
	p, err := k.openAt(ctx, lost, b.s.series(lost, 0, 40), 0)
	if err != nil {
		return err
	}
	q, err := k.openAt(ctx, kept, b.s.series(kept, 0, b.s.Records), 0)
	if err != nil {
		return err
	}
	if err := q.write(ctx, 10); err != nil {
		return err
	}
	if err := p.write(ctx, 23); err != nil {
		return err
	}
	if _, err := p.close(ctx, connectors.Lost); err != nil {
		return err
	}
	seen := b.s.only(p.log, b.stored())
	if err := q.writeAll(ctx, sizes(2, 10)); err != nil {
		return err
	}
	if err := q.settle(ctx); err != nil {
		return err
	}
	if _, err := q.close(ctx, connectors.Stopping); err != nil {
		return err
	}
	if err := b.quiet(ctx, k); err != nil {
		return err
	}
	if now := b.s.only(p.log, b.stored()); !slices.Equal(seen, now) {
		return fault("wrote to a lost partition after Close: %d records before, %d now", len(seen), len(now))
	}
	return nil
}

// quiet closes a task whose writers are closed: nothing is left that it may write.
func (b *bench) quiet(ctx context.Context, k *task) error {
	if b.s.Writes == nil {
		return k.end(ctx)
	}
	before := b.s.Writes()
	if err := k.end(ctx); err != nil {
		return err
	}
	if n := b.s.Writes() - before; n > 0 {
		return fault("starts %d writes in Task.Close, after its writers were closed", n)
	}
	return nil
}
