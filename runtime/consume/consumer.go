package consume

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// Handler runs the pipelines of the assigned partitions.
type Handler interface {
	// Assigned starts a pipeline for each partition. It must not block. It is called again for partitions whose start
	// is known later than that of others.
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
	pausing pace.Signal // paused has changed
	commits pace.Signal // a commit was asked for

	// The fields below belong to the goroutine of Run.
	cluster *cluster
	sub     *subscription
	member  *member
	leaders *leaders
	fetcher *fetcher
	parts   []*Partition

	looking context.Context // of what is looked up in the background
	lookups sync.WaitGroup
}

// New returns a consumer that does nothing until Run.
func New(cfg Config) *Consumer {
	if cfg.Metrics == nil {
		cfg.Metrics = metrics.Detached()
	}
	c := &Consumer{cfg: cfg, log: cfg.Logger, pausing: pace.NewSignal(), commits: pace.NewSignal()}
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
func (c *Consumer) RequestCommit() { c.commits.Set() }

func (c *Consumer) setPaused(paused bool) {
	c.paused.Store(paused)
	c.pausing.Set()
}

// Run consumes until Stop is called or ctx ends, which cuts everything short, or an error no retry will mend is met.
// While no broker answers it keeps trying.
func (c *Consumer) Run(ctx context.Context, h Handler) error {
	soft, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.stopped, cancel)()
	if err := c.connect(soft); err != nil {
		return c.ended(ctx, err)
	}
	c.cluster = newCluster(&c.cfg)
	c.sub = &subscription{cfg: &c.cfg, cluster: c.cluster, log: c.log}
	c.member = &member{cfg: &c.cfg}
	c.leaders = &leaders{cfg: &c.cfg, cluster: c.cluster}
	looking, stopLooking := context.WithCancel(ctx)
	c.looking = looking
	defer c.cluster.close()
	defer func() { stopLooking(); c.lookups.Wait() }()
	fetching, stopFetching := context.WithCancel(ctx)
	c.fetcher = newFetcher(fetching, &c.cfg, c.leaders)
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
		case errors.Is(err, errSessionOver) || err == nil:
			c.cfg.Metrics.Rebalanced()
			c.log.Info("group is rebalancing", "group", c.cfg.Group)
			wait.Reset()
		case errors.Is(err, errRebalance): // another one began before this member was through with the last
			_ = pace.Sleep(soft, wait.Next())
		default:
			c.log.Warn("working with the consumer group; will retry", "group", c.cfg.Group, "error", err)
			if !errors.Is(err, ErrLost) {
				c.disconnect()
			}
			_ = pace.Sleep(soft, wait.Next())
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

// connect waits for a broker until ctx ends, but not with one that refuses us.
func (c *Consumer) connect(ctx context.Context) error {
	wait := newBackoff()
	said := ""
	for {
		err := kafka.Reach(ctx, c.cfg.Bootstrap, c.cfg.Client)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil: // it was given up, which says nothing about the brokers
			return ctx.Err()
		case kafka.TurnedAway(err):
			return err
		}
		if text := err.Error(); text != said {
			said = text
			c.log.Warn("no Kafka broker can be reached; will keep trying", "bootstrap.servers", c.cfg.Bootstrap, "error", err)
		}
		_ = pace.Sleep(ctx, wait.Next())
	}
}

// topicInterval is how often topics are looked up while one that is configured is missing.
const topicInterval = time.Second

// generation takes part in one generation of the group: from joining to the next rebalance.
func (c *Consumer) generation(ctx, soft context.Context, h Handler) error {
	if err := c.refresh(soft); err != nil {
		return err
	}
	for c.cfg.Pattern != nil && len(c.sub.topics) == 0 {
		_ = pace.Sleep(soft, min(topicInterval, c.cfg.MetadataMaxAge))
		if err := c.refresh(soft); err != nil {
			return err
		}
	}
	if err := c.coordinate(soft); err != nil {
		return err
	}
	assigned, err := c.member.join(soft, c.sub.topics, func(topic string) []int32 { return c.sub.ids(soft, topic) })
	if err != nil {
		return err
	}
	committed, err := c.member.committed(soft, assigned)
	if err != nil {
		return err
	}
	return c.session(ctx, soft, h, committed)
}

// refresh looks the topics up before the group is joined.
func (c *Consumer) refresh(soft context.Context) error {
	looked := c.look()
	select {
	case <-soft.Done():
		return soft.Err()
	case l := <-looked:
		if l.err == nil {
			c.sub.adopt(l.view)
		}
		return l.err
	}
}

// looked is the outcome of a look at the topics.
type looked struct {
	view topicView
	err  error
}

// look looks the topics up in the background: a broker that hangs must keep neither heartbeats nor a stop waiting.
func (c *Consumer) look() <-chan looked {
	out := make(chan looked, 1)
	c.lookups.Go(func() {
		view, err := c.sub.look(c.looking)
		out <- looked{view, err}
	})
	return out
}

func names(assigned starts) []string {
	n := make([]string, 0, len(assigned))
	for tp := range assigned {
		n = append(n, tp.String())
	}
	slices.Sort(n)
	return n
}

// leaveTime bounds the farewell, which only saves others from waiting.
const leaveTime = 5 * time.Second

// leave takes the member out of the group, so that others need not wait for its session to time out.
func (c *Consumer) leave(ctx context.Context) {
	if ctx.Err() != nil || !c.member.belongs() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, leaveTime)
	defer cancel()
	wait := newBackoff()
	for {
		err := c.coordinate(ctx)
		if err == nil {
			err = c.member.leave(ctx)
		}
		if err == nil {
			return
		}
		c.disconnect()
		if pace.Sleep(ctx, wait.Next()) != nil {
			c.log.Warn("leaving the consumer group; its partitions wait for the session to time out", "group", c.cfg.Group, "error", err)
			return
		}
	}
}
