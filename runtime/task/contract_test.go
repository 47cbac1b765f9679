package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

var errTooLarge = errors.New("item is too large")

// copied keeps a record beyond its batch.
func copied(r *schemas.Record) *schemas.Record {
	kept := connectors.NewRejection(r, errTooLarge)
	return &kept.Record
}

// TestSinkThatRejectsARecordForEverFails: it used to be called 818,425 times a second.
func TestSinkThatRejectsARecordForEverFails(t *testing.T) {
	for _, tolerance := range []string{"all", "none"} {
		t.Run(tolerance, func(t *testing.T) {
			r, s := newRig(t, numbers(10)...), &script{}
			var first *schemas.Record
			calls := 0
			s.write = func(batch []schemas.Record) (int, error) {
				if calls++; first == nil {
					first = copied(&batch[0])
				}
				return 0, connectors.Reject(first, errTooLarge)
			}
			r.run(s, dead("errors.tolerance", tolerance), nil)
			if tolerance == "none" {
				r.failedWith("Tolerance exceeded in error handler", "offset 0", "item is too large")
			} else {
				r.failedWith("Exiting WorkerSinkTask", "sink script breaks the contract of connectors.Writer at topic t, partition 0, offset 0",
					"it rejects a record that was dropped or rejected before", "the contract says: Rejected names, once")
			}
			if calls > 2 {
				t.Errorf("Write was called %d times", calls)
			}
			r.waitDead("0")
		})
	}
}

// TestPartialRejected: a record that is rejected is not offered again, whatever was accepted with it, and its batch
// mates are offered once more.
func TestPartialRejected(t *testing.T) {
	for name, accepted := range map[string]func(i int) int{"nothing accepted": func(int) int { return 0 },
		"those before it": func(i int) int { return i }, "it as well": func(i int) int { return i + 1 }} {
		t.Run(name, func(t *testing.T) {
			r, s := newRig(t, numbers(10)...), &script{}
			var seen [][]int64
			told := map[int64]bool{}
			s.write = func(batch []schemas.Record) (int, error) {
				seen = append(seen, offsetsOf(batch))
				for i := range batch {
					if o := batch[i].Offset; (o == 0 || o == 6 || o == 9) && !told[o] {
						told[o] = true
						return accepted(i), connectors.Reject(&batch[i], errTooLarge)
					}
				}
				return len(batch), nil
			}
			r.run(s, dead(), nil)
			r.waitCommitted(10)
			r.waitDead("0", "6", "9")
			r.endsCleanly()
			got := s.accepted()
			if name == "it as well" {
				got = slices.DeleteFunc(got, func(o int64) bool { return told[o] })
			}
			if !slices.Equal(got, []int64{1, 2, 3, 4, 5, 7, 8}) {
				t.Errorf("accepted %v; offered %v", got, seen)
			}
		})
	}
}

// TestEveryRecordRejectedOneByOne ends with all of them in the dead letter queue, once.
func TestEveryRecordRejectedOneByOne(t *testing.T) {
	r, s := newRig(t, numbers(5)...), &script{}
	s.write = func(batch []schemas.Record) (int, error) {
		return 0, connectors.Reject(&batch[len(batch)-1], errTooLarge)
	}
	r.run(s, dead(), nil)
	r.waitCommitted(5)
	r.endsCleanly()
	got := deadOffsets(t, r.broker.Addr)
	if slices.Sort(got); !slices.Equal(got, []string{"0", "1", "2", "3", "4"}) || len(s.accepted()) > 0 {
		t.Errorf("letters %v, accepted %v", got, s.accepted())
	}
}

// TestBrokenContractsFailTheTask with a text that names class, place and rule, whatever the tolerance.
func TestBrokenContractsFailTheTask(t *testing.T) {
	at := func(offset int64) *schemas.Record {
		return &schemas.Record{Offset: offset, Source: schemas.TopicPartition{Topic: "t"}}
	}
	cases := map[string]struct {
		write func(batch []schemas.Record) (int, error)
		place string
		how   string
	}{
		"too many":     {func([]schemas.Record) (int, error) { return 4, nil }, "offset 0", "Write took 4 of 3 records"},
		"less than 0":  {func([]schemas.Record) (int, error) { return -1, connectors.Retriable(errTooLarge) }, "offset 0", "Write took -1 of 3 records"},
		"nothing":      {func([]schemas.Record) (int, error) { return 0, nil }, "offset 0", "Write took 0 of 3 records without saying why"},
		"some":         {func([]schemas.Record) (int, error) { return 2, nil }, "offset 2", "Write took 2 of 3 records without saying why"},
		"not yet":      {func([]schemas.Record) (int, error) { return 0, connectors.Reject(at(3), errTooLarge) }, "offset 3", "it was not offered"},
		"never":        {func([]schemas.Record) (int, error) { return 3, connectors.Reject(at(-1), errTooLarge) }, "offset -1", "it was not offered"},
		"no name":      {func([]schemas.Record) (int, error) { return 3, &connectors.RejectedError{} }, "offset 3", "it rejects, but names no record"},
		"no reason":    {func([]schemas.Record) (int, error) { return 3, connectors.Reject(at(1), nil) }, "offset 1", "without a reason"},
		"rewind ahead": {func([]schemas.Record) (int, error) { return 0, connectors.Rewind(7, errTooLarge) }, "offset 0", "it rewinds to offset 7, beyond the position 3: item is too large"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, tolerance := range []string{"all", "none"} {
				r, s := newRig(t, numbers(3)...), &script{write: c.write}
				r.run(s, map[string]string{"errors.tolerance": tolerance}, nil)
				r.failedWith("Exiting WorkerSinkTask", "sink script breaks the contract of connectors.Writer at topic t, partition 0, "+c.place+": ", c.how, "; the contract says: ")
			}
		})
	}
}

// TestRejectionOfARecordThatWasDroppedForItsBytes: the sink never saw it.
func TestRejectionOfARecordThatWasDroppedForItsBytes(t *testing.T) {
	r, s := newRig(t, `{"n":0}`, `{`, `{"n":2}`), &script{}
	s.write = func(batch []schemas.Record) (int, error) {
		bad := copied(&batch[0])
		bad.Offset = 1
		return len(batch), connectors.Reject(bad, errTooLarge)
	}
	r.run(s, dead(), nil)
	r.failedWith("breaks the contract", "offset 1", "dropped or rejected before")
	r.waitDead("1")
}

// TestLateRejectionTwice: the second one is a breach also when Advance makes it, and after the first was committed.
func TestLateRejectionTwice(t *testing.T) {
	r, s := newRig(t, numbers(5)...), &script{}
	var third *schemas.Record
	rejects := true
	s.write = func(batch []schemas.Record) (int, error) {
		third = copied(&batch[2])
		return len(batch), nil
	}
	s.advance = func(time.Time) (time.Time, error) {
		if third == nil || !rejects {
			return time.Time{}, nil
		}
		rejects = false
		return time.Time{}, connectors.Reject(third, errTooLarge)
	}
	r.run(s, dead(), nil)
	r.waitCommitted(5)
	s.mu.Lock()
	rejects = true
	s.mu.Unlock()
	s.tc.Wake(schemas.TopicPartition{Topic: "t"})
	r.failedWith("breaks the contract", "offset 2", "dropped or rejected before")
	r.waitDead("2")
}

// TestRecordThatFailsTheTaskIsReportedOnce, also when the writer names it again at its end.
func TestRecordThatFailsTheTaskIsReportedOnce(t *testing.T) {
	r, s := newRig(t, numbers(5)...), &script{}
	var third *schemas.Record
	s.write = func(batch []schemas.Record) (int, error) {
		third = copied(&batch[2])
		return len(batch), connectors.Reject(third, errTooLarge)
	}
	s.close = func(context.Context, connectors.CloseReason) error { return connectors.Reject(third, errTooLarge) }
	r.run(s, dead("errors.tolerance", "none"), nil)
	r.failedWith("Tolerance exceeded in error handler", "offset 2")
	r.waitDead("2")
	if got := r.committed(); got != 2 {
		t.Errorf("committed %d, want 2", got)
	}
}

// larger is a sink whose tasks ask for batches of a size.
type larger struct {
	*script
	records int
}

type largerTask struct {
	scriptTask
	records int
}

func (l largerTask) BatchRecords() int { return l.records }

func (l larger) NewTask(ctx context.Context, tc connectors.TaskContext, cfg connectors.Config) (connectors.Task, error) {
	_, err := l.script.NewTask(ctx, tc, cfg)
	return largerTask{scriptTask{l.script}, l.records}, err
}

// TestBatchSizer: a sink may ask for more records than max.poll.records, not for fewer.
func TestBatchSizer(t *testing.T) {
	for records, want := range map[int]int{40: 40, 7: 7, 3: 7, -1: 7} {
		t.Run(fmt.Sprint(records), func(t *testing.T) {
			r, s := newRig(t, numbers(100)...), &script{}
			most := 0
			s.write = func(batch []schemas.Record) (int, error) {
				most = max(most, len(batch))
				return len(batch), nil
			}
			r.run(s, map[string]string{"consumer.override.max.poll.records": "7"}, func(sp *Spec) {
				sp.Plugin = &connectors.Plugin{Class: "larger", Connector: larger{s, records}}
			})
			r.waitCommitted(100)
			if got := s.accepted(); !inOrder(got, 100) || most != want {
				t.Errorf("the largest batch has %d records, want %d; accepted %v", most, want, got)
			}
		})
	}
}

// TestCorrectableErrorsSayHowToGoOn, once, wherever they come from.
func TestCorrectableErrorsSayHowToGoOn(t *testing.T) {
	const want = "create it, then restart the task: POST /connectors/a%20b%2Fc/restart?includeTasks=true&onlyFailed=true"
	missing := connectors.Correctable(fmt.Errorf("put item: %w", connectors.Retriable(errors.New("table t does not exist: create it"))))
	for name, s := range map[string]*script{
		"start": {start: func() error { return fmt.Errorf("look: %w", missing) }},
		"open":  {open: func(context.Context, int64) error { return missing }},
		"write": {write: func([]schemas.Record) (int, error) { return 0, missing }},
		"late":  {advance: func(time.Time) (time.Time, error) { return time.Time{}, missing }},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, numbers(3)...)
			r.run(s, nil, func(sp *Spec) { sp.Connector = "a b/c" })
			r.failedWith(want)
		})
	}
	if got := restartHint(errors.New("access denied"), "c"); got != "" {
		t.Errorf("another failure has the hint %q", got)
	}
}

// TestTaskContextIsWhole: sinks need not look whether a function is there.
func TestTaskContextIsWhole(t *testing.T) {
	r, s := newRig(t, numbers(1)...), &script{}
	r.run(s, nil, nil)
	r.waitCommitted(1)
	if tc := s.tc; tc.Logger == nil || tc.Wake == nil || tc.RequestCommit == nil {
		t.Errorf("the context is %+v", tc)
	}
}
