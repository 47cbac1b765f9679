package consume

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// fetcher is the data plane of a consumer: one loop for each broker that leads one of its partitions.
type fetcher struct {
	cfg     *Config
	leaders *leaders
	log     *slog.Logger
	ctx     context.Context // of run, for loops that are started later

	mu       sync.Mutex
	parts    map[schemas.TopicPartition]*Partition
	paused   bool
	loops    map[string]*fetchLoop
	troubles map[string]string // the last trouble with each broker that the log has named
	unrouted pace.Signal       // a partition has no route
	wg       sync.WaitGroup
}

func newFetcher(ctx context.Context, cfg *Config, l *leaders) *fetcher {
	return &fetcher{ctx: ctx, cfg: cfg, leaders: l, log: cfg.Logger, parts: map[schemas.TopicPartition]*Partition{},
		loops: map[string]*fetchLoop{}, troubles: map[string]string{}, unrouted: pace.NewSignal()}
}

// set replaces the partitions that are fetched.
func (f *fetcher) set(parts []*Partition) {
	f.mu.Lock()
	f.parts = make(map[schemas.TopicPartition]*Partition, len(parts))
	for _, p := range parts {
		f.parts[p.TopicPartition] = p
	}
	for _, l := range f.loops { // one that has none of them any more ends
		l.wake.Set()
	}
	f.mu.Unlock()
	f.unrouted.Set()
}

// pause stops or resumes fetching.
func (f *fetcher) pause(paused bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paused = paused
	for _, l := range f.loops {
		l.wake.Set()
	}
}

// wakeLoop tells the loop of p's broker that p may be fetched again.
func (f *fetcher) wakeLoop(p *Partition) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.loops[p.route.addr]; l != nil {
		l.wake.Set()
	}
}

// run routes partitions to brokers until the fetcher's context ends, then waits for the loops.
func (f *fetcher) run() {
	defer f.wg.Wait()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for f.ctx.Err() == nil {
		f.route()
		wait := time.Hour
		if due := f.nextLookup(); !due.IsZero() {
			wait = max(time.Until(due), 0)
		}
		timer.Reset(wait)
		select {
		case <-f.ctx.Done():
		case <-f.unrouted:
		case <-timer.C:
		}
	}
}

// route looks up the leader of the partitions that are due for it and starts the loops that are missing.
func (f *fetcher) route() {
	due, stale := f.dueForLookup(time.Now())
	if len(due) == 0 {
		return
	}
	if len(stale) > 0 {
		if _, err := f.leaders.cluster.lookUp(f.ctx, topicsOf(stale), false); err != nil {
			f.log.Debug("looking for partition leaders; will retry", "error", err)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range due {
		led, err := f.leaders.cluster.leader(p.TopicPartition)
		if err != nil {
			f.log.Debug("looking for partition leaders; will retry", "error", err)
			p.route.lookLater()
			continue
		}
		p.route.to(led)
		f.loop(led.addr).wake.Set()
	}
}

// dueForLookup returns the partitions to look up now, and those of them about which wrong things are known.
func (f *fetcher) dueForLookup(now time.Time) (due []*Partition, stale []schemas.TopicPartition) {
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

// unroute forgets the broker of the partitions, so that it is looked up again.
func (f *fetcher) unroute(ps []fetchFrom) {
	if len(ps) == 0 {
		return
	}
	f.mu.Lock()
	for _, from := range ps {
		from.p.route.lookLater()
	}
	f.mu.Unlock()
	f.unrouted.Set()
}

// loop returns the loop of the broker at addr and starts it if there is none. f.mu is held.
func (f *fetcher) loop(addr string) *fetchLoop {
	l := f.loops[addr]
	if l == nil {
		l = &fetchLoop{fetcher: f, cfg: f.cfg, log: f.log, addr: addr, wake: pace.NewSignal(), backoff: newBackoff()}
		f.loops[addr] = l
		f.wg.Go(func() { l.run(f.ctx) })
	}
	return l
}

// unneeded takes the loop out when no partition is routed to its broker any more; it must end then.
func (f *fetcher) unneeded(l *fetchLoop) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.parts {
		if p.route.addr == l.addr {
			return false
		}
	}
	delete(f.loops, l.addr)
	return true
}

// said notes the trouble there is with a broker, "" for none, and reports whether it is another one than before.
func (f *fetcher) said(addr, trouble string) (news bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	news = f.troubles[addr] != trouble
	if trouble == "" {
		delete(f.troubles, addr)
	} else {
		f.troubles[addr] = trouble
	}
	return news
}
