package consume

import (
	"context"
	"errors"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// release has the pipelines ended while heartbeats go on, and commits what they left.
func (s *sessionLoop) release(ctx context.Context, reason connectors.CloseReason) {
	closing, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	switch reason {
	case connectors.Revoked:
		var stop context.CancelFunc
		closing, stop = context.WithTimeout(closing, min(revokeTime, s.consumer.cfg.RebalanceTimeout/2))
		defer stop()
	case connectors.Lost:
		cancel(ErrLost)
	}
	released, done := context.WithCancel(context.WithoutCancel(ctx)) // the pipelines are waited for in any case
	defer done()
	go func() { defer done(); s.handler.Revoked(closing, reason) }()
	lost := reason == connectors.Lost
	if !lost {
		lost = s.keepAlive(released, cancel)
	}
	<-released.Done()
	if !lost && ctx.Err() == nil {
		s.consumer.finalCommit(ctx)
	}
}

// keepAlive sends heartbeats until released ends; it reports whether the membership was lost meanwhile, which cuts the
// pipelines short.
func (s *sessionLoop) keepAlive(released context.Context, cut context.CancelCauseFunc) (lost bool) {
	tick := time.NewTicker(s.consumer.cfg.HeartbeatInterval)
	defer tick.Stop()
	for {
		select {
		case <-released.Done():
			return false
		case <-tick.C:
			// That the group is rebalancing is known, or a good end of this member.
			if err := s.try(released, s.beat); errors.Is(err, ErrLost) {
				cut(ErrLost)
				return true
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
		if !errors.Is(err, errRefused) {
			c.disconnect()
		}
		_ = pace.Sleep(ctx, wait.Next())
	}
}
