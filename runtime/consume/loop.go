package consume

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/schemas/crash"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// fetchLoop fetches from one broker.
type fetchLoop struct {
	fetcher *fetcher
	cfg     *Config
	log     *slog.Logger
	addr    string
	wake    pace.Signal // a partition of the broker may be fetched again, or none is left
	conn    *kafka.Conn
	session fetchSession
	from    []fetchFrom // of the last plan, for its memory
	turn    int         // counts plans, so that each partition stands first at times
	backoff *pace.Backoff
	short   time.Duration // how long a request may wait while partitions are left out of it
}

// run fetches until ctx ends, or until no partition is routed to the broker any more.
func (l *fetchLoop) run(ctx context.Context) {
	defer l.disconnect()
	for ctx.Err() == nil {
		if l.conn != nil && l.conn.AwaitQuiet(ctx) != nil {
			return
		}
		plan := l.plan()
		if len(plan.from) == 0 {
			if l.fetcher.unneeded(l) {
				return
			}
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
		err = l.guarded(func() error { return l.ask(ctx, plan) })
	}
	if err == nil {
		if l.backoff.Failures() > 0 {
			l.backoff.Reset()
			l.fetcher.said(l.addr, "")
		}
		return
	}
	l.disconnect()
	if ctx.Err() != nil {
		return
	}
	l.failed(plan, err)
	_ = pace.Sleep(ctx, l.backoff.Next())
}

// ask asks what has to be known before partitions are fetched, and otherwise fetches them.
func (l *fetchLoop) ask(ctx context.Context, plan fetchPlan) error {
	if unchecked := plan.unchecked(); len(unchecked) > 0 {
		return l.check(ctx, unchecked)
	}
	return l.fetch(ctx, plan)
}

// awayError is an error of a broker that cannot be reached, whatever its type.
type awayError struct{ error }

func (e awayError) Unwrap() error { return e.error }

// connect connects if there is no connection, or one whose login is about to end.
func (l *fetchLoop) connect(ctx context.Context) error {
	if l.conn != nil && !l.conn.Expires() {
		return nil
	}
	conn, err := kafka.Dial(ctx, l.addr, l.cfg.Client, 0)
	if err != nil {
		return awayError{err}
	}
	if l.conn != nil { // the fetch session goes on over the new one
		l.conn.Release()
	}
	l.conn = conn
	return nil
}

func (l *fetchLoop) disconnect() {
	l.session.forget()
	if l.conn != nil {
		l.conn.Release()
		l.conn = nil
	}
}

// guarded calls f with panics turned into errors: answers are untrusted.
func (l *fetchLoop) guarded(f func() error) error {
	err := crash.Guard(f)
	if p := crash.In(err); p != nil {
		l.log.Error("reading a broker's answer panicked", "broker", l.addr, "panic", p.Value, "stack", string(p.Stack))
	}
	return err
}

// damagedMost is how many times in a row what comes of a partition may be beyond reading before it counts as damaged on
// the broker, and not on the way.
const damagedMost = 3

// failed decides what a failed fetch means: an answer that cannot be read is narrowed down to the partition it comes
// from, everything else is taken for a broker that is away.
func (l *fetchLoop) failed(plan fetchPlan, err error) {
	if isConnectionError(err) {
		if text := err.Error(); l.fetcher.said(l.addr, text) {
			l.log.Warn("fetching from broker; will retry", "broker", l.addr, "error", err)
		}
		l.fetcher.unroute(plan.from)
		return
	}
	if len(plan.from) == 1 {
		l.damaged(plan.from[0], err)
		return
	}
	l.fetcher.mu.Lock()
	defer l.fetcher.mu.Unlock()
	for _, from := range plan.from {
		from.p.route.alone = true
	}
}

// damaged counts what comes of a partition and cannot be read.
func (l *fetchLoop) damaged(from fetchFrom, err error) {
	l.fetcher.mu.Lock()
	defer l.fetcher.mu.Unlock()
	from.p.route.alone = true
	if from.p.route.damaged++; from.p.route.damaged >= damagedMost {
		from.p.fail(from.rewinds, fmt.Errorf("read %s at offset %d: the broker's answer cannot be read (damaged, or larger than the limits): %w",
			from.p.TopicPartition, from.at, err))
	}
}

// isConnectionError tells a broker that is away or refuses a request from an answer that cannot be read.
func isConnectionError(err error) bool {
	var away awayError
	var network net.Error
	var refused sarama.KError
	return errors.As(err, &away) || errors.As(err, &network) || errors.As(err, &refused) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, sarama.ErrNotConnected) || errors.Is(err, context.Canceled)
}

// fetchSlack is what an answer may be larger than the records that were asked for: they come in whole batches, and
// something is said about each partition.
const fetchSlack = maxBatchBytes + 1<<20

// fetch asks for records of the partitions and queues them.
func (l *fetchLoop) fetch(ctx context.Context, plan fetchPlan) error {
	newest, err := l.conn.Newest(ctx, kmsg.Fetch)
	if err != nil {
		return err
	}
	if newest < fetchOldest {
		return fmt.Errorf("fetch from broker %s: %w: it is older than Kafka 0.11", l.addr, sarama.ErrUnsupportedVersion)
	}
	req := l.session.request(fetchVersion(newest, plan.from), plan.from)
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = int32(l.wait(plan).Milliseconds()), l.cfg.FetchMinBytes, l.cfg.FetchMaxBytes
	req.IsolationLevel = int8(l.cfg.Isolation)
	if !plan.withoutRack {
		req.Rack = l.cfg.Client.RackID
	}
	for _, from := range plan.from {
		req.MaxBytes = max(req.MaxBytes, from.most)
	}
	answer, err := l.conn.AskBytes(ctx, req, int(req.MaxBytes)+fetchSlack)
	if err != nil {
		return err
	}
	return l.read(ctx, plan, answer)
}

// read takes over an answer.
func (l *fetchLoop) read(ctx context.Context, plan fetchPlan, answer []byte) error {
	var moved []fetchFrom
	large := plan.asksForMuch()
	head, err := readFetch(answer, l.session.version, func(b *block) {
		from := l.session.of(b.key)
		if from == nil {
			return // nobody asked for it
		}
		from.copies = large
		if l.receive(ctx, *from, b) {
			moved = append(moved, *from)
		}
	})
	l.conn.Throttle(head.throttle)
	if err != nil {
		return fmt.Errorf("read answer of broker %s: %w", l.addr, err)
	}
	switch {
	case head.err == sarama.ErrNoError:
	case l.session.id != 0 && isOfSession(head.err): // the next request starts another one
		l.session.forget()
		return nil
	default:
		return head.err
	}
	l.session.answered(head.session)
	l.fetcher.unroute(moved)
	return nil
}

// isOfSession reports whether the broker does not know, or mistrusts, the session of a fetch.
func isOfSession(err sarama.KError) bool {
	return err == sarama.ErrFetchSessionIDNotFound || err == sarama.ErrInvalidFetchSessionEpoch || err == errFetchSessionTopicID
}

// errFetchSessionTopicID is FETCH_SESSION_TOPIC_ID_ERROR, which sarama has no name for: a broker in the middle of an
// upgrade.
const errFetchSessionTopicID sarama.KError = 106
