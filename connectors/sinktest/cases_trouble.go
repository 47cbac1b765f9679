package sinktest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// outageLength is how long a service is away in the middle of writing: long enough for several attempts.
const outageLength = 250 * time.Millisecond

// outlast takes the service away while f runs, for a time or until f ends, and returns what f does.
func (b *bench) outlast(f func() error) error {
	back := sync.OnceFunc(b.s.Outage(b.t, b.props))
	defer back()
	done := make(chan error, 1)
	go func() { done <- f() }()
	timer := time.NewTimer(outageLength)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		back()
		return <-done
	}
}

// serviceAway takes the service away while records are written: invariant 5, it is waited for and nothing fails.
func serviceAway(ctx context.Context, b *bench) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	tp := partition(0)
	p, err := k.openAt(ctx, tp, b.s.series(tp, 0, b.s.Records*2), 0)
	if err != nil {
		return err
	}
	if err := p.write(ctx, b.s.Records/2); err != nil {
		return err
	}
	err = b.outlast(func() error {
		if err := p.writeAll(ctx, sizes(5, 12)); err != nil {
			return err
		}
		return p.settle(ctx)
	})
	if err != nil {
		return duringOutage(err)
	}
	if _, err := p.close(ctx, connectors.Stopping); err != nil {
		return err
	}
	if err := k.end(ctx); err != nil {
		return err
	}
	if len(p.rejected) > 0 {
		return fault("rejects good records because the service is away: %v", p.rejected)
	}
	return b.s.compare(p.log, b.stored())
}

func duringOutage(err error) error {
	return fault("does not outlast an outage of the service: %w", err)
}

// handedOverWhileAway takes the partition away during an outage; the next task starts in it.
func handedOverWhileAway(ctx context.Context, b *bench) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	tp := partition(0)
	log := b.s.series(tp, 0, b.s.Records)
	p, err := k.openAt(ctx, tp, log, 0)
	if err != nil {
		return err
	}
	if err := p.write(ctx, b.s.Records/3); err != nil {
		return err
	}
	back := sync.OnceFunc(b.s.Outage(b.t, b.props))
	defer back()
	if err := p.write(ctx, b.s.Records/3); err != nil {
		return duringOutage(err)
	}
	quick, cancel := context.WithTimeout(ctx, outageLength)
	defer cancel()
	position, err := p.close(quick, connectors.Revoked)
	if err != nil {
		return duringOutage(err)
	}
	if err := k.end(quick); err != nil {
		return duringOutage(err)
	}
	if _, err := b.start(ctx); err != nil && !connectors.IsRetriable(err) {
		return fault("does not wait for a service that is away at the start: %w", err)
	}
	back()
	if err := b.s.covers(p.log[:p.next], position, b.stored()); err != nil {
		return err
	}
	if _, err := b.deliverOnce(ctx, tp, log, position, sizes(6, 9)); err != nil {
		return err
	}
	return b.s.compare(log, b.stored())
}

// poisonFirst begins every batch with a bad record and has its good records wait for the service: the bad one may be all that
// a Write can deal with, and is then rejected with none accepted.
func poisonFirst(ctx context.Context, b *bench) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	const size = 6
	tp := partition(0)
	var log, good []entry
	var bad []int64
	for i, e := range b.s.series(tp, 0, 8*size) {
		if i%size == 0 {
			log = append(log, entry{record: b.s.Poison(tp, e.record.Offset)})
			bad = append(bad, e.record.Offset)
			continue
		}
		log, good = append(log, e), append(good, e)
	}
	p, err := k.openAt(ctx, tp, log, 0)
	if err != nil {
		return err
	}
	write := func() error {
		if err := p.writeAll(ctx, func() int { return size }); err != nil {
			return err
		}
		return p.settle(ctx)
	}
	if b.s.Outage != nil {
		err = b.outlast(write)
	} else {
		err = write()
	}
	if err != nil {
		return err
	}
	if _, err := p.close(ctx, connectors.Stopping); err != nil {
		return err
	}
	if err := k.end(ctx); err != nil {
		return err
	}
	if err := p.rejectedOnly(bad); err != nil {
		return err
	}
	return b.s.compare(good, b.stored())
}

// startTogether starts two tasks on a target that nobody has written to.
func startTogether(ctx context.Context, b *bench) error {
	var (
		wg   sync.WaitGroup
		errs [2]error
		all  []entry
	)
	for n := range errs {
		tp := partition(int32(n))
		log := b.s.series(tp, 0, b.s.Records)
		all = append(all, log...)
		wg.Go(func() {
			_, errs[n] = b.deliverOnce(ctx, tp, log, 0, sizes(uint64(n), 15))
		})
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return fault("cannot start two tasks at once: %w", err)
	}
	return b.s.compare(all, b.stored())
}

// loginRefused has the service refuse the sink in the middle of its work: nothing counts as written, and the task fails
// with an error that says what to do, because waiting helps nobody.
func loginRefused(ctx context.Context, b *bench) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	tp := partition(0)
	log := b.s.series(tp, 0, b.s.Records)
	p, err := k.openAt(ctx, tp, log[:len(log)/2], 0)
	if err != nil {
		return err
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	p.log = log
	accept := sync.OnceFunc(b.s.RefuseLogin(b.t, b.props))
	defer accept()
	fatal, err := p.untilFatal(ctx)
	if err != nil {
		return err
	}
	if err := b.keepsSecrets(fatal); err != nil {
		return err
	}
	quick, cancel := context.WithTimeout(ctx, outageLength)
	defer cancel()
	position, err := p.close(quick, connectors.Stopping)
	if err != nil {
		return err
	}
	if err := p.rejectedOnly(nil); err != nil {
		return err
	}
	if err := k.end(quick); err != nil {
		return err
	}
	if _, err := b.start(ctx); err == nil {
		b.t.Log("the sink starts although its login is refused")
	} else if connectors.IsRetriable(err) {
		return fault("waits, at its start, for a login that is refused: %w", err)
	} else if err := b.keepsSecrets(err); err != nil {
		return err
	}
	accept()
	if err := b.s.covers(p.log[:p.next], position, b.stored()); err != nil {
		return err
	}
	if _, err := b.deliverOnce(ctx, tp, log, position, sizes(7, 9)); err != nil {
		return err
	}
	return b.s.compare(log, b.stored())
}

// untilFatal writes and advances until the writer says something that fails the task.
func (p *pipeline) untilFatal(ctx context.Context) (fatal, wrong error) {
	answer := error(nil)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); p.pause(ctx, 2*time.Millisecond) {
		if answer, wrong = p.offer(ctx, 10); wrong != nil || isFatal(answer) {
			return answer, wrong
		}
		if err := p.handleRecords(answer); err != nil {
			return nil, err
		}
		wrong = within("Advance", func() error { _, answer = p.writer.Advance(ctx, time.Now()); return nil })
		if wrong != nil || isFatal(answer) {
			return answer, wrong
		}
		if err := p.handleRecords(answer); err != nil {
			return nil, err
		}
		if err := p.check(); err != nil {
			return nil, err
		}
	}
	return nil, fault("goes on although its login is refused; the last it said was: %w", answer)
}

func isFatal(err error) bool {
	var (
		rejected *connectors.RejectedError
		rewind   *connectors.RewindError
	)
	return err != nil && !connectors.IsRetriable(err) && !errors.As(err, &rejected) && !errors.As(err, &rewind)
}

// keepsSecrets looks for the passwords of the configuration in an error.
func (b *bench) keepsSecrets(err error) error {
	for _, k := range b.s.Connector.Config().Keys() {
		secret := b.props[k.Name]
		if k.Type == configdef.Password && len(secret) > 3 && strings.Contains(err.Error(), secret) {
			return fault("shows the value of %s in an error", k.Name)
		}
	}
	return nil
}
