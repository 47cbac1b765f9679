package task

import (
	"slices"
	"testing"
)

// held is a writer to which an offset is pending.
type held struct {
	first int64
	any   bool
}

func (h held) Pending() (int64, bool) { return h.first, h.any }

// TestCommitStopsAtTheFirstObstacle, whichever it is.
func TestCommitStopsAtTheFirstObstacle(t *testing.T) {
	s := newSafety()
	s.open(0, true)
	check := func(want int64, w pendingHolder) {
		t.Helper()
		if got := s.next(20, w); got != want {
			t.Errorf("next is %d, want %d", got, want)
		}
	}
	check(20, nil)
	check(20, held{})
	check(20, held{first: 30, any: true})
	check(15, held{first: 15, any: true})
	s.letters = []*letter{{offset: 18}, {offset: 12}, {offset: 14}}
	check(12, held{first: 15, any: true})
	check(12, nil)
	s.reject(11)
	s.reject(16)
	check(11, held{first: 15, any: true})
	s.reject(0)
	check(0, nil)
	s.letters = nil
	check(0, nil)
}

// TestCommitIsWhereTheWriterNamedAPosition: what a writer of objects has cut is not begun in the middle.
func TestCommitIsWhereTheWriterNamedAPosition(t *testing.T) {
	s := newSafety()
	s.open(3, false)
	check := func(want, position int64, w held) {
		t.Helper()
		if got := s.next(position, w); got != want {
			t.Errorf("next is %d, want %d; named are %v", got, want, s.named)
		}
	}
	check(3, 5, held{3, true})
	check(8, 9, held{8, true})
	s.letters = []*letter{{offset: 11}, {offset: 16}}
	check(8, 12, held{8, true})
	check(10, 14, held{10, true})
	check(10, 15, held{15, true}) // a cut of 10 to 14 is stored, 11 is on its way
	check(10, 20, held{})
	check(10, 30, held{})
	s.letters = s.letters[1:]
	check(15, 30, held{})
	s.reject(12)
	check(15, 30, held{}) // what was committed stays
	s.letters = nil
	check(15, 30, held{})
	s.rejected = -1
	check(30, 30, held{})
	s.letters = []*letter{{offset: 31}}
	check(30, 35, held{})
	check(25, 25, held{}) // a rewind
	check(30, 40, held{30, true})
	check(31, 40, held{31, true})
	check(31, 45, held{})
}

// TestNamedPositionsAreBounded by the letters that are under way.
func TestNamedPositionsAreBounded(t *testing.T) {
	s := newSafety()
	s.open(0, false)
	s.letters = []*letter{{offset: 100}, {offset: 100}, {offset: 5000}}
	for at := range int64(9999) {
		s.next(at, held{})
	}
	if !slices.Equal(s.named, []int64{100, 5000, 9998}) {
		t.Errorf("named are %v", s.named)
	}
}

func TestFailedRecordsAreRemembered(t *testing.T) {
	s := newSafety()
	for _, o := range []int64{7, 3, 9} {
		s.fail(o)
	}
	for o := range int64(12) {
		if want := o == 3 || o == 7 || o == 9; s.hasFailed(o) != want {
			t.Errorf("offset %d failed: %v", o, !want)
		}
	}
	s.anew()
	if s.hasFailed(7) {
		t.Error("a failure in the old log is one in the new")
	}
}

// TestMemoryOfFailuresIsBounded: those that are committed are forgotten but for the last, and of others there are not
// more than so many.
func TestMemoryOfFailuresIsBounded(t *testing.T) {
	s := newSafety()
	const many = 3 * minFailed
	for o := range int64(many) {
		s.fail(o)
	}
	s.forget(1)
	if s.hasFailed(0) || !s.hasFailed(1) {
		t.Error("forgotten is something else than what is committed")
	}
	s.forget(many)
	if n := len(s.failed); n != minFailed || !s.hasFailed(many-1) {
		t.Errorf("%d failures are remembered, the last: %v", n, s.hasFailed(many-1))
	}
	for o := range int64(maxFailed) + 1 {
		s.fail(many + o)
	}
	if n := len(s.failed); n > maxFailed || !s.hasFailed(many+maxFailed) {
		t.Errorf("%d failures are remembered, the last: %v", n, s.hasFailed(many+maxFailed))
	}
}

// TestNewsOfCommits: a commit is told once, and not one from before the log started anew.
func TestNewsOfCommits(t *testing.T) {
	s := newSafety()
	s.heard = 5
	for _, c := range []struct {
		committed, next int64
		want            bool
	}{{5, 9, false}, {7, 9, true}, {7, 9, false}, {10, 9, false}, {9, 9, true}, {3, 4, true}} {
		if got := s.hears(c.committed, c.next); got != c.want {
			t.Errorf("a commit of %d with %d to commit is news: %v", c.committed, c.next, got)
		}
	}
}
