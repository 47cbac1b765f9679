package task

import (
	"slices"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/schemas"
)

// TestRequestedCommitDoesNotWaitForTheInterval: with an interval of an hour only the request can cause the commit.
func TestRequestedCommitDoesNotWaitForTheInterval(t *testing.T) {
	r, s := newRig(t, numbers(10)...), &script{}
	s.write = func(batch []schemas.Record) (int, error) {
		s.tc.RequestCommit()
		return len(batch), nil
	}
	r.run(s, nil, func(sp *Spec) { sp.Worker["offset.flush.interval.ms"] = "3600000" })
	r.waitCommitted(10)
}

// TestWriterHearsOfCommits: first the start of the partition, then every commit that moved, and Advance after it.
func TestWriterHearsOfCommits(t *testing.T) {
	r, s := newRig(t, numbers(10)...), &script{}
	safe, more := int64(3), true
	advanced := []int64{} // what was heard last when Advance was called
	s.pending = func() (int64, bool) { return safe, more }
	s.advance = func(time.Time) (time.Time, error) {
		advanced = append(advanced, s.commits[len(s.commits)-1])
		return time.Time{}, nil
	}
	r.run(s, nil, nil)
	eventually(t, "news of the first commit", func() bool { return slices.Equal(s.heard(), []int64{0, 3}) })
	s.mu.Lock()
	more = false
	s.mu.Unlock()
	s.tc.Wake(schemas.TopicPartition{Topic: "t"})
	eventually(t, "news of the second commit", func() bool { return slices.Equal(s.heard(), []int64{0, 3, 10}) })
	eventually(t, "Advance after the news", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return slices.Contains(advanced, 3) && advanced[len(advanced)-1] == 10
	})
	stopTask(r.task)
	again := &script{}
	r.run(again, nil, nil)
	eventually(t, "the committed offset after a restart", func() bool { return slices.Equal(again.heard(), []int64{10}) })
}

// TestPausedWriterHearsOfCommits: the commit that a pause causes reaches the writer although nothing is written.
func TestPausedWriterHearsOfCommits(t *testing.T) {
	r, s := newRig(t, numbers(10)...), &script{}
	r.run(s, nil, func(sp *Spec) { sp.Worker["offset.flush.interval.ms"] = "3600000" })
	eventually(t, "all records", func() bool { return len(s.accepted()) == 10 })
	s.tc.Wake(schemas.TopicPartition{Topic: "t"})
	r.task.Pause()
	eventually(t, "a commit", func() bool {
		s.tc.RequestCommit()
		return slices.Equal(s.heard(), []int64{0, 10})
	})
}

// TestRequestsFromAnywhereDoNotBlock: before the consumer exists and after the task has ended nothing happens.
func TestRequestsFromAnywhereDoNotBlock(t *testing.T) {
	r, s := newRig(t), &script{}
	s.start = func() error { s.tc.RequestCommit(); return nil }
	r.run(s, nil, nil)
	eventually(t, "state RUNNING", func() bool { return r.state() == runtime.Running })
	stopTask(r.task)
	s.tc.RequestCommit()
	s.tc.Wake(schemas.TopicPartition{Topic: "t"})
}

// TestCommitsAreHeardDuringABacklog: a writer that waits for a commit hears of it although there is always something to write.
func TestCommitsAreHeardDuringABacklog(t *testing.T) {
	r, s := newRig(t, numbers(100)...), &script{}
	var heard []int64
	s.write = func(batch []schemas.Record) (int, error) {
		switch at := batch[0].Offset; {
		case at == 50:
			eventually(t, "a commit", func() bool { return r.committed() >= 50 })
		case at > 60 && heard == nil:
			heard = append([]int64{}, s.commits...)
		}
		return len(batch), nil
	}
	r.run(s, map[string]string{"consumer.override.max.poll.records": "1"}, nil)
	r.waitCommitted(100)
	if !slices.ContainsFunc(heard, func(next int64) bool { return next >= 50 }) {
		t.Errorf("heard of %v before record 62 of 100", heard)
	}
}
