package consume

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/schemas"
)

// take handles the block of one partition and reports whether another broker has to be found.
func (l *fetchLoop) take(ctx context.Context, from fetchFrom, block *sarama.FetchResponseBlock) (moved bool) {
	p := from.p
	switch block.Err {
	case sarama.ErrNoError:
	case sarama.ErrOffsetOutOfRange:
		return l.outOfRange(ctx, from)
	case sarama.ErrTopicAuthorizationFailed:
		p.fail(fmt.Errorf("read %s: %w; grant the consumer READ on the topic, then restart the task", p.TopicPartition, block.Err))
		return false
	default:
		l.sayMoved(p, block.Err)
		return true
	}
	if id := block.PreferredReadReplica; id >= 0 && len(block.RecordsSet) == 0 {
		l.followReplica(p, id)
		return false
	}
	batches, next := decodeBlock(block, from.at)
	p.told.Store(true)
	p.metrics.Fetched(bytesOf(batches), l.end(block))
	if next <= from.at {
		return l.nothingNew(from, block)
	}
	l.answered(p, 0)
	if from.copies {
		for i := range batches {
			if batches[i].shared {
				batches[i].own()
			}
		}
	}
	p.deliver(from.at, from.epoch, batches, next)
	return false
}

// end returns where the log ends for a consumer with this isolation level.
func (l *fetchLoop) end(block *sarama.FetchResponseBlock) int64 {
	if l.cfg.Isolation == sarama.ReadCommitted {
		return block.LastStableOffset
	}
	return block.HighWaterMarkOffset
}

// sayMoved logs a move once, not with every attempt to find the new leader.
func (l *fetchLoop) sayMoved(p *Partition, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.route.tries == 0 {
		l.log.Info("partition has to be looked up again", "topic", p.Topic, "partition", p.Partition, "error", err)
	}
}

// answered notes a good answer, and how much to ask for the next time if not as much as always.
func (l *fetchLoop) answered(p *Partition, grown int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p.route.tries, p.route.damaged, p.route.grown, p.route.due = 0, 0, grown, time.Time{}
}

// nothingNew sees that a partition does not stand still although there is something: before batches that compaction
// emptied, or before one that is larger than what was asked for. It always returns false: the leader is the right one.
func (l *fetchLoop) nothingNew(from fetchFrom, block *sarama.FetchResponseBlock) bool {
	if !block.Partial && len(block.RecordsSet) == 0 {
		l.answered(from.p, 0)
		if next := behind(block); next > from.at {
			from.p.deliver(from.at, from.epoch, []batch{{next: next}}, next)
		}
		return false
	}
	const most = maxBatchBytes
	if from.most >= most {
		from.p.fail(fmt.Errorf("read %s at offset %d: the record batch there is damaged, or larger than %d bytes", from.p.TopicPartition, from.at, most))
		return false
	}
	l.answered(from.p, min(from.most, most/2)*2)
	return false
}

// maxBatchBytes is the largest record batch that is asked for, well above what brokers accept by default (1 MiB).
const maxBatchBytes = 64 << 20

// behind returns the position behind the batches of a block of which none holds a record, -1 if there are none.
// Sarama drops such batches and keeps where they end to itself; a test sees that the field stays where it is.
func behind(block *sarama.FetchResponseBlock) int64 {
	next := reflect.ValueOf(block).Elem().FieldByName("recordsNextOffset")
	if !next.IsValid() || next.IsNil() {
		return -1
	}
	return next.Elem().Int()
}

// followReplica fetches p from the replica the leader recommends, for as long as metadata counts as fresh.
func (l *fetchLoop) followReplica(p *Partition, id int32) {
	b, err := l.leaders.client.Broker(id)
	if err != nil {
		return // the leader goes on to serve the partition
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p.route.addr, p.route.replica, p.route.until = b.Addr(), true, time.Now().Add(l.cfg.MetadataMaxAge)
	l.loop(b.Addr()).signal()
}

// outOfRange applies auto.offset.reset to a partition whose position is not in the log any more. It reports whether
// the leader has to be asked first, or again.
func (l *fetchLoop) outOfRange(ctx context.Context, from fetchFrom) (moved bool) {
	p := from.p
	l.mu.Lock()
	replica := p.route.replica
	l.mu.Unlock()
	if replica { // only the leader knows for certain
		return true
	}
	if l.cfg.Reset == ResetNone {
		p.fail(fmt.Errorf("read %s: offset %d is out of range and auto.offset.reset is none: alter the offset or the policy, then restart the task", p.TopicPartition, from.at))
		return false
	}
	found := starts{}
	if err := l.leaders.ask(ctx, l.conn, []schemas.TopicPartition{p.TopicPartition}, l.cfg.policy(), found); err != nil {
		l.log.Warn("looking up the offset to reset to; will retry", "topic", p.Topic, "partition", p.Partition, "error", err)
		return true
	}
	to := found[p.TopicPartition]
	l.log.Error("offset is out of range: records between may have been removed before they were read",
		"topic", p.Topic, "partition", p.Partition, "from", from.at, "to", to, "policy", l.cfg.Reset.String())
	p.deliver(from.at, from.epoch, []batch{{next: to, anew: true}}, to)
	return false
}
