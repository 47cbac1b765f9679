package consume

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/schemas"
)

// Handler runs the pipelines of the assigned partitions.
type Handler interface {
	// Assigned starts a pipeline for each partition. It must not block.
	Assigned(parts []*Partition)
	// Revoked ends all pipelines that Assigned started and returns when they have ended; what they said with Commit
	// then stands. ctx bounds what they may still write; with Lost they may write nothing.
	Revoked(ctx context.Context, reason connectors.CloseReason)
}

// revokeTime bounds how long a rebalance waits for pipelines to write what they hold.
const revokeTime = 10 * time.Second

// Consumer is one member of a consumer group. Create it with New, run it once with Run.
type Consumer struct {
	cfg Config
	log *slog.Logger

	stopped context.Context
	stop    context.CancelFunc
	paused  atomic.Bool
	pausing chan struct{} // holds a token when paused has changed
	commits chan struct{} // holds a token when a commit was asked for

	// The fields below belong to the goroutine of Run.
	client  sarama.Client
	sub     *subscription
	member  *member
	fetcher *fetcher
	parts   []*Partition
}

// New returns a consumer that does nothing until Run.
func New(cfg Config) *Consumer {
	c := &Consumer{cfg: cfg, log: cfg.Logger, pausing: make(chan struct{}, 1), commits: make(chan struct{}, 1)}
	c.stopped, c.stop = context.WithCancel(context.Background())
	return c
}

// Stop asks Run to give up its partitions in good order, commit, leave the group and return.
func (c *Consumer) Stop() { c.stop() }

// Pause stops fetching, and asks for a commit; membership goes on. Resume undoes it.
func (c *Consumer) Pause() { c.setPaused(true) }

// Resume starts fetching again.
func (c *Consumer) Resume() { c.setPaused(false) }

// RequestCommit asks for a commit soon, of what the pipelines have said by then. It never blocks; requests close to
// each other share a commit, and one made while nothing is assigned is for the next assignment.
func (c *Consumer) RequestCommit() {
	select {
	case c.commits <- struct{}{}:
	default:
	}
}

func (c *Consumer) setPaused(paused bool) {
	c.paused.Store(paused)
	select {
	case c.pausing <- struct{}{}:
	default:
	}
}

// Run consumes until Stop is called or ctx ends, which cuts everything short, or an error no retry will mend is met.
// While no broker answers it keeps trying.
func (c *Consumer) Run(ctx context.Context, h Handler) error {
	soft, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.stopped, cancel)()
	if err := c.connect(ctx, soft); err != nil {
		return c.ended(ctx, err)
	}
	defer func() { _ = c.client.Close() }() // its connections are all that is left of it
	fetching, stopFetching := context.WithCancel(ctx)
	c.fetcher = newFetcher(fetching, &c.cfg, c.client)
	fetched := make(chan struct{})
	go func() { defer close(fetched); c.fetcher.run() }()
	defer func() { stopFetching(); <-fetched }()
	c.fetcher.pause(c.paused.Load())
	defer c.disconnect()

	wait := newBackoff()
	for soft.Err() == nil {
		err := c.generation(ctx, soft, h)
		var fatal fatalError
		switch {
		case soft.Err() != nil:
		case errors.As(err, &fatal):
			c.leave(ctx)
			return err
		case errors.Is(err, errRebalance) || err == nil:
			c.log.Info("group is rebalancing", "group", c.cfg.Group)
			wait.reset()
		default:
			c.log.Warn("working with the consumer group; will retry", "group", c.cfg.Group, "error", err)
			if !errors.Is(err, ErrLost) {
				c.disconnect()
			}
			sleep(soft, wait.next())
		}
	}
	c.leave(ctx)
	return c.ended(ctx, nil)
}

// ended returns nil when the consumer was asked to stop.
func (c *Consumer) ended(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case c.stopped.Err() != nil:
		return nil
	}
	return err
}

// connect waits for a broker. The client it makes lives until ctx ends, the wait until soft ends.
func (c *Consumer) connect(ctx, soft context.Context) error {
	wait := newBackoff()
	said := ""
	for {
		client, err := kafka.NewClient(ctx, c.cfg.Bootstrap, c.cfg.Client)
		if err == nil {
			c.client = client
			c.sub = &subscription{cfg: &c.cfg, client: client, log: c.log}
			c.member = &member{cfg: &c.cfg}
			return nil
		}
		if text := err.Error(); text != said {
			said = text
			c.log.Warn("no Kafka broker can be reached; will keep trying", "bootstrap.servers", c.cfg.Bootstrap, "error", err)
		}
		sleep(soft, wait.next())
		if soft.Err() != nil {
			return soft.Err()
		}
	}
}

// coordinate connects to the group's coordinator.
func (c *Consumer) coordinate(ctx context.Context) error {
	if c.member.conn != nil {
		return nil
	}
	if err := c.client.RefreshCoordinator(c.cfg.Group); err != nil {
		return fmt.Errorf("find coordinator of group %s: %w", c.cfg.Group, err)
	}
	broker, err := c.client.Coordinator(c.cfg.Group)
	if err != nil {
		return fmt.Errorf("find coordinator of group %s: %w", c.cfg.Group, err)
	}
	// A join is answered when all members have come, which may take the whole rebalance timeout.
	c.member.conn, err = kafka.Dial(ctx, broker.Addr(), c.cfg.Client, c.cfg.RebalanceTimeout+c.cfg.Client.Net.ReadTimeout)
	return err
}

func (c *Consumer) disconnect() {
	if c.member.conn != nil {
		c.member.conn.Release()
		c.member.conn = nil
	}
}

// topicInterval is how often topics are looked up while one that is configured is missing.
const topicInterval = time.Second

// generation takes part in one generation of the group: from joining to the next rebalance.
func (c *Consumer) generation(ctx, soft context.Context, h Handler) error {
	if _, err := c.sub.refresh(); err != nil {
		return err
	}
	for c.cfg.Pattern != nil && len(c.sub.topics) == 0 {
		sleep(soft, min(topicInterval, c.cfg.MetadataMaxAge))
		if soft.Err() != nil {
			return soft.Err()
		}
		if _, err := c.sub.refresh(); err != nil {
			return err
		}
	}
	if err := c.coordinate(soft); err != nil {
		return err
	}
	assigned, err := c.member.join(soft, c.sub.topics, c.sub.ids)
	if err != nil {
		return err
	}
	if c.parts, err = c.open(soft, assigned); err != nil {
		return err
	}
	c.log.Info("partitions were assigned", "group", c.cfg.Group, "generation", c.member.generation, "partitions", names(c.parts))
	return c.session(ctx, soft, h)
}

// open finds out where the assigned partitions start.
func (c *Consumer) open(ctx context.Context, assigned map[string][]int32) ([]*Partition, error) {
	committed, err := c.member.committed(ctx, assigned)
	if err != nil {
		return nil, err
	}
	parts := make([]*Partition, 0, len(committed))
	for tp, offset := range committed {
		from := offset
		if from < 0 {
			if c.cfg.Reset == ResetNone {
				return nil, fatalError{fmt.Errorf("open %s: group %s has no offset for it and auto.offset.reset is none", tp, c.cfg.Group)}
			}
			if from, err = c.client.GetOffset(tp.Topic, tp.Partition, int64(c.cfg.Reset)); err != nil {
				return nil, fmt.Errorf("look up %s offset of %s: %w", c.cfg.Reset, tp, err)
			}
		}
		parts = append(parts, newPartition(tp, from, offset, int(c.cfg.PartitionMaxBytes)))
	}
	return parts, nil
}

func names(parts []*Partition) []string {
	n := make([]string, len(parts))
	for i, p := range parts {
		n[i] = p.TopicPartition.String()
	}
	return n
}

// leave takes the member out of the group, so that others need not wait for its session to time out.
func (c *Consumer) leave(ctx context.Context) {
	if ctx.Err() != nil || c.member == nil || c.member.id == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Client.Net.ReadTimeout)
	defer cancel()
	err := c.coordinate(ctx)
	if err == nil {
		err = c.member.leave(ctx)
	}
	if err != nil {
		c.log.Warn("leaving the consumer group; its partitions wait for the session to time out", "group", c.cfg.Group, "error", err)
	}
}

// offsets returns what may be committed and is not yet.
func (c *Consumer) offsets() map[schemas.TopicPartition]int64 {
	var m map[schemas.TopicPartition]int64
	for _, p := range c.parts {
		next, committed := p.committable.Load(), p.Committed()
		if next == committed || (committed < 0 && next == p.From) {
			continue
		}
		if m == nil {
			m = map[schemas.TopicPartition]int64{}
		}
		m[p.TopicPartition] = next
	}
	return m
}

// commit sends what may be committed and is not yet.
func (c *Consumer) commit(ctx context.Context) error {
	offsets := c.offsets()
	if len(offsets) == 0 {
		return nil
	}
	if err := c.coordinate(ctx); err != nil {
		return err
	}
	refused, err := c.member.commit(ctx, offsets)
	if err != nil {
		return err
	}
	for _, p := range c.parts {
		next, sent := offsets[p.TopicPartition]
		if code, no := refused[p.TopicPartition]; no {
			c.log.Warn("offset was not committed; will retry", "topic", p.Topic, "partition", p.Partition, "offset", next, "error", code)
		} else if sent {
			p.setCommitted(next)
		}
	}
	return nil
}
