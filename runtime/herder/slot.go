package herder

import (
	"context"
	"log/slog"
	"time"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/runtime/task"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// Task is a running task. It ends by itself when it fails; Done tells.
type Task interface {
	// Pause and Resume ask for a change of state and return at once; the task reports when it happened.
	Pause()
	Resume()
	// Stop drains and commits until ctx ends, then gives up; it returns when the task's goroutines ended.
	Stop(ctx context.Context)
	// Done is closed when the task has ended, by itself or by Stop.
	Done() <-chan struct{}
}

// slot is the place of one task number of a connector. Its goroutine owns the running task: it alone starts, pauses
// and stops it, so that a slow stop holds up nobody but the successor of the same number.
type slot struct {
	h            *Herder
	c            *connector // whose task it is; of its fields only hidden may be used without Herder.mu
	id           runtime.TaskID
	wake         pace.Signal
	ended        chan struct{}
	before       <-chan struct{} // ended of the slot that had the number before, nil for none
	log, sinkLog *slog.Logger

	metrics *metrics.Task // of the last run; belongs to the goroutine

	// Guarded by Herder.mu.
	want  want
	state runtime.State
	trace string
	// waiting is what a task that counts as RUNNING waits for, "" when it waits for nothing.
	waiting string
	// resolved is the configuration that the last run was started with, references replaced; nil before.
	resolved map[string]string
}

// want is what a slot should have come to.
type want struct {
	run    int // counts up with every restart; 0 before the first start
	config map[string]string
	spec   task.Spec
	paused bool
	gone   bool // the slot itself shall end
	// refused is why there shall be no run, "" when there shall be one.
	refused string
}

// set changes what the slot shall do. The caller holds Herder.mu.
func (s *slot) set(change func(*want)) {
	change(&s.want)
	s.wake.Set()
}

// restart asks for a new run, or for the failure of one when it is refused. The caller holds Herder.mu.
func (s *slot) restart(shown runtime.State, refused string) {
	s.state, s.trace, s.waiting = shown, "", ""
	s.set(func(w *want) { w.run, w.refused = w.run+1, refused })
}

func (s *slot) wanted() want {
	s.h.mu.RLock()
	defer s.h.mu.RUnlock()
	return s.want
}

// run is the slot's goroutine.
func (s *slot) run() {
	defer s.h.goroutines.Done()
	defer s.h.forget(s)
	defer func() { s.h.opt.Metrics.Remove(s.metrics) }()
	if s.before != nil {
		<-s.before
	}
	var running Task
	var at want
	for {
		w := s.wanted()
		switch {
		case running != nil && (w.gone || w.run != at.run):
			s.stop(running)
			running = nil
		case w.gone:
			return
		case w.run != at.run:
			running, at = s.start(w), w
		case running != nil && w.paused != at.paused:
			at.paused = w.paused
			if w.paused {
				running.Pause()
			} else {
				running.Resume()
			}
		default:
			var done <-chan struct{}
			if running != nil {
				done = running.Done()
			}
			select {
			case <-s.wake:
			case <-done:
				running = nil
				s.endedByItself(at.run)
			}
		}
	}
}

func (s *slot) start(w want) Task {
	spec := w.spec
	spec.Paused = w.paused
	s.metrics = s.h.opt.Metrics.Task(s.id.Connector, s.id.Task)
	spec.Metrics = s.metrics
	spec.Logger, spec.SinkLogger = s.log, s.sinkLog
	spec.Report = func(state runtime.State, trace string) { s.report(w.run, state, trace) }
	spec.Waiting = func(reason string) { s.waitsFor(w.run, reason) }
	if w.refused != "" {
		s.metrics.State(string(runtime.Failed))
		spec.Report(runtime.Failed, w.refused)
		return nil
	}
	ctx, cancel := context.WithTimeout(s.h.life, resolveTime)
	defer cancel()
	found, err := s.c.resolve(ctx, spec.Props)
	if err != nil {
		s.metrics.State(string(runtime.Failed))
		spec.Report(runtime.Failed, err.Error())
		return nil
	}
	if s.id.Task == 0 && w.run > 1 { // before the first run the examination has said it
		s.h.warnDangling(s.id.Connector, found.Dangling)
	}
	s.h.mu.Lock()
	s.resolved = found.Props
	s.h.mu.Unlock()
	spec.Props, spec.Redact = fullClasses(found.Props), s.c.hidden.Text
	s.log.Info("starting task")
	return s.h.opt.StartTask(spec)
}

// stop waits for the task, but not for ever: a sink that hangs must not hold up the worker.
func (s *slot) stop(running Task) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), s.h.opt.Graceful)
	defer cancel()
	running.Stop(ctx)
	if ctx.Err() != nil {
		s.log.Warn("task did not stop in good order within the graceful timeout", "timeout", s.h.opt.Graceful)
		return
	}
	s.log.Info("stopped task", "took", time.Since(began))
}

// report takes a state from run number run of the task; late words of an earlier run are not heard.
func (s *slot) report(run int, state runtime.State, trace string) {
	trace = s.c.hidden.Text(trace)
	s.h.mu.Lock()
	stale := s.want.run != run || s.want.gone
	if !stale {
		s.state, s.trace = state, trace
	}
	s.h.mu.Unlock()
	switch {
	case stale:
	case state == runtime.Failed:
		s.log.Error("task failed; restart it when the cause is mended", "trace", trace)
	default:
		s.log.Info("task changed state", "state", string(state))
	}
}

// waitsFor takes what run number run of the task waits for.
func (s *slot) waitsFor(run int, reason string) {
	reason = s.c.hidden.Text(reason)
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	if s.want.run == run && !s.want.gone {
		s.waiting = reason
	}
}

// shownTrace is the text that goes with the state: why the task failed, or what it waits for.
func (s *slot) shownTrace() string {
	if s.state == runtime.Running {
		return s.waiting
	}
	return s.trace
}

func (s *slot) endedByItself(run int) {
	s.h.mu.RLock()
	reported := s.state == runtime.Failed || s.want.run != run
	s.h.mu.RUnlock()
	if !reported {
		s.report(run, runtime.Failed, "The task ended without saying why.")
	}
}
