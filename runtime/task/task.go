package task

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/runtime/crash"
	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/schemas"
)

// SinkTask is a running task. Its methods may be called from any goroutine.
type SinkTask struct {
	spec Spec
	log  *slog.Logger

	hard   context.Context // ends everything at once
	kill   context.CancelFunc
	soft   context.Context // ends the start; afterwards the consumer is stopped
	stop   context.CancelFunc
	done   chan struct{}
	asked  chan struct{} // closed by the first Stop
	ask    sync.Once
	paused atomic.Bool

	mu        sync.Mutex
	pipelines map[schemas.TopicPartition]*pipeline
	consumer  *consume.Consumer // nil until the task has started
	resumed   chan struct{}     // closed by the first Resume before the start
	resume    sync.Once
	failure   error
	reported  runtime.State
	ranAt     time.Time // when Running was last reported
	held      bool      // the start waits for something that is away

	outages outages

	set  *settings
	dead *deadLetters // nil when no dead letter topic is configured
	sink connectors.Task
}

// Start starts a task and returns at once; Spec.Report tells how it gets on.
func Start(s Spec) *SinkTask {
	if s.Metrics == nil {
		s.Metrics = metrics.Detached()
	}
	t := &SinkTask{spec: s, log: s.Logger, done: make(chan struct{}), asked: make(chan struct{}), pipelines: map[schemas.TopicPartition]*pipeline{}, resumed: make(chan struct{})}
	t.hard, t.kill = context.WithCancel(context.Background())
	t.soft, t.stop = context.WithCancel(t.hard)
	t.paused.Store(s.Paused)
	t.outages.tell = s.Waiting
	go t.run()
	return t
}

// Done is closed when the task has ended, by itself or because it was stopped.
func (t *SinkTask) Done() <-chan struct{} { return t.done }

// Stop lets the task write and commit what it holds until ctx ends, then cuts it short. It returns when the task has
// ended.
func (t *SinkTask) Stop(ctx context.Context) {
	t.ask.Do(func() { close(t.asked) })
	t.stopConsumer()
	select {
	case <-t.done:
		return
	case <-ctx.Done():
	}
	t.log.Warn("graceful stop of task did not finish in time; cutting it short")
	t.kill()
	<-t.done
}

func (t *SinkTask) stopConsumer() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stop()
	if t.consumer != nil {
		t.consumer.Stop()
	}
}

// Pause stops reading and writing but keeps the partitions.
func (t *SinkTask) Pause() { t.setPaused(true, runtime.Paused) }

// Resume undoes Pause.
func (t *SinkTask) Resume() { t.setPaused(false, runtime.Running) }

func (t *SinkTask) setPaused(paused bool, state runtime.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.paused.Swap(paused) == paused || t.failure != nil || t.soft.Err() != nil {
		return
	}
	if t.consumer == nil {
		if !paused {
			t.resume.Do(func() { close(t.resumed) })
		}
		if t.held {
			t.reportStarted()
		}
		return
	}
	if paused {
		t.consumer.Pause()
	} else {
		t.consumer.Resume()
	}
	for _, pl := range t.pipelines {
		pl.signal()
	}
	t.report(state, "")
}

// report tells the state. t.mu is held, so that reports come in order.
func (t *SinkTask) report(s runtime.State, trace string) {
	if t.reported != s {
		t.reported = s
		if s == runtime.Running {
			t.ranAt = time.Now()
		}
		t.spec.Metrics.State(string(s))
		t.spec.Report(s, trace)
	}
}

// fail notes why the task fails, once, and makes it end.
func (t *SinkTask) fail(err error) {
	t.mu.Lock()
	if t.failure == nil {
		t.failure = err
	}
	t.mu.Unlock()
	t.stopConsumer()
}

func (t *SinkTask) run() {
	defer close(t.done)
	defer t.kill()
	err := crash.Guard(t.work)
	t.settle()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failure != nil {
		err = t.failure
	}
	if err == nil || (t.soft.Err() != nil && t.failure == nil) {
		return
	}
	t.failure = err
	t.report(runtime.Failed, trace(err))
}

// settle waits as Spec.Settle says, but not for a task that is asked to end.
func (t *SinkTask) settle() {
	t.mu.Lock()
	ranAt := t.ranAt
	t.mu.Unlock()
	wait := t.spec.Settle - time.Since(ranAt)
	if ranAt.IsZero() || wait <= 0 {
		return
	}
	select {
	case <-time.After(wait):
	case <-t.asked:
	}
}

// work runs the task from start to end.
func (t *SinkTask) work() error {
	set, err := newSettings(t.spec)
	if err != nil {
		return err // also while paused, as in Kafka Connect
	}
	t.set = &set
	defer func() {
		if err := set.close(); err != nil {
			t.log.Warn("closing converters", "error", err)
		}
	}()
	if err := t.waitForResume(); err != nil {
		return err
	}
	if err := t.startDeadLetters(); err != nil {
		return err
	}
	if t.dead != nil {
		defer t.dead.close()
	}
	if err := t.startSink(); err != nil {
		return err
	}
	err = t.consume()
	return errors.Join(err, t.closeSink())
}

// waitForResume holds a task back that was started paused: nothing of it runs before it is resumed.
func (t *SinkTask) waitForResume() error {
	t.mu.Lock()
	if !t.paused.Load() {
		t.mu.Unlock()
		return nil
	}
	t.report(runtime.Paused, "")
	t.mu.Unlock()
	select {
	case <-t.resumed:
		return nil
	case <-t.soft.Done():
		return t.soft.Err()
	}
}

// startTime bounds one attempt to start the sink.
const startTime = time.Minute

// consume runs the group member until the task ends.
func (t *SinkTask) consume() error {
	t.mu.Lock()
	if t.soft.Err() != nil {
		t.mu.Unlock()
		return nil
	}
	t.consumer = consume.New(t.set.consumer)
	if t.paused.Load() {
		t.consumer.Pause()
	}
	t.reportStarted()
	c := t.consumer
	t.mu.Unlock()
	return c.Run(t.hard, t)
}

// closeTime bounds the end of a sink task after its writers are closed.
const closeTime = 10 * time.Second

func (t *SinkTask) closeSink() error {
	ctx, cancel := context.WithTimeout(t.hard, closeTime)
	defer cancel()
	if err := t.sink.Close(ctx); err != nil && t.hard.Err() == nil {
		t.log.Warn("closing the sink task", "error", err)
	}
	return nil
}

// Assigned implements consume.Handler.
func (t *SinkTask) Assigned(parts []*consume.Partition) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range parts {
		pl := newPipeline(t, p)
		t.pipelines[p.TopicPartition] = pl
		go pl.run()
	}
}

// Revoked implements consume.Handler.
func (t *SinkTask) Revoked(ctx context.Context, reason connectors.CloseReason) {
	t.mu.Lock()
	ending := make([]*pipeline, 0, len(t.pipelines))
	for _, pl := range t.pipelines {
		ending = append(ending, pl)
	}
	t.mu.Unlock()
	for _, pl := range ending {
		pl.close(ctx, reason)
	}
	for _, pl := range ending {
		<-pl.done
	}
	t.mu.Lock()
	clear(t.pipelines)
	t.mu.Unlock()
}

// requestCommit asks the consumer for a commit; before there is one, nothing can have become safe.
func (t *SinkTask) requestCommit() {
	t.mu.Lock()
	c := t.consumer
	t.mu.Unlock()
	if c != nil {
		c.RequestCommit()
	}
}

// wake asks the pipeline of tp to let its writer advance.
func (t *SinkTask) wake(tp schemas.TopicPartition) {
	t.mu.Lock()
	pl := t.pipelines[tp]
	t.mu.Unlock()
	if pl != nil {
		pl.signal()
	}
}
