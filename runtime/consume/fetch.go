package consume

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/sluice-connect/sluice/schemas"
)

// fetcher is the data plane of a consumer: one loop for each broker that leads one of its partitions.
type fetcher struct {
	cfg     *Config
	leaders *leaders
	log     *slog.Logger
	ctx     context.Context // of run, for loops that are started later

	mu     sync.Mutex
	parts  map[schemas.TopicPartition]*Partition
	paused bool
	loops  map[string]*fetchLoop
	lost   chan struct{} // holds a token when a partition has no route
	wg     sync.WaitGroup
}

func newFetcher(ctx context.Context, cfg *Config, l *leaders) *fetcher {
	return &fetcher{ctx: ctx, cfg: cfg, leaders: l, log: cfg.Logger, parts: map[schemas.TopicPartition]*Partition{},
		loops: map[string]*fetchLoop{}, lost: make(chan struct{}, 1)}
}

// set replaces the partitions that are fetched.
func (f *fetcher) set(parts []*Partition) {
	f.mu.Lock()
	f.parts = make(map[schemas.TopicPartition]*Partition, len(parts))
	for _, p := range parts {
		f.parts[p.TopicPartition] = p
	}
	f.mu.Unlock()
	f.findRoutes()
}

// pause stops or resumes fetching.
func (f *fetcher) pause(paused bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paused = paused
	for _, l := range f.loops {
		l.signal()
	}
}

func (f *fetcher) findRoutes() {
	select {
	case f.lost <- struct{}{}:
	default:
	}
}

func (f *fetcher) wakeLoop(p *Partition) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.loops[p.route.addr]; l != nil {
		l.signal()
	}
}

// run routes partitions to brokers until the fetcher's context ends, then waits for the loops.
func (f *fetcher) run() {
	defer f.wg.Wait()
	for f.ctx.Err() == nil {
		f.route()
		wait := time.Hour
		if due := f.nextLookup(); !due.IsZero() {
			wait = max(time.Until(due), 0)
		}
		timer := time.NewTimer(wait)
		select {
		case <-f.ctx.Done():
		case <-f.lost:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// route looks up the leader of the partitions that are due for it and starts the loops that are missing.
func (f *fetcher) route() {
	due, stale := f.unrouted(time.Now())
	if len(due) == 0 {
		return
	}
	f.leaders.refresh(topicsOf(stale))
	tps := make([]schemas.TopicPartition, len(due))
	for i, p := range due {
		tps[i] = p.TopicPartition
	}
	addrs, err := f.leaders.of(tps)
	if err != nil {
		f.log.Debug("looking for partition leaders; will retry", "error", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range due {
		addr, ok := addrs[p.TopicPartition]
		if !ok {
			p.route.lookLater()
			continue
		}
		p.route.addr, p.route.replica, p.route.stale = addr, false, false
		f.loop(addr).signal()
	}
}

// unrouted returns the partitions to look up now, and those of them about which wrong things are known.
func (f *fetcher) unrouted(now time.Time) (due []*Partition, stale []schemas.TopicPartition) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.parts {
		if p.route.addr != "" || now.Before(p.route.due) {
			continue
		}
		due = append(due, p)
		if p.route.stale {
			stale = append(stale, p.TopicPartition)
		}
	}
	return due, stale
}

// nextLookup returns when the next partition is to be looked up, the zero time if none is.
func (f *fetcher) nextLookup() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	var next time.Time
	for _, p := range f.parts {
		if p.route.addr == "" && (next.IsZero() || p.route.due.Before(next)) {
			next = p.route.due
		}
	}
	return next
}

// lookLater puts the next lookup off, the more the more there were: a topic may be gone for good, and a broker may say
// for a while that it does not lead what the others say it leads.
func (r *route) lookLater() {
	r.addr, r.replica, r.stale = "", false, true
	if r.tries > 0 {
		r.due = time.Now().Add(min(backoffFirst<<min(r.tries-1, 10), backoffMax))
	}
	r.tries++
}

// unroute forgets the broker of the partitions, so that it is looked up again.
func (f *fetcher) unroute(ps []fetchFrom) {
	f.mu.Lock()
	for _, from := range ps {
		from.p.route.lookLater()
	}
	f.mu.Unlock()
	f.findRoutes()
}

// loop returns the loop of the broker at addr and starts it if there is none. f.mu is held.
func (f *fetcher) loop(addr string) *fetchLoop {
	l := f.loops[addr]
	if l == nil {
		l = &fetchLoop{fetcher: f, addr: addr, wake: make(chan struct{}, 1), backoff: newBackoff()}
		f.loops[addr] = l
		f.wg.Add(1)
		go func() {
			defer f.wg.Done()
			l.run(f.ctx)
		}()
	}
	return l
}
