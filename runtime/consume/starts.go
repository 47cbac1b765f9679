package consume

import (
	"context"
	"fmt"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// start is where a partition is read from.
type start struct {
	offset int64  // -1 when the group holds none
	epoch  int32  // leader epoch of the record before it, -1 when it is not known
	note   string // what was committed along with it
}

// starts are partitions with where they start.
type starts map[schemas.TopicPartition]start

// split parts what was assigned into partitions that go on where the group was, and those that start as
// auto.offset.reset says: without an offset, or with one of another topic of the same name.
func (c *Consumer) split(committed starts) (known starts, unknown []schemas.TopicPartition, err error) {
	known = starts{}
	for tp, from := range committed {
		another := from.offset >= 0 && isOfAnother(from.note, c.cluster.topicID(tp.Topic))
		switch {
		case from.offset >= 0 && !another:
			known[tp] = from
		case c.cfg.Reset == ResetNone && another:
			return nil, nil, fatalError{fmt.Errorf("open %s: the topic was deleted and created again, offset %d of group %s is of the old one, and auto.offset.reset is none: "+
				"alter the offset or the policy, then restart the task", tp, from.offset, c.cfg.Group)}
		case c.cfg.Reset == ResetNone:
			return nil, nil, fatalError{fmt.Errorf("open %s: group %s has no offset for it and auto.offset.reset is none", tp, c.cfg.Group)}
		default:
			if another {
				c.log.Error("topic was deleted and created again: the committed offset is of the old one and does not count",
					"topic", tp.Topic, "partition", tp.Partition, "from", from.offset, "policy", c.cfg.Reset.String())
			}
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
		_, _ = c.cluster.lookUp(ctx, topicsOf(unknown), false) // what is wrong shows when a leader is asked for
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
