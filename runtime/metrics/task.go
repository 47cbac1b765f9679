package metrics

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Task counts what one run of a sink task does. Its methods may be called from any goroutine. Those that are called for
// each batch, commit or error neither allocate nor wait.
type Task struct {
	registry *Registry
	key      taskKey
	labels   string // connector and task as they stand in a line of the answer
	states   states
	outage   since
	errors   failures

	reads      sampled // records of each batch
	readTotal  atomic.Int64
	sends      sampled // records the sink took
	sendTotal  atomic.Int64
	bytesTotal atomic.Int64
	putTime    sampled // µs
	batchSize  sampled

	commitTime   sampled // µs, of those that succeeded
	commits      sampled // 1 for a success, 0 for a failure
	commitRounds atomic.Int64
	completions  sampled
	completed    atomic.Int64

	active     atomic.Int64 // records read and not committed
	actives    sampled
	rebalances atomic.Int64

	mu         sync.Mutex // taken when partitions come and go
	partitions atomic.Pointer[[]*Partition]
}

func newTask(r *Registry, connector string, task int) *Task {
	t := &Task{registry: r, key: taskKey{connector, task}}
	t.labels = `connector="` + escape(connector) + `",task="` + strconv.Itoa(task) + `"`
	t.states.begin(r.clock.ms())
	t.partitions.Store(new([]*Partition))
	return t
}

func (t *Task) now() int64 { return t.registry.clock.ms() }

// Put counts a batch that was offered to the sink and how many of its records the sink took.
func (t *Task) Put(offered, taken int, took time.Duration) {
	now := t.now()
	t.batchSize.record(now, int64(offered))
	t.putTime.record(now, took.Microseconds())
	if taken > 0 {
		t.sendTotal.Add(int64(taken))
		t.sends.record(now, int64(taken))
	}
}

// Commit counts a round of commits by how it ended. One that had nothing to send is a success.
func (t *Task) Commit(ok bool, took time.Duration) {
	now := t.now()
	t.commitRounds.Add(1)
	if !ok {
		t.commits.record(now, 0)
		return
	}
	t.commits.record(now, 1)
	t.commitTime.record(now, took.Microseconds())
	t.completed.Add(1)
	t.completions.record(now, 1)
}

// Rebalanced counts a rebalance of the consumer group that took the partitions away.
func (t *Task) Rebalanced() { t.rebalances.Add(1) }

// Waiting says whether the task waits for the sink before it can start.
func (t *Task) Waiting(waits bool) { t.outage.set(t.now(), waits) }

// State notes the state the task is in from now on, as Connect calls it. The first RUNNING is a successful start, a
// FAILED before it is one that failed.
func (t *Task) State(state string) {
	now := t.now()
	if ended, ok := t.states.enter(now, state); ended {
		t.registry.taskStarts.note(now, ok)
	}
}

// moved adds delta to the records that are read and not committed.
func (t *Task) moved(now, delta int64) { t.actives.record(now, t.active.Add(delta)) }

// outages returns how many parts of the task wait for the sink or a registry, and since when the first does.
func (t *Task) outages() (waiting int, first int64) {
	note := func(s *since) {
		if at := s.at.Load(); at > 0 {
			waiting++
			if first == 0 || at < first {
				first = at
			}
		}
	}
	note(&t.outage)
	for _, p := range *t.partitions.Load() {
		note(&p.outage)
	}
	return waiting, first
}

// lag returns the largest lag of a partition; known is false while the end of no log has been seen.
func (t *Task) lag() (largest int64, known bool) {
	for _, p := range *t.partitions.Load() {
		if lag, ok := p.lag(); ok {
			largest, known = max(largest, lag), true
		}
	}
	return largest, known
}
