package metrics

import (
	"math"
	"slices"
	"strconv"
	"sync/atomic"
)

// Partition follows the offsets of an assigned partition. Its methods may be called from any goroutine and neither
// allocate nor wait, Close apart.
type Partition struct {
	task      *Task
	labels    string
	position  atomic.Int64 // next offset to read
	committed atomic.Int64 // next offset to read after a restart
	end       atomic.Int64 // of the log; -1 when nobody has said
	outage    since
}

// closed stands in position and committed once the partition was given up: later words about it are not heard.
const closed = math.MinInt64

// Assign begins to follow a partition that is read from offset on. Its series last until Close.
func (t *Task) Assign(topic string, partition int32, from int64) *Partition {
	p := &Partition{task: t, labels: t.labels + `,topic="` + escape(topic) + `",partition="` + strconv.Itoa(int(partition)) + `"`}
	p.position.Store(from)
	p.committed.Store(from)
	p.end.Store(-1)
	t.mu.Lock()
	defer t.mu.Unlock()
	list := append(slices.Clone(*t.partitions.Load()), p)
	slices.SortFunc(list, func(a, b *Partition) int { return compareLabels(a.labels, b.labels) })
	t.partitions.Store(&list)
	return p
}

// compareLabels puts a shorter partition number before a longer one.
func compareLabels(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	if a < b {
		return -1
	}
	return 1
}

// Close ends the series of the partition.
func (p *Partition) Close() {
	position, committed := p.position.Swap(closed), p.committed.Swap(closed)
	if position != closed && committed != closed {
		p.task.active.Add(committed - position)
	}
	p.task.mu.Lock()
	defer p.task.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(*p.task.partitions.Load()), func(other *Partition) bool { return other == p })
	p.task.partitions.Store(&list)
}

// Consumed says that the records below next were read; a smaller next than before, that they are read again.
func (p *Partition) Consumed(next int64) {
	if before, ok := move(&p.position, next); ok {
		p.task.moved(p.task.now(), next-before)
	}
}

// Committed says that the group holds offset next.
func (p *Partition) Committed(next int64) {
	if before, ok := move(&p.committed, next); ok {
		p.task.moved(p.task.now(), before-next)
	}
}

// move stores next unless the partition is closed, and returns what it replaced.
func move(offset *atomic.Int64, next int64) (before int64, ok bool) {
	for {
		before = offset.Load()
		if before == closed {
			return 0, false
		}
		if offset.CompareAndSwap(before, next) {
			return before, true
		}
	}
}

// LogEnd says where the log ends for this consumer.
func (p *Partition) LogEnd(next int64) { p.end.Store(next) }

// Waiting says whether the partition waits for the sink or a registry to come back.
func (p *Partition) Waiting(waits bool) { p.outage.set(p.task.now(), waits) }

// lag is how many offsets lie between what is committed and the end of the log.
func (p *Partition) lag() (lag int64, known bool) {
	end, committed := p.end.Load(), p.committed.Load()
	if end < 0 || committed == closed {
		return 0, false
	}
	return max(end-committed, 0), true
}
