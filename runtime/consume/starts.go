package consume

import (
	"context"
	"fmt"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// starts are partitions with the offsets they start at.
type starts map[schemas.TopicPartition]int64

// split parts what was assigned into partitions that go on where the group was, and those without an offset.
func (c *Consumer) split(committed starts) (known starts, unknown []schemas.TopicPartition, err error) {
	known = starts{}
	for tp, offset := range committed {
		switch {
		case offset >= 0:
			known[tp] = offset
		case c.cfg.Reset == ResetNone:
			return nil, nil, fatalError{fmt.Errorf("open %s: group %s has no offset for it and auto.offset.reset is none", tp, c.cfg.Group)}
		default:
			unknown = append(unknown, tp)
		}
	}
	return known, unknown, nil
}

// find looks up where partitions without an offset start, until it knows all or ctx ends. It runs beside the session:
// one partition without a leader must not keep the others, or the heartbeats, waiting.
func (c *Consumer) find(ctx context.Context, unknown []schemas.TopicPartition, out chan<- starts) {
	wait := newBackoff()
	policy := c.cfg.policy()
	for len(unknown) > 0 {
		found, err := c.leaders.offsets(ctx, unknown, policy)
		if len(found) > 0 {
			select {
			case out <- found:
			case <-ctx.Done():
				return
			}
		}
		if unknown = without(unknown, found); len(unknown) == 0 {
			return
		}
		c.log.Debug("looking up where partitions start; will retry", "policy", c.cfg.Reset.String(), "error", err)
		if pace.Sleep(ctx, wait.Next()) != nil {
			return
		}
		c.leaders.refresh(topicsOf(unknown))
	}
}

func without(tps []schemas.TopicPartition, found starts) []schemas.TopicPartition {
	var left []schemas.TopicPartition
	for _, tp := range tps {
		if _, ok := found[tp]; !ok {
			left = append(left, tp)
		}
	}
	return left
}

func topicsOf(tps []schemas.TopicPartition) []string {
	seen := map[string]bool{}
	var topics []string
	for _, tp := range tps {
		if !seen[tp.Topic] {
			seen[tp.Topic] = true
			topics = append(topics, tp.Topic)
		}
	}
	return topics
}
