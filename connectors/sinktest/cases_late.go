package sinktest

import (
	"context"
	"errors"

	"github.com/sluice-connect/sluice/connectors"
)

// lateRequests has something in between keep what the sink sends and deliver it when newer records are stored: whether the
// sink's time is over (the next task has gone on by then) or its connection broke (it has gone on itself).
func lateRequests(ctx context.Context, b *bench) error {
	return errors.Join(b.lateAfter(ctx, 0, b.handOverInTime), b.lateAfter(ctx, 1, b.goOnAfterCut))
}

// lateAfter delivers what was kept after all records are stored, and asks whether they still are.
func (b *bench) lateAfter(ctx context.Context, n int32, store func(context.Context, *proxy, *pipeline, []entry) error) error {
	direct := b.props
	between := newProxy()
	defer between.close()
	b.props = b.s.Through(direct, between.via)
	k, err := b.start(ctx)
	b.props = direct
	if err != nil {
		return err
	}
	tp := partition(n)
	log := b.s.series(tp, 0, b.s.Records)
	p, err := k.openAt(ctx, tp, log[:len(log)/3], 0)
	if err != nil {
		return err
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	between.hold()
	if err := store(ctx, between, p, log); err != nil {
		return err
	}
	if err := between.release(); err != nil {
		return err
	}
	if err := k.end(ctx); err != nil {
		return err
	}
	if err := b.s.compare(log, b.s.only(log, b.stored())); err != nil {
		return fault("let a request that arrived late have its way: %w", err)
	}
	return nil
}

// handOverInTime takes the partition away while a request is under way; another task goes on.
func (b *bench) handOverInTime(ctx context.Context, between *proxy, p *pipeline, log []entry) error {
	short, cancel := context.WithCancel(ctx)
	defer cancel()
	kept := make(chan error, 1)
	go func() { kept <- between.kept(); cancel() }()
	p.log = log[:2*len(log)/3]
	answer, wrong := p.offer(short, len(log)/3)
	for wrong == nil && short.Err() == nil {
		if wrong = p.handleRecords(answer); wrong == nil {
			wrong = within("Advance", func() error { _, answer = p.writer.Advance(short, p.now); return nil })
		}
		p.pause(short, outageLength/100)
	}
	if err := errors.Join(wrong, <-kept); err != nil {
		return err
	}
	position, err := p.close(short, connectors.Revoked)
	if err != nil {
		return err
	}
	_, err = b.deliverOnce(ctx, p.tp, log, position, sizes(8, 9))
	return err
}

// goOnAfterCut breaks the connection while a request is under way.
func (b *bench) goOnAfterCut(ctx context.Context, between *proxy, p *pipeline, log []entry) error {
	kept := make(chan error, 1)
	go func() { kept <- between.kept(); between.cut() }()
	p.log = log
	err := p.writeAll(ctx, sizes(9, 9))
	if err == nil {
		err = p.settle(ctx)
	}
	if err := errors.Join(err, <-kept); err != nil {
		return err
	}
	_, err = p.close(ctx, connectors.Stopping)
	return err
}
