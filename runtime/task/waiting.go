package task

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
)

// outages are what a task waits for at the moment: the sink, a registry or the dead letter queue, each by who waits.
type outages struct {
	mu      sync.Mutex
	order   []any // those that wait, longest first
	reasons map[any]string
	told    string
	tell    func(reason string)
}

// set notes why who waits, "" when it does not any more, and tells the reason of the one that has waited longest.
func (o *outages) set(who any, reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, waits := o.reasons[who]; !waits && reason == "" {
		return
	}
	if o.reasons == nil {
		o.reasons = map[any]string{}
	}
	if _, waits := o.reasons[who]; !waits {
		o.order = append(o.order, who)
	}
	if o.reasons[who] = reason; reason == "" {
		delete(o.reasons, who)
		o.order = without(o.order, who)
	}
	shown := ""
	if len(o.order) > 0 {
		shown = cut(o.reasons[o.order[0]])
	}
	if shown != o.told && o.tell != nil {
		o.tell(shown)
	}
	o.told = shown
}

func without(list []any, one any) []any {
	left := list[:0]
	for _, e := range list {
		if e != one {
			left = append(left, e)
		}
	}
	return left
}

// attempt does what the task cannot start without, again and again while that is away, which try says by retry. A task
// that waits counts as RUNNING, like one whose sink is away later on.
func (t *SinkTask) attempt(doing string, try func(ctx context.Context) (retry bool, err error)) error {
	defer t.waited()
	for wait := retryFirst; ; wait = min(2*wait, retryMax) {
		ctx, cancel := context.WithTimeout(t.soft, startTime)
		retry, err := try(ctx)
		cancel()
		if err == nil || !retry {
			return err
		}
		if t.soft.Err() != nil {
			return t.soft.Err()
		}
		t.wait(doing + ": " + err.Error())
		t.log.Warn(doing+"; will retry", "in", wait, "error", err)
		select {
		case <-t.soft.Done():
			return t.soft.Err()
		case <-time.After(wait):
		}
	}
}

// wait notes that the task cannot start yet.
func (t *SinkTask) wait(reason string) {
	t.spec.Metrics.Waiting(true)
	t.outages.set(t, reason)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held = true
	t.reportStarted()
}

func (t *SinkTask) waited() {
	t.spec.Metrics.Waiting(false)
	t.outages.set(t, "")
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held = false
}

// reportStarted tells the state of a task that does its work, or would if it could. t.mu is held.
func (t *SinkTask) reportStarted() {
	switch {
	case t.failure != nil || t.soft.Err() != nil:
	case t.paused.Load():
		t.report(runtime.Paused, "")
	default:
		t.report(runtime.Running, "")
	}
}

// startSink starts the sink's task.
func (t *SinkTask) startSink() error {
	tc := connectors.TaskContext{Connector: t.spec.Connector, Task: t.spec.ID, Logger: cmp.Or(t.spec.SinkLogger, t.log), Wake: t.wake, RequestCommit: t.requestCommit}
	return t.attempt("waiting for the sink", func(ctx context.Context) (retry bool, err error) {
		if t.sink, err = t.spec.Plugin.Connector.NewTask(ctx, tc, t.set.connector); err != nil {
			return connectors.IsRetriable(err), fmt.Errorf("start sink task: %w", err)
		}
		return false, nil
	})
}
