package task

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// hanging is a converter whose registry does not answer.
type hanging struct{}

// conversions holds a token when a conversion hangs.
var conversions = make(chan struct{}, 1)

func init() {
	converter.Register(converter.Plugin{Class: "test.Hanging", Value: true, Config: func() *configdef.Def { return configdef.New() },
		New: func(configdef.Values, converter.Role) (converter.Converter, error) { return hanging{}, nil }})
}

func (hanging) Convert(ctx context.Context, _ string, _ []byte) (schemas.Value, error) {
	select {
	case conversions <- struct{}{}:
	default:
	}
	<-ctx.Done()
	return schemas.Value{}, ctx.Err()
}

func (h hanging) Clone() converter.Converter { return h }

func (hanging) Close() error { return nil }

// endsCleanly stops the task without cutting it short and checks that it did not count as failed.
func (r *rig) endsCleanly() {
	r.t.Helper()
	r.task.Stop(context.Background())
	if st := r.state(); st != runtime.Running {
		r.t.Errorf("state after the stop is %s: %s", st, r.trace)
	}
}

func TestStopDoesNotWaitForOpen(t *testing.T) {
	r, s := newRig(t, numbers(1)...), &script{}
	opening := make(chan struct{})
	s.open = func(ctx context.Context, _ int64) error { close(opening); <-ctx.Done(); return ctx.Err() }
	r.run(s, nil, nil)
	<-opening
	r.endsCleanly()
	if len(s.reasons) != 0 {
		t.Errorf("a writer that was never opened was closed with %v", s.reasons)
	}
}

func TestStopDoesNotWaitForAConverter(t *testing.T) {
	r, s := newRig(t, numbers(1)...), &script{}
	r.run(s, map[string]string{"value.converter": "test.Hanging"}, nil)
	<-conversions
	r.endsCleanly()
	if !slices.Equal(s.reasons, []connectors.CloseReason{connectors.Stopping}) {
		t.Errorf("writer was closed with %v", s.reasons)
	}
	if got := r.committed(); got > 0 {
		t.Errorf("committed %d, beyond the record that was not converted", got)
	}
}

// TestWhatCloseTakesBackIsNotCommitted: errors of Close can name records that had been accepted.
func TestWhatCloseTakesBackIsNotCommitted(t *testing.T) {
	rejection := &connectors.RejectedError{Rejections: []connectors.Rejection{{Offset: 4, Err: errors.New("too large")}}}
	for name, err := range map[string]error{"rejection": rejection, "rewind": connectors.Rewind(4, errors.New("an upload was lost"))} {
		t.Run(name, func(t *testing.T) {
			r, s := newRig(t, numbers(10)...), &script{}
			closed := false
			s.pending = func() (int64, bool) { return 2, !closed }
			s.close = func(context.Context, connectors.CloseReason) error { closed = true; return err }
			r.run(s, nil, nil)
			eventually(t, "all records", func() bool { return len(s.accepted()) == 10 })
			r.endsCleanly()
			if got := r.committed(); got != 4 {
				t.Errorf("committed %d, want 4", got)
			}
		})
	}
}

// TestPanicAtTheEndCommitsNothing: the process lives on and what a broken writer says is not believed.
func TestPanicAtTheEndCommitsNothing(t *testing.T) {
	r, s := newRig(t, numbers(10)...), &script{}
	broken := false
	s.pending = func() (int64, bool) {
		if broken {
			panic("boom")
		}
		return 2, true
	}
	s.close = func(context.Context, connectors.CloseReason) error { broken = true; return nil }
	r.run(s, nil, nil)
	r.waitCommitted(2)
	eventually(t, "all records", func() bool { return len(s.accepted()) == 10 })
	r.task.Stop(context.Background())
	if got := r.committed(); got != 2 {
		t.Errorf("committed %d, want 2", got)
	}
}

func TestRewindForwardFails(t *testing.T) {
	r, s := newRig(t, numbers(10)...), &script{}
	s.write = func([]schemas.Record) (int, error) { return 0, connectors.Rewind(100, errors.New("confused")) }
	r.run(s, nil, nil)
	r.failedWith("rewinds to offset 100, beyond the position 10", "confused")
}

// TestTopicCreatedAnew: the writer of the old log is closed once, a new one starts at 0, and commits go back too.
func TestTopicCreatedAnew(t *testing.T) {
	r, s := newRig(t, numbers(10)...), &script{}
	var opened []int64
	s.open = func(_ context.Context, from int64) error { opened = append(opened, from); return nil }
	r.run(s, map[string]string{"consumer.override.metadata.max.age.ms": "3600000"}, nil)
	r.waitCommitted(10)
	if err := r.broker.DeleteTopic("t"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new topic", func() bool { return r.broker.TopicInfo("t") != nil || r.broker.CreateTopic("t", 1, nil) == nil })
	r.produce(numbers(3)...)
	r.waitCommitted(3)
	r.endsCleanly()
	if !slices.Equal(opened, []int64{0, 0}) {
		t.Errorf("opened at %v, want 0 twice", opened)
	}
	if want := []connectors.CloseReason{connectors.Lost, connectors.Stopping}; !slices.Equal(s.reasons, want) {
		t.Errorf("closed with %v, want %v", s.reasons, want)
	}
	if got := s.accepted(); !slices.Equal(got[10:], []int64{0, 1, 2}) {
		t.Errorf("accepted %v", got)
	}
}
