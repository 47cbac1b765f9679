package consume

import (
	"cmp"
	"slices"
	"time"
)

// fetchFrom is one partition of a fetch request.
type fetchFrom struct {
	p           *Partition
	at          int64
	rewinds     int
	most        int32 // bytes
	topic       topicID
	leaderEpoch int32 // as metadata has it, -1 for unknown
	lastEpoch   int32 // of the record before at, -1 for unknown
	check       check
	// copies says that the answer may be so large that one slow partition must not keep all of it in memory.
	copies bool
}

// fetchPlan is the content of the next fetch request to a broker.
type fetchPlan struct {
	from []fetchFrom
	// leavesOut says that a partition is not in the request, for lack of room or because another goes alone: the
	// request must not wait long, or the partition would wait with it.
	leavesOut bool
	// withoutRack says that one of them must come from the leader.
	withoutRack bool
}

// largeAnswer is how much one partition may keep in memory of what came together with it.
const largeAnswer = 8 << 20

// asksForMuch reports whether the answer may be large, and mostly of other partitions than each.
func (p *fetchPlan) asksForMuch() bool {
	asked := 0
	for i := range p.from {
		asked += int(p.from[i].most)
	}
	return len(p.from) > 1 && asked > largeAnswer
}

// unchecked returns the partitions whose leader has to be asked something before.
func (p *fetchPlan) unchecked() []fetchFrom {
	var unchecked []fetchFrom
	for i := range p.from {
		if p.from[i].check != checkNothing {
			unchecked = append(unchecked, p.from[i])
		}
	}
	return unchecked
}

// plan collects the partitions of the broker that have room. A partition to be fetched alone goes alone.
func (l *fetchLoop) plan() fetchPlan {
	f := l.fetcher
	f.mu.Lock()
	defer f.mu.Unlock()
	plan := fetchPlan{from: l.from[:0]}
	if f.paused {
		return plan
	}
	now := time.Now()
	for _, p := range f.parts {
		if p.route.addr != l.addr {
			continue
		}
		if p.route.replica && now.After(p.route.until) {
			p.route.addr, p.route.replica = "", false
			f.unrouted.Set()
			continue
		}
		from, ok := p.position()
		if !ok {
			plan.leavesOut = true
			continue
		}
		from.most, from.topic, from.leaderEpoch, from.check = max(int32(p.limit), p.route.grown), p.route.topic, p.route.epoch, p.route.check
		plan.withoutRack = plan.withoutRack || now.Before(p.route.leaderOnly)
		if p.route.alone {
			p.route.alone = false
			return fetchPlan{from: []fetchFrom{from}, leavesOut: true, withoutRack: now.Before(p.route.leaderOnly)}
		}
		plan.from = append(plan.from, from)
	}
	l.from = plan.from
	l.inTurn(plan.from)
	return plan
}

// inTurn orders the partitions by topic, and begins with another one each time: what comes first in a request is served
// first.
func (l *fetchLoop) inTurn(from []fetchFrom) {
	if len(from) < 2 {
		return
	}
	slices.SortFunc(from, func(a, b fetchFrom) int {
		return cmp.Or(cmp.Compare(a.p.Topic, b.p.Topic), cmp.Compare(a.p.Partition, b.p.Partition))
	})
	l.turn++
	at := l.turn % len(from)
	slices.Reverse(from[:at])
	slices.Reverse(from[at:])
	slices.Reverse(from)
}

// shortWait is how long a request may wait at first while another partition of the broker is left out.
const shortWait = 5 * time.Millisecond

// wait returns how long the broker may wait for records. While a partition has been without room for long, the short
// waits grow: a sink that is away must not keep the broker busy with empty answers.
func (l *fetchLoop) wait(plan fetchPlan) time.Duration {
	if !plan.leavesOut {
		return l.cfg.FetchMaxWait
	}
	wait := min(max(l.short, shortWait), l.cfg.FetchMaxWait)
	l.short = 2 * wait
	return wait
}
