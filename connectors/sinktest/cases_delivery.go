package sinktest

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// sizes returns batch sizes from 1 to limit that are the same on every run.
func sizes(seed uint64, limit int) func() int {
	r := rand.New(rand.NewPCG(seed, 1))
	return func() int { return 1 + r.IntN(limit) }
}

// deliver writes a log to a fresh writer, waits until all is safe and closes the writer.
func (k *task) deliver(ctx context.Context, tp schemas.TopicPartition, log []entry, from int64, size func() int) (*pipeline, error) {
	p, err := k.openAt(ctx, tp, log, from)
	if err != nil {
		return nil, err
	}
	if err := p.writeAll(ctx, size); err != nil {
		return nil, err
	}
	if err := p.settle(ctx); err != nil {
		return nil, err
	}
	if _, err := p.close(ctx, connectors.Stopping); err != nil {
		return nil, err
	}
	return p, nil
}

// deliverOnce is deliver with a task of its own.
func (b *bench) deliverOnce(ctx context.Context, tp schemas.TopicPartition, log []entry, from int64, size func() int) (*pipeline, error) {
	k, err := b.start(ctx)
	if err != nil {
		return nil, err
	}
	p, err := k.deliver(ctx, tp, log, from, size)
	if err != nil {
		return nil, err
	}
	return p, k.end(ctx)
}

func batchesOfAnySize(ctx context.Context, b *bench) error {
	var all []entry
	for n, limit := range []int{1, 7, 1000} {
		tp := partition(int32(n))
		log := b.s.series(tp, int64(n)*1000, b.s.Records)
		p, err := b.deliverOnce(ctx, tp, log, int64(n)*1000, sizes(uint64(n), limit))
		if err != nil {
			return err
		}
		if len(p.rejected) > 0 {
			return fault("rejects good records: %v", p.rejected)
		}
		all = append(all, log...)
		if err := b.s.compare(all, b.stored()); err != nil {
			return err
		}
	}
	return nil
}

func pendingIsHonest(ctx context.Context, b *bench) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	tp := partition(0)
	p, err := k.openAt(ctx, tp, b.s.series(tp, 5, b.s.Records/2), 5)
	if err != nil {
		return err
	}
	checked := int64(-1)
	p.inspect = func(position int64) error {
		if position == checked {
			return nil
		}
		checked = position
		return b.s.covers(p.log[:p.next], position, b.stored())
	}
	if err := p.writeAll(ctx, sizes(9, 6)); err != nil {
		return err
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	if _, err := p.close(ctx, connectors.Stopping); err != nil {
		return err
	}
	if err := k.end(ctx); err != nil {
		return err
	}
	return b.s.compare(p.log, b.stored())
}

// cancelledWrite ends the context of Write before it and in the middle of it. The runtime then closes the writer and
// somebody goes on from the position.
func cancelledWrite(ctx context.Context, b *bench) error {
	tp := partition(0)
	log := b.s.series(tp, 0, b.s.Records*4)
	position := int64(0)
	for round := range 6 {
		k, err := b.start(ctx)
		if err != nil {
			return err
		}
		p, err := k.openAt(ctx, tp, log, position)
		if err != nil {
			return err
		}
		if position, err = p.interrupted(ctx, round > 0); err != nil {
			return err
		}
		if err := b.s.covers(p.log[:p.next], position, b.stored()); err != nil {
			return err
		}
		if err := k.end(ctx); err != nil {
			return err
		}
	}
	if _, err := b.deliverOnce(ctx, tp, log, position, sizes(3, 50)); err != nil {
		return err
	}
	return b.s.compare(log, b.stored())
}

// interrupted writes a batch whose context ends, and closes the writer.
func (p *pipeline) interrupted(ctx context.Context, during bool) (int64, error) {
	short, cancel := context.WithCancel(ctx)
	if !during {
		cancel()
	}
	var wg sync.WaitGroup
	wg.Go(cancel) // at some moment of the call: every one must be good
	answer, wrong := p.offer(short, len(p.log)/4)
	wg.Wait()
	if wrong != nil {
		return 0, wrong
	}
	// An end of the context may look like any error; only what it says about records counts.
	if err := p.handleRecords(answer); err != nil {
		return 0, err
	}
	if err := p.check(); err != nil {
		return 0, err
	}
	return p.close(ctx, connectors.Revoked)
}

func inParallel(ctx context.Context, b *bench) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	const partitions = 6
	var (
		wg   sync.WaitGroup
		errs [partitions]error
		all  []entry
	)
	for n := range partitions {
		tp := partition(int32(n))
		log := b.s.series(tp, 10, b.s.Records)
		all = append(all, log...)
		wg.Go(func() { _, errs[n] = k.deliver(ctx, tp, log, 10, sizes(uint64(n), 20)) })
	}
	wg.Wait()
	if i := slices.IndexFunc(errs[:], func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	if err := k.end(ctx); err != nil {
		return err
	}
	return b.s.compare(all, b.stored())
}
