package task

import "testing"

// held is a writer to which an offset is pending.
type held struct {
	first int64
	any   bool
}

func (h held) Pending() (int64, bool) { return h.first, h.any }

// TestCommitStopsAtTheFirstObstacle, whichever it is.
func TestCommitStopsAtTheFirstObstacle(t *testing.T) {
	s := newSafety()
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
