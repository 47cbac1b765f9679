package consume

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/schemas"
)

// fetcher is the data plane of a consumer: one loop for each broker that leads one of its partitions.
type fetcher struct {
	cfg    *Config
	client sarama.Client // for leaders and offsets
	log    *slog.Logger
	ctx    context.Context // of run, for loops that are started later

	mu     sync.Mutex
	parts  map[schemas.TopicPartition]*Partition
	paused bool
	loops  map[string]*fetchLoop
	lost   chan struct{} // holds a token when a partition has no route
	wg     sync.WaitGroup
}

// fetchLoop fetches from one broker.
type fetchLoop struct {
	addr string
	wake chan struct{}
}

func newFetcher(ctx context.Context, cfg *Config, client sarama.Client) *fetcher {
	return &fetcher{ctx: ctx, cfg: cfg, client: client, log: cfg.Logger, parts: map[schemas.TopicPartition]*Partition{},
		loops: map[string]*fetchLoop{}, lost: make(chan struct{}, 1)}
}

// set replaces the partitions that are fetched.
func (f *fetcher) set(parts []*Partition) {
	f.mu.Lock()
	f.parts = make(map[schemas.TopicPartition]*Partition, len(parts))
	for _, p := range parts {
		p.onRoom = func() { f.wakeLoop(p) }
		f.parts[p.TopicPartition] = p
	}
	f.mu.Unlock()
	f.findRoutes()
}

// pause stops or resumes fetching.
func (f *fetcher) pause(paused bool) {
	f.mu.Lock()
	f.paused = paused
	f.mu.Unlock()
	f.wakeAll()
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

func (f *fetcher) wakeAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.loops {
		l.signal()
	}
}

func (l *fetchLoop) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run routes partitions to brokers until the fetcher's context ends, then waits for the loops.
func (f *fetcher) run() {
	ctx := f.ctx
	defer f.wg.Wait()
	backoff := newBackoff()
	for {
		var retry <-chan time.Time
		if err := f.route(); err != nil {
			f.log.Debug("looking for partition leaders", "error", err)
			retry = time.After(backoff.next())
		} else {
			backoff.reset()
		}
		select {
		case <-ctx.Done():
			return
		case <-f.lost:
		case <-retry:
		}
	}
}

// route looks up the leader of every partition without one and starts the loops that are missing.
func (f *fetcher) route() error {
	var failed error
	for _, p := range f.unrouted() {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		leader, err := f.client.Leader(p.Topic, p.Partition)
		if err != nil {
			failed = fmt.Errorf("find leader of %s: %w", p.TopicPartition, err)
			continue
		}
		f.mu.Lock()
		p.route.addr, p.route.replica = leader.Addr(), false
		f.loop(leader.Addr()).signal()
		f.mu.Unlock()
	}
	return failed
}

func (f *fetcher) unrouted() []*Partition {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ps []*Partition
	for _, p := range f.parts {
		if p.route.addr == "" {
			ps = append(ps, p)
		}
	}
	return ps
}

// loop returns the loop of the broker at addr and starts it if there is none. f.mu is held.
func (f *fetcher) loop(addr string) *fetchLoop {
	l := f.loops[addr]
	if l == nil {
		l = &fetchLoop{addr: addr, wake: make(chan struct{}, 1)}
		f.loops[addr] = l
		f.wg.Add(1)
		go func() {
			defer f.wg.Done()
			f.runLoop(f.ctx, l)
		}()
	}
	return l
}

// unroute forgets the broker of the partitions, so that it is looked up again.
func (f *fetcher) unroute(ps []fetchFrom) {
	topics := map[string]bool{}
	f.mu.Lock()
	for _, from := range ps {
		from.p.route.addr, from.p.route.replica = "", false
		topics[from.p.Topic] = true
	}
	f.mu.Unlock()
	for t := range topics {
		_ = f.client.RefreshMetadata(t) // the lookup of the leader reports what is wrong
	}
	f.findRoutes()
}

// runLoop fetches from one broker until ctx ends.
func (f *fetcher) runLoop(ctx context.Context, l *fetchLoop) {
	var conn *kafka.Conn
	defer func() {
		if conn != nil {
			conn.Release()
		}
	}()
	backoff := newBackoff()
	for ctx.Err() == nil {
		plan := f.plan(l.addr)
		if len(plan.from) == 0 {
			select {
			case <-ctx.Done():
			case <-l.wake:
			}
			continue
		}
		var err error
		if conn == nil {
			conn, err = kafka.Dial(ctx, l.addr, f.cfg.Client, 0)
		}
		if err == nil {
			err = f.fetch(ctx, conn, plan)
		}
		if err == nil {
			backoff.reset()
			continue
		}
		if conn != nil {
			conn.Release()
			conn = nil
		}
		f.fetchFailed(ctx, l.addr, plan, err)
		sleep(ctx, backoff.next())
	}
}

// fetchFailed decides what a failed fetch means: an answer that cannot be decoded is narrowed down to the partition it
// comes from, everything else is taken for a broker that is away.
func (f *fetcher) fetchFailed(ctx context.Context, addr string, plan fetchPlan, err error) {
	if ctx.Err() != nil {
		return
	}
	if !isConnectionError(err) {
		if len(plan.from) == 1 {
			p := plan.from[0].p
			p.fail(fmt.Errorf("read %s at offset %d: the broker's answer cannot be decoded (damaged, or larger than the limits): %w",
				p.TopicPartition, plan.from[0].at, err))
			return
		}
		f.mu.Lock()
		for _, from := range plan.from {
			from.p.route.alone = true
		}
		f.mu.Unlock()
		return
	}
	f.log.Warn("fetching from broker; will retry", "broker", addr, "error", err)
	f.unroute(plan.from)
}

// isConnectionError tells a broker that is away or refuses a request from an answer that cannot be decoded.
func isConnectionError(err error) bool {
	var network net.Error
	var refused sarama.KError
	return errors.As(err, &network) || errors.As(err, &refused) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, sarama.ErrNotConnected) || errors.Is(err, context.Canceled)
}

// fetchFrom is one partition of a fetch request.
type fetchFrom struct {
	p     *Partition
	at    int64
	epoch int
}

// fetchPlan is the content of the next fetch request to a broker.
type fetchPlan struct {
	from []fetchFrom
	// hasFull says that a partition is left out for lack of room: the request must not wait long, or the partition
	// would wait with it.
	hasFull bool
}

// plan collects the partitions of a broker that have room. A partition to be fetched alone goes alone.
func (f *fetcher) plan(addr string) fetchPlan {
	f.mu.Lock()
	defer f.mu.Unlock()
	var plan fetchPlan
	if f.paused {
		return plan
	}
	now := time.Now()
	for _, p := range f.parts {
		if p.route.replica && now.After(p.route.until) {
			p.route.addr, p.route.replica = "", false
			f.findRoutes()
		}
		if p.route.addr != addr {
			continue
		}
		at, epoch, ok := p.position()
		if !ok {
			plan.hasFull = true
			continue
		}
		if p.route.alone {
			p.route.alone = false
			return fetchPlan{from: []fetchFrom{{p, at, epoch}}, hasFull: true}
		}
		plan.from = append(plan.from, fetchFrom{p, at, epoch})
	}
	return plan
}

// shortWait is how long a request may wait while another partition of the broker has no room.
const shortWait = 5 * time.Millisecond

func (f *fetcher) fetch(ctx context.Context, conn *kafka.Conn, plan fetchPlan) error {
	wait := f.cfg.FetchMaxWait
	if plan.hasFull && wait > shortWait {
		wait = shortWait
	}
	req := &sarama.FetchRequest{Version: 11, MaxWaitTime: int32(wait.Milliseconds()), MinBytes: f.cfg.FetchMinBytes,
		MaxBytes: f.cfg.FetchMaxBytes, Isolation: f.cfg.Isolation, SessionEpoch: -1, RackID: f.cfg.Client.RackID}
	for _, from := range plan.from {
		req.AddBlock(from.p.Topic, from.p.Partition, from.at, f.cfg.PartitionMaxBytes, -1)
	}
	var res *sarama.FetchResponse
	err := conn.During(ctx, func() (err error) { res, err = conn.Fetch(req); return err })
	if err != nil {
		return err
	}
	if res.ErrorCode != 0 {
		return sarama.KError(res.ErrorCode)
	}
	var moved []fetchFrom
	for _, from := range plan.from {
		if block := res.GetBlock(from.p.Topic, from.p.Partition); block != nil && f.take(from, block, len(plan.from) == 1) {
			moved = append(moved, from)
		}
	}
	if len(moved) > 0 {
		f.unroute(moved)
		sleep(ctx, shortWait)
	}
	return nil
}

// take handles the block of one partition and reports whether another broker has to be found.
func (f *fetcher) take(from fetchFrom, block *sarama.FetchResponseBlock, alone bool) (moved bool) {
	p := from.p
	switch block.Err {
	case sarama.ErrNoError:
	case sarama.ErrOffsetOutOfRange:
		return f.outOfRange(from)
	case sarama.ErrTopicAuthorizationFailed:
		p.fail(fmt.Errorf("read %s: %w; grant the consumer READ on the topic, then restart the task", p.TopicPartition, block.Err))
		return false
	default:
		f.log.Info("partition has to be looked up again", "topic", p.Topic, "partition", p.Partition, "error", block.Err)
		return true
	}
	if id := block.PreferredReadReplica; id >= 0 && len(block.RecordsSet) == 0 {
		f.followReplica(p, id)
		return false
	}
	batches, next := decodeBlock(block, from.at)
	if next > from.at {
		f.setEmpty(p, 0)
		p.deliver(from.epoch, batches, next)
		return false
	}
	f.nothingNew(from, block, alone)
	return false
}

// stuckAfter is how many empty answers make a partition with lag suspicious.
const stuckAfter = 3

// nothingNew sees that a partition does not stand still before batches that compaction emptied: sarama drops those
// without telling where they end. A request for this partition alone gets all of them, so when even that holds no
// record, everything up to the high watermark (or last stable offset) is empty.
func (f *fetcher) nothingNew(from fetchFrom, block *sarama.FetchResponseBlock, alone bool) {
	end := block.HighWaterMarkOffset
	if f.cfg.Isolation == sarama.ReadCommitted {
		end = block.LastStableOffset
	}
	if end <= from.at || block.Partial || len(block.RecordsSet) > 0 {
		f.setEmpty(from.p, 0)
		return
	}
	if alone && f.emptyAnswers(from.p) >= stuckAfter {
		f.setEmpty(from.p, 0)
		from.p.deliver(from.epoch, []batch{{next: end}}, end)
		return
	}
	n := f.emptyAnswers(from.p) + 1
	f.setEmpty(from.p, n)
	if n >= stuckAfter {
		f.mu.Lock()
		from.p.route.alone = true
		f.mu.Unlock()
	}
}

func (f *fetcher) emptyAnswers(p *Partition) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return p.route.empty
}

func (f *fetcher) setEmpty(p *Partition, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.route.empty = n
}

// followReplica fetches p from the replica the leader recommends, for as long as metadata counts as fresh.
func (f *fetcher) followReplica(p *Partition, id int32) {
	b, err := f.client.Broker(id)
	if err != nil {
		return // the leader goes on to serve the partition
	}
	f.mu.Lock()
	p.route.addr, p.route.replica, p.route.until = b.Addr(), true, time.Now().Add(f.cfg.MetadataMaxAge)
	f.loop(b.Addr()).signal()
	f.mu.Unlock()
}

// outOfRange applies auto.offset.reset to a partition whose position is not in the log any more. It reports whether
// the leader has to be asked first, or again.
func (f *fetcher) outOfRange(from fetchFrom) (moved bool) {
	p := from.p
	f.mu.Lock()
	replica := p.route.replica
	f.mu.Unlock()
	if replica { // only the leader knows for certain
		return true
	}
	if f.cfg.Reset == ResetNone {
		p.fail(fmt.Errorf("read %s: offset %d is out of range and auto.offset.reset is none: alter the offset or the policy, then restart the task", p.TopicPartition, from.at))
		return false
	}
	to, err := f.client.GetOffset(p.Topic, p.Partition, int64(f.cfg.Reset))
	if err != nil {
		f.log.Warn("looking up the offset to reset to; will retry", "topic", p.Topic, "partition", p.Partition, "error", err)
		return true
	}
	f.log.Error("offset is out of range: records between may have been removed before they were read",
		"topic", p.Topic, "partition", p.Partition, "from", from.at, "to", to, "policy", f.cfg.Reset.String())
	p.mu.Lock()
	if p.epoch == from.epoch {
		p.fetchAt = to
		p.queue = append(p.queue, batch{next: to})
	}
	p.mu.Unlock()
	p.signal()
	return false
}
