package consume

import (
	"context"
	"fmt"
	"time"

	"github.com/IBM/sarama"
)

// receive handles the block of one partition and reports whether its broker has to be looked up.
func (l *fetchLoop) receive(ctx context.Context, from fetchFrom, b *block) (moved bool) {
	p := from.p
	switch b.err {
	case sarama.ErrNoError:
	case sarama.ErrOffsetOutOfRange:
		return l.outOfRange(ctx, from)
	case sarama.ErrTopicAuthorizationFailed:
		p.fail(from.rewinds, fmt.Errorf("read %s: %w; grant the consumer READ on the topic, then restart the task", p.TopicPartition, b.err))
		return false
	default:
		l.sayMoved(p, b.err)
		return true
	}
	if b.diverges.epoch >= 0 {
		return l.truncated(ctx, from, b.diverges)
	}
	if b.preferred >= 0 && len(b.records) == 0 {
		return l.followReplica(p, b.preferred)
	}
	p.told.Store(true)
	p.metrics.Ends(l.end(b))
	if len(b.records) == 0 {
		l.answered(p, 0)
		return false
	}
	l.queue(from, b)
	return false
}

// end returns where the log ends for a consumer with this isolation level.
func (l *fetchLoop) end(b *block) int64 {
	if l.cfg.Isolation == sarama.ReadCommitted {
		return b.stable
	}
	return b.highWater
}

// sayMoved logs a move once, not with every attempt to find the new leader.
func (l *fetchLoop) sayMoved(p *Partition, err error) {
	l.fetcher.mu.Lock()
	defer l.fetcher.mu.Unlock()
	if p.route.tries == 0 {
		l.log.Info("partition has to be looked up again", "topic", p.Topic, "partition", p.Partition, "error", err)
	}
}

// answered notes a good answer, and how much to ask for the next time if not as much as always.
func (l *fetchLoop) answered(p *Partition, grown int32) {
	l.fetcher.mu.Lock()
	defer l.fetcher.mu.Unlock()
	p.route.tries, p.route.damaged, p.route.grown, p.route.due = 0, 0, grown, time.Time{}
}

// maxBatchBytes is the largest record batch that is asked for, well above what brokers accept by default (1 MiB).
const maxBatchBytes = 64 << 20

// askForMore sees that a partition does not stand still before a batch that is larger than what was asked for.
func (l *fetchLoop) askForMore(from fetchFrom) {
	if from.most >= maxBatchBytes {
		from.p.fail(from.rewinds, fmt.Errorf("read %s at offset %d: the record batch there is damaged, or larger than %d bytes", from.p.TopicPartition, from.at, maxBatchBytes))
		return
	}
	l.answered(from.p, min(from.most, maxBatchBytes/2)*2)
}

// followReplica fetches p from the replica its leader recommends, for as long as metadata counts as fresh. It reports
// whether the brokers have to be looked up: when nobody knows the replica, or it sends us on to another one. Then the
// leader is asked without our rack for as long, and serves the partition itself.
func (l *fetchLoop) followReplica(p *Partition, id int32) (unknown bool) {
	addr, known := l.fetcher.leaders.cluster.broker(id)
	l.fetcher.mu.Lock()
	defer l.fetcher.mu.Unlock()
	until := time.Now().Add(l.cfg.MetadataMaxAge)
	if !known || addr == l.addr || p.route.replica {
		p.route.leaderOnly = until
		if p.route.tries == 0 {
			l.log.Warn("the leader names a replica to read from that cannot serve; reading from the leader",
				"topic", p.Topic, "partition", p.Partition, "broker", l.addr, "replica", id)
		}
		return true
	}
	p.route.addr, p.route.replica, p.route.until = addr, true, until
	l.fetcher.loop(addr).wake.Set()
	return false
}

// outOfRange applies auto.offset.reset to a partition whose position is not in the log any more. It reports whether
// the leader has to be asked first, or again.
func (l *fetchLoop) outOfRange(ctx context.Context, from fetchFrom) (moved bool) {
	l.fetcher.mu.Lock()
	replica := from.p.route.replica
	l.fetcher.mu.Unlock()
	if replica { // only the leader knows for certain
		return true
	}
	return l.reset(ctx, from, "the offset is out of range and auto.offset.reset is none",
		"offset is out of range: records between may have been removed before they were read")
}
