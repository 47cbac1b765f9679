package task

import (
	"math"
	"slices"
)

// safety says what may be committed: it holds what stands in the way. It knows neither broker nor sink.
type safety struct {
	letters  []*letter // on the way to the dead letter queue
	failed   []int64   // offsets of records that were reported, ascending; they may be met again after a rewind
	anyStart bool      // to the writer one position is as good as another
	named    []int64   // else: positions that the writer named, ascending, as far as a commit can still fall back to them
	rejected int64     // first offset that the sink rejected and that fails the task; -1 if none
	heard    int64     // the group's offset that the writer, or its predecessor, has heard of
	crashed  bool      // something panicked: what the writer says about offsets cannot be trusted
}

func newSafety() safety { return safety{rejected: -1} }

// open begins with a writer that was opened at an offset.
func (s *safety) open(from int64, anyStart bool) { s.named, s.anyStart = []int64{from}, anyStart }

// pendingHolder is a writer as far as commits go.
type pendingHolder interface {
	Pending() (first int64, any bool)
}

// next is the rule of commits: the offset from which records are read again if the task died now. That is the position
// that the writer names, and while something below it is not safe the last one that it named at or below that: from any
// other a writer that cuts a partition into objects would cut it elsewhere than before, and its records be there twice.
// position is the first that the writer has not dealt with; w is nil while none is open.
func (s *safety) next(position int64, w pendingHolder) int64 {
	newest := position
	if w != nil {
		if first, pending := w.Pending(); pending {
			newest = min(newest, first)
		}
	}
	if s.anyStart {
		return min(newest, s.obstacle())
	}
	if w == nil { // it failed to open, or is not open yet: nothing was named
		return min(newest, s.obstacle())
	}
	s.name(newest)
	last, _ := slices.BinarySearch(s.named, s.obstacle()+1)
	return s.named[max(last-1, 0)]
}

// obstacle is the first offset that is not safe although the writer is done with it.
func (s *safety) obstacle() int64 {
	first := int64(math.MaxInt64 - 1)
	for _, l := range s.letters {
		first = min(first, l.offset)
	}
	if s.rejected >= 0 {
		first = min(first, s.rejected)
	}
	return first
}

// name notes a position that the writer named. Of those before it only the ones stay that a commit can fall back to:
// the last at or below each obstacle. Positions beyond it are from before a rewind.
func (s *safety) name(at int64) {
	kept := s.named[:0]
	for i, p := range s.named {
		if p >= at {
			break
		}
		following := at
		if i+1 < len(s.named) {
			following = min(at, s.named[i+1])
		}
		if s.stoppedIn(p, following) || i == 0 && s.obstacle() < p {
			kept = append(kept, p)
		}
	}
	kept = append(kept, at)
	s.named = kept
}

// stoppedIn reports whether an obstacle lies from one position on and before another.
func (s *safety) stoppedIn(from, to int64) bool {
	return s.rejected >= from && s.rejected < to ||
		slices.ContainsFunc(s.letters, func(l *letter) bool { return l.offset >= from && l.offset < to })
}

// anew begins with the log of a topic that was created again. What failed in the old one says nothing about it.
func (s *safety) anew() { s.failed = nil }

// reject notes a record that fails the task.
func (s *safety) reject(offset int64) {
	if s.rejected < 0 || offset < s.rejected {
		s.rejected = offset
	}
}

// maxFailed bounds what a pipeline remembers of failed records that are not committed. Should a sink rewind over more
// of them, the oldest are reported again. minFailed is how many are remembered beyond their commit, to know a sink
// that rejects a record twice.
const (
	maxFailed = 1 << 16
	minFailed = 1 << 10
)

// fail notes a record that was reported.
func (s *safety) fail(offset int64) {
	at, _ := slices.BinarySearch(s.failed, offset)
	s.failed = slices.Insert(s.failed, at, offset)
	if len(s.failed) > maxFailed {
		s.failed = slices.Delete(s.failed, 0, len(s.failed)-maxFailed/2)
	}
}

// hasFailed reports whether the record at offset was reported before.
func (s *safety) hasFailed(offset int64) bool {
	if n := len(s.failed); n == 0 || offset > s.failed[n-1] {
		return false
	}
	_, found := slices.BinarySearch(s.failed, offset)
	return found
}

// forget lets go of failed records that are committed.
func (s *safety) forget(committed int64) {
	if len(s.failed) <= 2*minFailed {
		return
	}
	n, _ := slices.BinarySearch(s.failed, committed)
	s.failed = slices.Delete(s.failed, 0, min(n, len(s.failed)-minFailed))
}

// hears reports whether a commit is news to the writer, and notes it. One beyond next, which may be committed now, is
// from before the log started anew and says nothing about the records of now.
func (s *safety) hears(committed, next int64) bool {
	if committed == s.heard || committed > next {
		return false
	}
	s.heard = committed
	return true
}
