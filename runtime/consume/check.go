package consume

import (
	"context"
	"fmt"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/schemas"
)

// check asks the leader what has to be known before partitions are fetched from it: after a change of the leader
// whether its log is the one that was read (KIP-320), and where to begin with a topic that was created again.
func (l *fetchLoop) check(ctx context.Context, from []fetchFrom) error {
	var logs, moved []fetchFrom
	for _, f := range from {
		switch {
		case f.check == checkTopic:
			if l.createdAgain(ctx, f) {
				moved = append(moved, f)
			}
		case f.lastEpoch < 0: // nothing to compare by
			l.checked(f.p)
		default:
			logs = append(logs, f)
		}
	}
	diverged, err := l.checkLogs(ctx, logs)
	l.fetcher.unroute(append(moved, diverged...))
	return err
}

// checked notes that a partition may be fetched.
func (l *fetchLoop) checked(p *Partition) {
	l.fetcher.mu.Lock()
	defer l.fetcher.mu.Unlock()
	p.route.check = checkNothing
}

// checkLogs returns the partitions whose leader has to be looked up first.
func (l *fetchLoop) checkLogs(ctx context.Context, from []fetchFrom) (moved []fetchFrom, err error) {
	if len(from) == 0 {
		return nil, nil
	}
	ends, err := l.fetcher.leaders.epochEnds(ctx, l.conn, from)
	if err != nil {
		return nil, err
	}
	for _, f := range from {
		end, said := ends[f.p.TopicPartition]
		switch {
		case !said && ends != nil:
			return nil, fmt.Errorf("check %s for truncation: the broker's answer lacks it", f.p.TopicPartition)
		case end.err == sarama.ErrTopicAuthorizationFailed, !said: // what cannot be asked must not be in the way: Java's consumer goes on as well
			l.checked(f.p)
		case end.err != sarama.ErrNoError:
			l.sayMoved(f.p, end.err)
			moved = append(moved, f)
		case l.truncated(ctx, f, end):
			moved = append(moved, f)
		}
	}
	return moved, nil
}

// truncated compares where the last epoch that was read ends at the leader with the position. It reports whether the
// leader has to be asked again.
func (l *fetchLoop) truncated(ctx context.Context, from fetchFrom, end epochEnd) (again bool) {
	p := from.p
	switch {
	case (end.epoch < 0 || end.offset < 0) && from.lastEpoch <= from.leaderEpoch: // it has kept no record of epochs
	case end.epoch < 0 || end.offset < 0: // an epoch of leaders to come: nothing of what was read is in this log
		if again = l.reset(ctx, from, "the leader knows nothing of the log that was read, and auto.offset.reset is none",
			"the leader knows nothing of the log that was read"); again {
			return true
		}
	case end.offset >= from.at:
	case l.cfg.Reset == ResetNone:
		p.fail(from.rewinds, fmt.Errorf("read %s: the records from offset %d to %d were read and are lost to an unclean leader election, and auto.offset.reset is none: "+
			"alter the offset or the policy, then restart the task", p.TopicPartition, end.offset, from.at-1))
	default:
		l.log.Error("records that were read are lost to an unclean leader election; reading on where the logs part",
			"topic", p.Topic, "partition", p.Partition, "from", from.at, "to", end.offset, "records", from.at-end.offset)
		p.reopen(from, start{offset: end.offset, epoch: end.epoch})
	}
	l.checked(p)
	return false
}

// createdAgain begins with a topic that has the name of the one that was read. It reports whether the leader has to be
// looked up first.
func (l *fetchLoop) createdAgain(ctx context.Context, from fetchFrom) (again bool) {
	again = l.reset(ctx, from, "the topic was deleted and created again, and auto.offset.reset is none", "topic was deleted and created again: reading the new one from its start on, as auto.offset.reset says")
	if !again {
		l.checked(from.p)
	}
	return again
}

// reset applies auto.offset.reset to a position that means nothing any more, and says so in the log. It reports
// whether the leader has to be asked again.
func (l *fetchLoop) reset(ctx context.Context, from fetchFrom, none, why string) (again bool) {
	p := from.p
	if l.cfg.Reset == ResetNone {
		p.fail(from.rewinds, fmt.Errorf("read %s at offset %d: %s: alter the offset or the policy, then restart the task", p.TopicPartition, from.at, none))
		return false
	}
	found := starts{}
	if err := l.fetcher.leaders.ask(ctx, l.conn, []schemas.TopicPartition{p.TopicPartition}, l.cfg.policy(), found); err != nil {
		l.log.Warn("looking up the offset to reset to; will retry", "topic", p.Topic, "partition", p.Partition, "error", err)
		return true
	}
	to := found[p.TopicPartition]
	l.log.Error(why, "topic", p.Topic, "partition", p.Partition, "from", from.at, "to", to.offset, "policy", l.cfg.Reset.String())
	p.reopen(from, to)
	return false
}
