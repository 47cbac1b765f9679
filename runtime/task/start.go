package task

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/schemas/pace"
)

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
	t.closeSink()
	return err
}

// waitForResume holds a task back that was started paused: nothing of it runs before it is resumed.
func (t *SinkTask) waitForResume() error {
	for {
		t.mu.Lock()
		paused := t.paused.Load()
		if paused {
			t.show(runtime.Paused, "")
		}
		t.mu.Unlock()
		if !paused {
			return nil
		}
		select {
		case <-t.resumed:
		case <-t.life.soft.Done():
			return t.life.soft.Err()
		}
	}
}

// startTime bounds one attempt to start the sink.
const startTime = time.Minute

// attempt does what the task cannot start without, again and again while that is away, which try says by retry. A task
// that waits counts as RUNNING, like one whose sink is away later on.
func (t *SinkTask) attempt(doing string, try func(ctx context.Context) (retry bool, err error)) error {
	defer t.hold("")
	for backoff := newBackoff(); ; {
		ctx, cancel := context.WithTimeout(t.life.soft, startTime)
		retry, err := try(ctx)
		cancel()
		if err == nil || !retry {
			return err
		}
		if t.life.soft.Err() != nil {
			return t.life.soft.Err()
		}
		t.hold(doing + ": " + err.Error())
		wait := backoff.Next()
		t.log.Warn(doing+"; will retry", "in", wait, "error", err)
		if err := pace.Sleep(t.life.soft, wait); err != nil {
			return err
		}
	}
}

// hold notes why the task cannot start yet, with "" that it can.
func (t *SinkTask) hold(reason string) {
	t.spec.Metrics.Waiting(reason != "")
	t.outages.set(t, reason)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.held = reason != ""
	if t.status.held {
		t.showStarted()
	}
}

// startSink starts the sink's task and asks it for the size of batches. No function of its context is nil.
func (t *SinkTask) startSink() error {
	tc := connectors.TaskContext{Connector: t.spec.Connector, Task: t.spec.ID, Logger: cmp.Or(t.spec.SinkLogger, t.log), Wake: t.wake, RequestCommit: t.requestCommit}
	err := t.attempt("waiting for the sink", func(ctx context.Context) (retry bool, err error) {
		if t.sink, err = t.spec.Plugin.Connector.NewTask(ctx, tc, t.set.connector); err != nil {
			return mayRetry(err), fmt.Errorf("start sink task: %w", err)
		}
		return false, nil
	})
	t.batch = t.set.consumer.MaxRecords
	if larger, ok := t.sink.(connectors.BatchSizer); ok && err == nil {
		t.batch = max(t.batch, larger.BatchRecords())
	}
	return err
}

// consume runs the group member until the task ends.
func (t *SinkTask) consume() error {
	t.mu.Lock()
	if t.life.soft.Err() != nil {
		t.mu.Unlock()
		return nil
	}
	t.consumer = consume.New(t.set.consumer)
	if t.paused.Load() {
		t.consumer.Pause()
	}
	t.showStarted()
	c := t.consumer
	t.mu.Unlock()
	return c.Run(t.life.hard, t)
}

// closeTime bounds the end of a sink task after its writers are closed.
const closeTime = 10 * time.Second

func (t *SinkTask) closeSink() {
	ctx, cancel := context.WithTimeout(t.life.hard, closeTime)
	defer cancel()
	if err := t.sink.Close(ctx); err != nil && t.life.hard.Err() == nil {
		t.log.Warn("closing the sink task", "error", err)
	}
}
