package consume

import (
	"context"
	"errors"
	"time"

	"github.com/sluice-connect/sluice/connectors"
)

// session keeps the membership alive while the pipelines work: heartbeats, commits, a look at the topics now and
// then. It returns after the partitions were given up.
func (c *Consumer) session(ctx, soft context.Context, h Handler) error {
	h.Assigned(c.parts)
	c.fetcher.set(c.parts)
	s := &sessionLoop{Consumer: c, alive: time.Now()}
	err := s.run(soft)
	c.fetcher.set(nil)
	c.release(ctx, h, closeReason(soft, err))
	return err
}

// sessionLoop is the state of a session.
type sessionLoop struct {
	*Consumer
	alive time.Time // of the last heartbeat the coordinator accepted
}

// commitSoon is the wait from a request for a commit to the commit: writers ask in the middle of their work, and many
// of them at the same time.
const commitSoon = 50 * time.Millisecond

// run works until the assignment ends and says why: nil when the consumer stops.
func (s *sessionLoop) run(soft context.Context) error {
	heartbeat := time.NewTicker(s.cfg.HeartbeatInterval)
	defer heartbeat.Stop()
	commit := time.NewTicker(s.cfg.CommitInterval)
	defer commit.Stop()
	topics := time.NewTimer(s.topicWait())
	defer topics.Stop()
	var soon <-chan time.Time // of a commit that was asked for
	for {
		var err error
		select {
		case <-soft.Done():
			return nil
		case <-s.pausing:
			s.fetcher.pause(s.paused.Load())
			err = s.try(soft, s.commit)
		case <-heartbeat.C:
			err = s.try(soft, s.beat)
		case <-commit.C:
			err = s.try(soft, s.commit)
		case <-s.commits:
			if soon == nil {
				soon = time.After(commitSoon)
			}
		case <-soon:
			soon = nil
			err = s.try(soft, s.commit)
		case <-topics.C:
			err = s.lookForTopics()
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
	err := request(ctx)
	var fatal fatalError
	switch {
	case err == nil || ctx.Err() != nil:
		return nil
	case errors.Is(err, errRebalance), errors.Is(err, ErrLost), errors.As(err, &fatal):
		return err
	case time.Since(s.alive) > s.cfg.SessionTimeout:
		return errors.Join(ErrLost, err)
	}
	s.log.Warn("talking to the group coordinator; will retry", "group", s.cfg.Group, "error", err)
	s.disconnect()
	return nil
}

func (s *sessionLoop) beat(ctx context.Context) error {
	// The request must not hang beyond the session it is to keep alive.
	ctx, cancel := context.WithTimeout(ctx, s.cfg.SessionTimeout/3)
	defer cancel()
	if err := s.coordinate(ctx); err != nil {
		return err
	}
	if err := s.member.heartbeat(ctx); err != nil {
		return err
	}
	s.alive = time.Now()
	return nil
}

func (s *sessionLoop) topicWait() time.Duration {
	if s.sub.complete() {
		return s.cfg.MetadataMaxAge
	}
	return min(topicInterval, s.cfg.MetadataMaxAge)
}

func (s *sessionLoop) lookForTopics() error {
	changed, err := s.sub.refresh()
	if err != nil {
		s.log.Debug("looking for new topics and partitions; will retry", "error", err)
		return nil
	}
	if changed {
		s.log.Info("topics or partitions changed; joining the group again", "group", s.cfg.Group, "topics", s.sub.topics)
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

// release has the pipelines ended while heartbeats go on, and commits what they left.
func (c *Consumer) release(ctx context.Context, h Handler, reason connectors.CloseReason) {
	closing, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	switch reason {
	case connectors.Revoked:
		var stop context.CancelFunc
		closing, stop = context.WithTimeout(closing, min(revokeTime, c.cfg.RebalanceTimeout/2))
		defer stop()
	case connectors.Lost:
		cancel(ErrLost)
	}
	done := make(chan struct{})
	go func() { defer close(done); h.Revoked(closing, reason) }()
	lost := c.waitReleased(ctx, done, reason, cancel)
	if !lost && reason != connectors.Lost && ctx.Err() == nil {
		c.finalCommit(ctx)
	}
}

// waitReleased sends heartbeats until the pipelines have ended; it reports whether the membership was lost meanwhile.
func (c *Consumer) waitReleased(ctx context.Context, done <-chan struct{}, reason connectors.CloseReason, cancel context.CancelCauseFunc) (lost bool) {
	tick := time.NewTicker(c.cfg.HeartbeatInterval)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return lost
		case <-tick.C:
			if reason == connectors.Lost || lost || c.member.conn == nil {
				continue
			}
			if err := c.member.heartbeat(ctx); errors.Is(err, ErrLost) {
				lost = true
				cancel(ErrLost)
			}
		}
	}
}

// finalCommit tries for a while: what is not committed now is read and written again.
func (c *Consumer) finalCommit(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, revokeTime/2)
	defer cancel()
	wait := newBackoff()
	for {
		err := c.commit(ctx)
		if err == nil {
			return
		}
		if errors.Is(err, ErrLost) || errors.Is(err, errRebalance) || ctx.Err() != nil {
			c.log.Warn("offsets were not committed before giving up the partitions; their records will be read again",
				"group", c.cfg.Group, "error", err)
			return
		}
		c.disconnect()
		sleep(ctx, wait.next())
	}
}
