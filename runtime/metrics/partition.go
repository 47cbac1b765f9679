package metrics

import (
	"math"
	"slices"
	"strconv"
	"sync/atomic"
)

// Partition follows an assigned partition. Its methods may be called from any goroutine and, Close apart, neither
// allocate nor wait; those of a nil Partition do nothing.
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
	t.partitions.Store(&list)
	return p
}

// Close ends the series of the partition.
func (p *Partition) Close() {
	if p == nil {
		return
	}
	position, committed := p.position.Swap(closed), p.committed.Swap(closed)
	if position != closed && committed != closed {
		p.task.active.Add(committed - position)
	}
	p.task.mu.Lock()
	defer p.task.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(*p.task.partitions.Load()), func(other *Partition) bool { return other == p })
	p.task.partitions.Store(&list)
}

// Read counts a batch of records taken from the partition, before transforms; the records below next were read.
func (p *Partition) Read(records int, next int64) {
	if p == nil {
		return
	}
	now := p.task.now()
	p.task.readTotal.Add(int64(records))
	p.task.reads.record(now, int64(records))
	p.moveTo(now, next)
}

// Rewind says that the records from next on will be read again.
func (p *Partition) Rewind(next int64) {
	if p != nil {
		p.moveTo(p.task.now(), next)
	}
}

func (p *Partition) moveTo(now, next int64) {
	if before, ok := move(&p.position, next); ok {
		p.task.moved(now, next-before)
	}
}

// Committed says that the group holds offset next.
func (p *Partition) Committed(next int64) {
	if p == nil {
		return
	}
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

// Bytes counts bytes of keys, values and headers that were read.
func (p *Partition) Bytes(n int) {
	if p != nil {
		p.task.bytesTotal.Add(int64(n))
	}
}

// Ends says where the log ends for this consumer, as a broker has it.
func (p *Partition) Ends(end int64) {
	if p != nil {
		p.end.Store(end)
	}
}

// Waiting says whether the partition waits for the sink or a registry to come back.
func (p *Partition) Waiting(waits bool) {
	if p != nil {
		p.outage.set(p.task.now(), waits)
	}
}

// lag is how many offsets lie between what is committed and the end of the log.
func (p *Partition) lag() (lag int64, known bool) {
	end, committed := p.end.Load(), p.committed.Load()
	if end < 0 || committed == closed {
		return 0, false
	}
	return max(end-committed, 0), true
}
