package task

import (
	"slices"
	"testing"

	"github.com/sluice-connect/sluice/schemas"
)

// run is an intake that was opened at 0 and holds the records at these offsets, all converted.
func run(offsets ...int64) *intake {
	in := &intake{}
	in.open(0)
	records := in.room()
	for _, o := range offsets {
		records = append(records, schemas.Record{Offset: o})
	}
	in.fill(records, offsets[len(offsets)-1]+1)
	for in.unread() != nil {
		in.keep()
	}
	return in
}

func offsetsOf(batch []schemas.Record) (offsets []int64) {
	for _, r := range batch {
		offsets = append(offsets, r.Offset)
	}
	return offsets
}

func among(offsets ...int64) func(int64) bool {
	return func(o int64) bool { return slices.Contains(offsets, o) }
}

// TestPositionIsTheFirstRecordNotDealtWith, and behind all of them the position behind the run.
func TestPositionIsTheFirstRecordNotDealtWith(t *testing.T) {
	in := &intake{}
	in.open(3)
	if got := in.position(); got != 3 || !in.empty() {
		t.Errorf("opened at 3 the position is %d", got)
	}
	in.fill([]schemas.Record{{Offset: 4}, {Offset: 7}, {Offset: 8}}, 12)
	steps := []struct {
		do   func()
		want int64
	}{
		{in.keep, 4}, {in.skip, 4}, {func() { in.offered++ }, 8}, {in.keep, 8}, {func() { in.offered++ }, 12},
	}
	for i, s := range steps {
		s.do()
		if got := in.position(); got != s.want {
			t.Errorf("position %d after step %d, want %d", got, i, s.want)
		}
	}
	if !in.empty() || in.leftOver() {
		t.Error("something is left of what was dealt with")
	}
}

// TestSkippedRecordsAreMovedOver: what is offered lies together, in order.
func TestSkippedRecordsAreMovedOver(t *testing.T) {
	in := &intake{}
	in.fill([]schemas.Record{{Offset: 1}, {Offset: 2}, {Offset: 3}, {Offset: 4}}, 5)
	for r := in.unread(); r != nil; r = in.unread() {
		if r.Offset%2 == 0 {
			in.keep()
		} else {
			in.trial.failures = 3
			in.skip()
		}
	}
	if got := offsetsOf(in.batch()); !slices.Equal(got, []int64{2, 4}) {
		t.Errorf("offered are %v", got)
	}
	if in.trial.failures != 0 {
		t.Error("attempts at one record count for another")
	}
}

func TestOmittedRecordsAreNotOffered(t *testing.T) {
	for _, c := range []struct{ gone, want []int64 }{
		{[]int64{1}, []int64{2, 3, 5, 8}}, {[]int64{8}, []int64{1, 2, 3, 5}}, {[]int64{1, 2, 5}, []int64{3, 8}},
		{[]int64{2, 3}, []int64{1, 5, 8}}, {[]int64{1, 2, 3, 5, 8}, nil}, {[]int64{4}, []int64{1, 2, 3, 5, 8}},
	} {
		in := run(1, 2, 3, 5, 8)
		in.omit(slices.Max(c.gone), among(c.gone...))
		if got := offsetsOf(in.batch()); !slices.Equal(got, c.want) {
			t.Errorf("without %v offered are %v, want %v", c.gone, got, c.want)
		}
		if in.next != 9 || (c.want == nil) != in.empty() {
			t.Errorf("without %v the position is %d, empty %v", c.gone, in.next, in.empty())
		}
	}
}

// TestWhatTheWriterKnows: what it was offered since it was opened, this run record by record.
func TestWhatTheWriterKnows(t *testing.T) {
	in := run(1, 2, 5)
	if in.wasOffered(1) {
		t.Error("a record is known before it is offered")
	}
	in.batch()
	check := func(known ...int64) {
		t.Helper()
		for o := range int64(12) {
			if got := in.wasOffered(o); got != slices.Contains(known, o) {
				t.Errorf("offset %d known: %v", o, got)
			}
		}
	}
	check(0, 1, 2, 5) // 0 lies before the run, where nobody knows which offsets have records
	in.fill([]schemas.Record{{Offset: 8}, {Offset: 9}}, 10)
	in.keep()
	in.batch()
	check(0, 1, 2, 3, 4, 5, 6, 7, 8)
	in.open(6)
	check()
	in.rewind(4)
	in.fill([]schemas.Record{{Offset: 4}, {Offset: 6}}, 7)
	in.keep()
	in.keep()
	in.batch()
	check(4, 6)
}

// TestRewindForgetsTheRun, also why it could not go on.
func TestRewindForgetsTheRun(t *testing.T) {
	in := run(1, 2, 5)
	in.batch()
	in.poison, in.trial.failures = &recordError{}, 2
	in.rewind(2)
	if in.position() != 2 || !in.empty() || in.poison != nil || in.trial.failures != 0 {
		t.Errorf("after a rewind there is %+v", in)
	}
	if !in.wasOffered(5) {
		t.Error("a writer may name late what it was offered before the rewind")
	}
}
