package consume

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/schemas/crash"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// fetchLoop fetches from one broker.
type fetchLoop struct {
	*fetcher
	addr    string
	wake    chan struct{} // holds a token when a partition of the broker may be fetched again
	conn    *kafka.Conn
	backoff *pace.Backoff
	said    string        // the last trouble in the log
	short   time.Duration // how long a request may wait while partitions are left out of it
}

func (l *fetchLoop) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run fetches until ctx ends.
func (l *fetchLoop) run(ctx context.Context) {
	defer l.disconnect()
	for ctx.Err() == nil {
		plan := l.plan()
		if len(plan.from) == 0 {
			l.disconnectIdle()
			select {
			case <-ctx.Done():
			case <-l.wake:
				l.short = shortWait
			}
			continue
		}
		select {
		case <-l.wake: // there was room somewhere
			l.short = shortWait
		default:
		}
		l.round(ctx, plan)
	}
}

// round is one request, or an attempt at one.
func (l *fetchLoop) round(ctx context.Context, plan fetchPlan) {
	err := l.connect(ctx)
	if err == nil {
		err = l.guarded(func() error { return l.fetch(ctx, plan) })
	}
	if err == nil {
		l.backoff.Reset()
		l.said = ""
		return
	}
	l.disconnect()
	if ctx.Err() != nil {
		return
	}
	l.failed(plan, err)
	_ = pace.Sleep(ctx, l.backoff.Next())
}

// awayError is an error of a broker that cannot be reached, whatever its type.
type awayError struct{ error }

func (e awayError) Unwrap() error { return e.error }

func (l *fetchLoop) connect(ctx context.Context) (err error) {
	if l.conn != nil {
		return nil
	}
	if l.conn, err = kafka.Dial(ctx, l.addr, l.cfg.Client, 0); err != nil {
		l.conn = nil
		return awayError{err}
	}
	return nil
}

func (l *fetchLoop) disconnect() {
	if l.conn != nil {
		l.conn.Release()
		l.conn = nil
	}
}

// disconnectIdle gives up the connection to a broker that has nothing for this consumer any more.
func (l *fetchLoop) disconnectIdle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.parts {
		if p.route.addr == l.addr {
			return
		}
	}
	l.disconnect()
}

// guarded calls f with panics turned into errors: answers are untrusted, and sarama decodes them here.
func (l *fetchLoop) guarded(f func() error) error {
	err := crash.Guard(f)
	if p := crash.In(err); p != nil {
		l.log.Error("reading a broker's answer panicked", "broker", l.addr, "panic", p.Value, "stack", string(p.Stack))
	}
	return err
}

// damagedMost is how many times in a row a partition's answer may be beyond decoding before it counts as damaged on the
// broker, and not on the way.
const damagedMost = 3

// failed decides what a failed fetch means: an answer that cannot be decoded is narrowed down to the partition it
// comes from, everything else is taken for a broker that is away.
func (l *fetchLoop) failed(plan fetchPlan, err error) {
	if isConnectionError(err) {
		if text := err.Error(); text != l.said {
			l.said = text
			l.log.Warn("fetching from broker; will retry", "broker", l.addr, "error", err)
		}
		l.unroute(plan.from)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, from := range plan.from {
		from.p.route.alone = true
	}
	if len(plan.from) > 1 {
		return
	}
	from := plan.from[0]
	if from.p.route.damaged++; from.p.route.damaged >= damagedMost {
		from.p.fail(fmt.Errorf("read %s at offset %d: the broker's answer cannot be decoded (damaged, or larger than the limits): %w",
			from.p.TopicPartition, from.at, err))
	}
}

// isConnectionError tells a broker that is away or refuses a request from an answer that cannot be decoded.
func isConnectionError(err error) bool {
	var away awayError
	var network net.Error
	var refused sarama.KError
	return errors.As(err, &away) || errors.As(err, &network) || errors.As(err, &refused) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, sarama.ErrNotConnected) || errors.Is(err, context.Canceled)
}

// fetchFrom is one partition of a fetch request.
type fetchFrom struct {
	p     *Partition
	at    int64
	epoch int
	most  int32 // bytes
	// copies says that the answer may be so large that one slow partition must not keep all of it in memory.
	copies bool
}

// fetchPlan is the content of the next fetch request to a broker.
type fetchPlan struct {
	from []fetchFrom
	// leavesOut says that a partition is not in the request, for lack of room or because another goes alone: the
	// request must not wait long, or the partition would wait with it.
	leavesOut bool
}

// largeAnswer is how much one partition may keep in memory of what came together with it.
const largeAnswer = 8 << 20

// asksForMuch reports whether the answer may be large, and mostly of other partitions than each.
func (p *fetchPlan) asksForMuch() bool {
	asked := 0
	for _, from := range p.from {
		asked += int(from.most)
	}
	return len(p.from) > 1 && asked > largeAnswer
}

// plan collects the partitions of the broker that have room. A partition to be fetched alone goes alone.
func (l *fetchLoop) plan() fetchPlan {
	l.mu.Lock()
	defer l.mu.Unlock()
	var plan fetchPlan
	if l.paused {
		return plan
	}
	now := time.Now()
	for _, p := range l.parts {
		if p.route.addr != l.addr {
			continue
		}
		if p.route.replica && now.After(p.route.until) {
			p.route.addr, p.route.replica = "", false
			l.findRoutes()
			continue
		}
		at, epoch, ok := p.position()
		if !ok {
			plan.leavesOut = true
			continue
		}
		from := fetchFrom{p: p, at: at, epoch: epoch, most: max(int32(p.limit), p.route.grown)}
		if p.route.alone {
			p.route.alone = false
			return fetchPlan{from: []fetchFrom{from}, leavesOut: true}
		}
		plan.from = append(plan.from, from)
	}
	return plan
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

func (l *fetchLoop) fetch(ctx context.Context, plan fetchPlan) error {
	req := &sarama.FetchRequest{Version: 11, MaxWaitTime: int32(l.wait(plan).Milliseconds()), MinBytes: l.cfg.FetchMinBytes,
		MaxBytes: l.cfg.FetchMaxBytes, Isolation: l.cfg.Isolation, SessionEpoch: -1, RackID: l.cfg.Client.RackID}
	for _, from := range plan.from {
		req.AddBlock(from.p.Topic, from.p.Partition, from.at, from.most, -1)
		req.MaxBytes = max(req.MaxBytes, from.most)
	}
	var res *sarama.FetchResponse
	err := l.conn.During(ctx, func() (err error) { res, err = l.conn.Fetch(req); return err })
	if err != nil {
		return err
	}
	if res.ErrorCode != 0 {
		return sarama.KError(res.ErrorCode)
	}
	var moved []fetchFrom
	large := plan.asksForMuch()
	for _, from := range plan.from {
		from.copies = large
		if block := res.GetBlock(from.p.Topic, from.p.Partition); block != nil && l.take(ctx, from, block) {
			moved = append(moved, from)
		}
	}
	if len(moved) > 0 {
		l.unroute(moved)
	}
	return nil
}
