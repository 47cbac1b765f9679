package task

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/crash"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// SinkTask is a running task. Its methods may be called from any goroutine.
type SinkTask struct {
	spec Spec
	log  *slog.Logger
	life taskLifetime

	paused  atomic.Bool
	resumed pace.Signal // set by a Resume before the consumer is there
	outages outages

	mu        sync.Mutex
	status    status
	consumer  *consume.Consumer // nil until the task has started
	pipelines map[schemas.TopicPartition]*pipeline

	// What the pipelines share; it stands before the first of them.
	set   *settings
	dead  *deadLetters // nil when no dead letter topic is configured
	sink  connectors.Task
	batch int // the most records of a Write
}

// Start starts a task and returns at once; Spec.Report tells how it gets on.
func Start(s Spec) *SinkTask {
	if s.Metrics == nil {
		s.Metrics = metrics.Detached()
	}
	t := &SinkTask{spec: s, log: s.Logger, life: newTaskLifetime(), resumed: pace.NewSignal(), pipelines: map[schemas.TopicPartition]*pipeline{}}
	t.paused.Store(s.Paused)
	t.outages.tell = s.Waiting
	go t.run()
	return t
}

// Done is closed when the task has ended, by itself or because it was stopped.
func (t *SinkTask) Done() <-chan struct{} { return t.life.done }

// Stop lets the task write and commit what it holds until ctx ends, then cuts it short. It returns when the task has
// ended.
func (t *SinkTask) Stop(ctx context.Context) {
	t.life.ask()
	t.stopConsumer()
	select {
	case <-t.life.done:
		return
	case <-ctx.Done():
	}
	t.log.Warn("graceful stop of task did not finish in time; cutting it short")
	t.life.kill()
	<-t.life.done
}

func (t *SinkTask) stopConsumer() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.life.stop()
	if t.consumer != nil {
		t.consumer.Stop()
	}
}

// Pause stops reading and writing but keeps the partitions.
func (t *SinkTask) Pause() { t.setPaused(true) }

// Resume undoes Pause.
func (t *SinkTask) Resume() { t.setPaused(false) }

func (t *SinkTask) setPaused(paused bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.paused.Swap(paused) == paused || t.isEnding() {
		return
	}
	switch {
	case t.consumer == nil:
		if !paused {
			t.resumed.Set()
		}
		if t.status.held {
			t.showStarted()
		}
		return
	case paused:
		t.consumer.Pause()
	default:
		t.consumer.Resume()
	}
	for _, pl := range t.pipelines {
		pl.wake.Set()
	}
	t.showStarted()
}

// fail notes why the task fails, once, and makes it end.
func (t *SinkTask) fail(err error) {
	t.mu.Lock()
	t.status.fail(err)
	t.mu.Unlock()
	t.stopConsumer()
}

func (t *SinkTask) run() {
	defer close(t.life.done)
	defer t.life.kill()
	err := crash.Guard(t.work)
	t.stayRunning()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.status.failure != nil {
		err = t.status.failure
	}
	if err == nil || (t.life.soft.Err() != nil && t.status.failure == nil) {
		return
	}
	t.status.failure = err
	t.show(runtime.Failed, trace(err, t.spec.Connector))
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
		pl.life.end(ctx, reason)
	}
	for _, pl := range ending {
		<-pl.life.done
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
		pl.wake.Set()
	}
}
