package task

import (
	"errors"
	"log/slog"
	"runtime"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/schemas/crash"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// pipeline carries the records of one assigned partition to its writer. Everything but wake and life belongs to the
// goroutine of run.
type pipeline struct {
	task *SinkTask
	part *consume.Partition
	log  *slog.Logger
	wake pace.Signal // set when Advance should be called, or pause or the dead letter queue has changed
	life lifetime

	conversion conversion
	writer     connectors.Writer // nil while none is open
	intake     intake            // what was taken, and how far it is
	safety     safety            // what may be committed
	pacer      pacer             // when to try again
}

func newPipeline(t *SinkTask, p *consume.Partition) *pipeline {
	pl := &pipeline{task: t, part: p, log: t.log.With("topic", p.Topic, "partition", p.Partition), wake: pace.NewSignal(),
		life: newLifetime(), conversion: newConversion(t.set), safety: newSafety(), pacer: newPacer()}
	pl.intake.open(p.From)
	return pl
}

// run works until it is asked to end. A fatal error fails the task; the pipeline then waits to be ended like the
// others.
func (pl *pipeline) run() {
	defer close(pl.life.done)
	defer pl.life.cancel(nil)
	defer pl.task.outages.set(pl, "")
	if err := pl.guard(pl.work); err != nil && !errors.Is(err, errEnding) {
		pl.task.fail(err)
	}
	<-pl.life.asked()
	pl.end(pl.life.request)
}

// guard turns a panic in f into an error, and remembers that there was one.
func (pl *pipeline) guard(f func() error) error {
	err := crash.Guard(f)
	pl.safety.crashed = pl.safety.crashed || crash.In(err) != nil
	return err
}

func (pl *pipeline) work() error {
	if err := pl.open(pl.part.From); err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		ready := pl.part.Ready()
		if pl.task.paused.Load() || pl.pacer.held() {
			ready = nil
		}
		select {
		case <-pl.life.asked():
			return errEnding
		case <-ready:
		case <-pl.wake:
		case <-pl.part.Commits():
			pl.tellCommitted()
		case <-timer.C:
		}
		if err := pl.step(time.Now()); err != nil {
			return err
		}
		if d, any := pl.pacer.sleep(time.Now()); any {
			timer.Reset(d)
		}
	}
}

// step does what can be done now: it moves records along as long as there are any, then lets the writer advance.
func (pl *pipeline) step(now time.Time) error {
	pl.pacer.release(now)
	for !pl.pacer.held() && !pl.task.paused.Load() && !pl.life.ending() {
		more, err := pl.move()
		runtime.Gosched() // what answers requests should not wait until the scheduler takes the core away
		if err != nil {
			return err
		}
		if err := pl.advance(); err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
	return pl.advance()
}

// move takes, converts and offers one run of records; more says whether there may be another.
func (pl *pipeline) move() (more bool, err error) {
	pl.pacer.blocked = false
	if len(pl.safety.letters) > 0 && !pl.hasRoom() {
		pl.block()
		return false, nil
	}
	if pl.intake.empty() {
		if more, err = pl.refill(); !more || err != nil {
			return false, err
		}
	}
	if err := pl.convert(); err != nil {
		return false, err
	}
	if pl.intake.leftOver() {
		if err := pl.offer(); err != nil {
			return false, err
		}
		if pl.intake.leftOver() { // what the sink left is offered again
			return !pl.pacer.held(), nil
		}
	}
	if pl.intake.poison != nil { // all good records before it are in the sink
		return false, pl.condemn()
	}
	return !pl.pacer.held() && !pl.pacer.blocked, nil
}

// refill takes the next records from the partition; more says whether there were any, or only offsets to pass over.
func (pl *pipeline) refill() (more bool, err error) {
	before := pl.intake.next
	records, next, err := pl.part.Take(pl.intake.room(), pl.task.batch)
	switch {
	case err != nil || next < 0:
		pl.intake.fill(records, before)
		return false, err
	case next < before: // the log starts anew: so does the writer
		pl.intake.fill(records, before)
		return true, pl.startAnew(next)
	}
	pl.intake.fill(records, next)
	return true, nil
}
