package consume

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas/crash"
)

// errSessionOver: the partitions were given up because the group is rebalancing.
var errSessionOver = errors.New("session is over")

// session keeps the membership alive while the pipelines work: heartbeats, commits, a look at the topics now and
// then. It returns after the partitions were given up.
func (c *Consumer) session(ctx, soft context.Context, h Handler, committed starts) error {
	known, unknown, err := c.split(committed)
	if err != nil {
		return err
	}
	c.parts = nil
	s := &sessionLoop{consumer: c, handler: h, alive: time.Now(), found: make(chan starts), limit: c.cfg.queueLimit(len(committed))}
	c.log.Info("partitions were assigned", "group", c.cfg.Group, "generation", c.member.generation, "partitions", names(committed))
	s.begin(known, true)
	finding, stop := context.WithCancel(soft)
	c.lookups.Go(func() { c.find(finding, unknown, s.found) })
	c.lookups.Go(func() { c.watchEnds(finding) })
	err = s.guarded(soft)
	stop()
	c.fetcher.set(nil)
	s.release(ctx, closeReason(soft, err))
	for _, p := range c.parts {
		p.metrics.Close()
	}
	if errors.Is(err, errRebalance) {
		return errSessionOver
	}
	return err
}

// sessionLoop is the state of a session.
type sessionLoop struct {
	consumer *Consumer
	handler  Handler
	alive    time.Time   // of the last heartbeat the coordinator answered
	found    chan starts // of partitions that had no committed offset
	limit    int         // bytes that may wait for each partition
	looking  <-chan looked
}

// begin hands partitions to the pipelines; committed says that the group holds their offsets.
func (s *sessionLoop) begin(from starts, committed bool) {
	if len(from) == 0 {
		return
	}
	c := s.consumer
	parts := make([]*Partition, 0, len(from))
	for tp, begin := range from {
		held := int64(-1)
		if committed {
			held = begin.offset
		}
		p := newPartition(tp, begin, held, s.limit, &c.cfg, c.fetcher.wakeLoop)
		p.topic = c.cluster.topicID(tp.Topic)
		p.route.topic = p.topic
		p.metrics = c.cfg.Metrics.Assign(tp.Topic, tp.Partition, begin.offset)
		parts = append(parts, p)
	}
	c.parts = append(c.parts, parts...)
	s.handler.Assigned(parts)
	c.fetcher.set(c.parts)
}

// guarded is run with panics turned into errors: the pipelines must not go on without a membership.
func (s *sessionLoop) guarded(soft context.Context) error {
	err := crash.Guard(func() error { return s.run(soft) })
	if crash.In(err) != nil {
		return fatalError{fmt.Errorf("keep the membership of group %s: %w", s.consumer.cfg.Group, err)}
	}
	return err
}

// commitSoon is the wait from a request for a commit to the commit: writers ask in the middle of their work, and many
// of them at the same time.
const commitSoon = 50 * time.Millisecond

// run works until the assignment ends and says why: nil when the consumer stops.
func (s *sessionLoop) run(soft context.Context) error {
	c := s.consumer
	heartbeat := time.NewTicker(c.cfg.HeartbeatInterval)
	defer heartbeat.Stop()
	commit := time.NewTicker(c.cfg.CommitInterval)
	defer commit.Stop()
	topics := time.NewTimer(s.topicWait())
	defer topics.Stop()
	var soon <-chan time.Time // of a commit that was asked for
	for {
		var err error
		select {
		case <-soft.Done():
			return nil
		case <-c.pausing:
			c.fetcher.pause(c.paused.Load())
			err = s.try(soft, c.commit)
		case <-heartbeat.C:
			err = s.try(soft, s.beat)
		case <-commit.C:
			err = s.try(soft, c.commit)
		case <-c.commits:
			if soon == nil {
				soon = time.After(commitSoon)
			}
		case <-soon:
			soon = nil
			err = s.try(soft, c.commit)
		case from := <-s.found:
			s.begin(from, false)
		case <-topics.C:
			s.looking = c.look()
		case l := <-s.looking:
			s.looking = nil
			err = s.lookedAt(l)
			topics.Reset(s.topicWait())
		}
		if err != nil {
			return err
		}
	}
}

// try runs one request to the coordinator. Trouble with the connection is no reason to end the session until the
// session timeout has passed without a heartbeat.
func (s *sessionLoop) try(ctx context.Context, request func(context.Context) error) error {
	bounded, cancel := context.WithTimeoutCause(ctx, s.patience(), errNoAnswer)
	defer cancel()
	err := request(bounded)
	var fatal fatalError
	switch {
	case err == nil || ctx.Err() != nil:
		return nil
	case errors.Is(err, errRebalance), errors.Is(err, ErrLost), errors.As(err, &fatal):
		return err
	case time.Since(s.alive) >= s.consumer.cfg.SessionTimeout:
		return errors.Join(ErrLost, err)
	case errors.Is(err, errRefused): // the log has it
		return nil
	}
	s.consumer.log.Warn("talking to the group coordinator; will retry", "group", s.consumer.cfg.Group, "error", err)
	s.consumer.disconnect()
	return nil
}

// patience is how long a request may take: not beyond the end of the session, when the partitions go to others. A
// process that slept over that end asks all the same: the coordinator may have slept as well.
func (s *sessionLoop) patience() time.Duration {
	most := s.consumer.member.requestTime()
	return min(most, max(time.Until(s.alive.Add(s.consumer.cfg.SessionTimeout)), most/3))
}

func (s *sessionLoop) beat(ctx context.Context) error {
	if err := s.consumer.coordinate(ctx); err != nil {
		return err
	}
	err := s.consumer.member.heartbeat(ctx)
	if err == nil || errors.Is(err, errRebalance) {
		s.alive = time.Now()
	}
	return err
}

func (s *sessionLoop) topicWait() time.Duration {
	if s.consumer.sub.complete() {
		return s.consumer.cfg.MetadataMaxAge
	}
	return min(topicInterval, s.consumer.cfg.MetadataMaxAge)
}

// lookedAt asks for a rebalance when the topics are not what they were. New partitions are the leader's business: the
// group does not rebalance for another member that joins again with the same subscription.
func (s *sessionLoop) lookedAt(l looked) error {
	var fatal fatalError
	switch {
	case errors.As(l.err, &fatal):
		return l.err
	case l.err != nil:
		s.consumer.log.Debug("looking for new topics and partitions; will retry", "error", l.err)
		return nil
	}
	otherTopics, otherPartitions := s.consumer.sub.adopt(l.view)
	if otherTopics || (otherPartitions && s.consumer.member.leads) {
		s.consumer.log.Info("topics or partitions changed; joining the group again", "group", s.consumer.cfg.Group, "topics", s.consumer.sub.topics)
		return errRebalance
	}
	return nil
}

// closeReason translates the end of a session for the writers. Doubt means Lost.
func closeReason(soft context.Context, err error) connectors.CloseReason {
	switch {
	case errors.Is(err, ErrLost):
		return connectors.Lost
	case errors.Is(err, errRebalance):
		return connectors.Revoked
	case err == nil && soft.Err() != nil:
		return connectors.Stopping
	}
	return connectors.Lost
}
