package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/schemas"
)

// inOrder reports whether the sink accepted exactly the offsets 0..n-1.
func inOrder(offsets []int64, n int) bool {
	return len(offsets) == n && slices.IsSorted(offsets) && (n == 0 || offsets[n-1] == int64(n-1))
}

func TestRecordsFlowAndAreCommitted(t *testing.T) {
	r, s := newRig(t, numbers(50)...), &script{}
	r.run(s, map[string]string{"consumer.override.max.poll.records": "7"}, nil)
	r.waitCommitted(50)
	if got := s.accepted(); !inOrder(got, 50) {
		t.Errorf("accepted %v", got)
	}
	if st := r.state(); st != runtime.Running {
		t.Errorf("state is %s", st)
	}
}

func TestRetriableIsOfferedAgain(t *testing.T) {
	r, s := newRig(t, numbers(10)...), &script{}
	failures := 3
	s.write = func(batch []schemas.Record) (int, error) {
		if failures > 0 {
			failures--
			return min(2, len(batch)), connectors.Retriable(errors.New("sink is away"))
		}
		return len(batch), nil
	}
	r.run(s, nil, nil)
	r.waitCommitted(10)
	if got := s.accepted(); !inOrder(got, 10) {
		t.Errorf("accepted %v", got)
	}
}

func TestRejectedRecordFailsTheTask(t *testing.T) {
	r, s := newRig(t, numbers(10)...), &script{}
	s.write = func(batch []schemas.Record) (int, error) {
		for i := range batch {
			if batch[i].Offset == 6 {
				return i + 1, connectors.Reject(&batch[i], errors.New("item is too large"))
			}
		}
		return len(batch), nil
	}
	r.run(s, nil, nil)
	r.failedWith("Tolerance exceeded in error handler", "topic t, partition 0, offset 6", "TASK_PUT", "item is too large")
	if got := r.committed(); got != 6 {
		t.Errorf("committed %d, want 6: the rejected record must be read again", got)
	}
}

func TestBadRecordFailsTheTaskAfterTheGoodOnes(t *testing.T) {
	r, s := newRig(t, `{"n":0}`, `{"n":1}`, `{"n":`, `{"n":3}`), &script{}
	r.run(s, nil, nil)
	r.failedWith("org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded in error handler", "Caused by: org.apache.kafka.connect.errors.DataException",
		"topic t, partition 0, offset 2", "VALUE_CONVERTER", "JsonConverter")
	if got := s.accepted(); !inOrder(got, 2) {
		t.Errorf("accepted %v, want the two records before the bad one", got)
	}
	if got := r.committed(); got != 2 {
		t.Errorf("committed %d, want 2", got)
	}
	if !slices.Equal(s.reasons, []connectors.CloseReason{connectors.Stopping}) {
		t.Errorf("writer was closed with %v", s.reasons)
	}
}

func TestRewindReadsAgain(t *testing.T) {
	r, s := newRig(t, numbers(10)...), &script{}
	rewound := false
	s.write = func(batch []schemas.Record) (int, error) {
		if !rewound && batch[len(batch)-1].Offset == 9 {
			rewound = true
			return 0, connectors.Rewind(4, errors.New("an upload was lost"))
		}
		return len(batch), nil
	}
	r.run(s, map[string]string{"consumer.override.max.poll.records": "5"}, nil)
	r.waitCommitted(10)
	if got := s.accepted(); !slices.Equal(got, []int64{0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9}) {
		t.Errorf("accepted %v", got)
	}
}

func TestPendingHoldsTheCommitBack(t *testing.T) {
	r, s := newRig(t, numbers(10)...), &script{}
	safe, more := int64(3), true
	s.pending = func() (int64, bool) { return safe, more }
	r.run(s, nil, nil)
	r.waitCommitted(3)
	s.mu.Lock()
	more = false
	s.mu.Unlock()
	s.tc.Wake(schemas.TopicPartition{Topic: "t"})
	r.waitCommitted(10)
}

func TestStopFlushesAndCommits(t *testing.T) {
	r, s := newRig(t, numbers(10)...), &script{}
	flushed := false
	s.pending = func() (int64, bool) { return 0, !flushed }
	s.close = func(_ context.Context, reason connectors.CloseReason) error {
		flushed = reason == connectors.Stopping
		return nil
	}
	r.run(s, nil, nil)
	eventually(t, "all records", func() bool { return len(s.accepted()) == 10 })
	if got := r.committed(); got > 0 {
		t.Fatalf("committed %d before the sink was safe", got)
	}
	stopTask(r.task)
	if got := r.committed(); got != 10 {
		t.Errorf("committed %d after the stop, want 10", got)
	}
	if st := r.state(); st != runtime.Running {
		t.Errorf("a stop reported %s", st)
	}
}

func TestPauseAndResume(t *testing.T) {
	r, s := newRig(t, numbers(5)...), &script{}
	r.run(s, nil, nil)
	r.waitCommitted(5)
	r.task.Pause()
	eventually(t, "state PAUSED", func() bool { return r.state() == runtime.Paused })
	r.produce(numbers(5)...)
	advanced := make(chan struct{}, 1)
	s.mu.Lock()
	s.advance = func(time.Time) (time.Time, error) {
		select {
		case advanced <- struct{}{}:
		default:
		}
		return time.Time{}, nil
	}
	s.mu.Unlock()
	s.tc.Wake(schemas.TopicPartition{Topic: "t"})
	<-advanced // time goes on while paused
	if got := len(s.accepted()); got != 5 {
		t.Errorf("%d records were written while paused", got-5)
	}
	r.task.Resume()
	r.waitCommitted(10)
	if st := r.state(); st != runtime.Running {
		t.Errorf("state is %s", st)
	}
}

func TestStartPausedDoesNothingUntilResumed(t *testing.T) {
	r, s := newRig(t, numbers(5)...), &script{}
	started := make(chan struct{})
	s.start = func() error { close(started); return nil }
	r.run(s, nil, func(sp *Spec) { sp.Paused = true })
	eventually(t, "state PAUSED", func() bool { return r.state() == runtime.Paused })
	select {
	case <-started:
		t.Fatal("the sink was started although the task is paused")
	default:
	}
	r.task.Resume()
	r.waitCommitted(5)
}

func TestSinkThatIsAwayAtTheStartIsWaitedFor(t *testing.T) {
	r, s := newRig(t, numbers(5)...), &script{}
	attempts := 0
	s.start = func() error {
		if attempts++; attempts < 3 {
			return connectors.Retriable(errors.New("connection refused"))
		}
		return nil
	}
	r.run(s, nil, nil)
	r.waitCommitted(5)
}

func TestWhatATaskWaitsForIsShown(t *testing.T) {
	r, s := newRig(t, numbers(5)...), &script{}
	var away atomic.Bool
	away.Store(true)
	s.start = func() error {
		if away.Load() {
			return connectors.Retriable(errors.New("host h refuses connections"))
		}
		return nil
	}
	s.write = func(batch []schemas.Record) (int, error) {
		if away.Load() {
			return 0, connectors.Retriable(errors.New("too busy"))
		}
		return len(batch), nil
	}
	var waiting atomic.Value
	waiting.Store("")
	shows := func(state runtime.State, part string) {
		t.Helper()
		eventually(t, fmt.Sprintf("state %s, waiting for %q", state, part), func() bool {
			text, _ := waiting.Load().(string)
			return r.state() == state && strings.Contains(text, part) && (text == "") == (part == "")
		})
	}
	r.run(s, nil, func(sp *Spec) { sp.Waiting = func(reason string) { waiting.Store(reason) } })
	shows(runtime.Running, "host h refuses connections")
	r.task.Pause()
	shows(runtime.Paused, "host h refuses connections")
	r.task.Resume()
	shows(runtime.Running, "host h refuses connections")
	away.Store(false)
	r.waitCommitted(5)
	shows(runtime.Running, "")
	away.Store(true)
	r.produce(numbers(1)...)
	shows(runtime.Running, "topic t, partition 0: too busy")
	away.Store(false)
	r.waitCommitted(6)
	shows(runtime.Running, "")
}

func TestBadSettingsFailAPausedTask(t *testing.T) {
	r, s := newRig(t), &script{}
	r.run(s, map[string]string{"consumer.override.max.poll.records": "-1"}, func(sp *Spec) { sp.Paused = true })
	r.failedWith("max.poll.records")
}

func TestStartThatFailsNamesTheReason(t *testing.T) {
	r, s := newRig(t), &script{}
	s.start = func() error { return errors.New("bucket b does not exist: create it") }
	r.run(s, nil, nil)
	r.failedWith("org.apache.kafka.connect.errors.ConnectException: ", "bucket b does not exist: create it")
}

func TestFatalWriteFailsTheTask(t *testing.T) {
	r, s := newRig(t, numbers(5)...), &script{}
	s.write = func([]schemas.Record) (int, error) { return 2, errors.New("access denied") }
	r.run(s, nil, nil)
	r.failedWith("Exiting WorkerSinkTask due to unrecoverable exception.", "topic t, partition 0", "access denied")
	if got := r.committed(); got != 2 {
		t.Errorf("committed %d, want 2", got)
	}
}

func TestPanicFailsTheTaskOnly(t *testing.T) {
	r, s := newRig(t, numbers(5)...), &script{}
	s.write = func([]schemas.Record) (int, error) { panic("boom") }
	r.run(s, nil, nil)
	r.failedWith("panic: boom")
}

func TestSinkThatBreaksItsContractFails(t *testing.T) {
	r, s := newRig(t, numbers(5)...), &script{}
	s.write = func([]schemas.Record) (int, error) { return 1, nil }
	r.run(s, nil, nil)
	r.failedWith("took 1 of 5 records without saying why")
}

func TestStopCutsShortWhatHangs(t *testing.T) {
	r, s := newRig(t, numbers(5)...), &script{}
	s.close = func(ctx context.Context, _ connectors.CloseReason) error { <-ctx.Done(); return ctx.Err() }
	r.run(s, nil, nil)
	r.waitCommitted(5)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	r.task.Stop(ctx)
	<-r.task.Done()
}
