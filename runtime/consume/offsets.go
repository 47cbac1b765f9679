package consume

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/schemas"
)

// offsets returns what may be committed and is not yet. Where a partition starts is no news, except when it starts at
// the end of the log: whoever has it next would start at a later end and skip what came between.
func (c *Consumer) offsets() starts {
	var m starts
	for _, p := range c.parts {
		next, committed := p.committable.Load(), p.Committed()
		if next == committed || (committed < 0 && next == p.From && c.cfg.Reset != ResetLatest && c.cfg.Reset != ResetBack) {
			continue
		}
		if m == nil {
			m = starts{}
		}
		epoch, topic := p.writtenUnder(next)
		m[p.TopicPartition] = start{offset: next, epoch: epoch, note: noteOf(topic)}
	}
	return m
}

// errRefused says that the coordinator took a commit but not for all partitions, and that it may do so later.
var errRefused = errors.New("some offsets were refused")

// commit sends what may be committed and is not yet. Offsets that were refused for now are errRefused.
func (c *Consumer) commit(ctx context.Context) (err error) {
	began := time.Now()
	defer func() { c.cfg.Metrics.Commit(err == nil, time.Since(began)) }()
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
			c.log.Warn("offset was not committed; will retry", "topic", p.Topic, "partition", p.Partition, "offset", next.offset, "error", code)
			if !isFinal(code) {
				err = errRefused
			}
		} else if sent {
			p.setCommitted(next.offset)
		}
	}
	return err
}

// isFinal tells refusals that stay from those that pass.
func isFinal(code sarama.KError) bool {
	switch code {
	case sarama.ErrTopicAuthorizationFailed, sarama.ErrGroupAuthorizationFailed, sarama.ErrUnknownTopicOrPartition,
		sarama.ErrOffsetMetadataTooLarge, sarama.ErrInvalidCommitOffsetSize:
		return true
	}
	return false
}

// commit sends the offsets, with the leader epochs of the records before them. It returns the partitions that were refused one by one; err is for the whole request.
func (m *member) commit(ctx context.Context, offsets starts) (refused map[schemas.TopicPartition]sarama.KError, err error) {
	req := &sarama.OffsetCommitRequest{Version: 7, ConsumerGroup: m.cfg.Group, ConsumerGroupGeneration: m.generation, ConsumerID: m.id, GroupInstanceId: m.instance()}
	for tp, next := range offsets {
		req.AddBlockWithLeaderEpoch(tp.Topic, tp.Partition, next.offset, next.epoch, 0, next.note)
	}
	var res *sarama.OffsetCommitResponse
	if err := m.ask(ctx, func() (err error) { res, err = m.conn.CommitOffset(req); return err }); err != nil {
		return nil, fmt.Errorf("commit offsets of group %s: %w", m.cfg.Group, err)
	}
	m.throttle(res.ThrottleTimeMs)
	for tp := range offsets {
		code := sarama.ErrUnknown
		if c, ok := res.Errors[tp.Topic][tp.Partition]; ok {
			code = c
		}
		switch code {
		case sarama.ErrNoError:
		case sarama.ErrRebalanceInProgress, sarama.ErrUnknownMemberId, sarama.ErrIllegalGeneration, sarama.ErrFencedInstancedId,
			sarama.ErrNotCoordinatorForConsumer, sarama.ErrConsumerCoordinatorNotAvailable, sarama.ErrOffsetsLoadInProgress:
			return nil, m.classify("commit offsets of group", code)
		default:
			if refused == nil {
				refused = map[schemas.TopicPartition]sarama.KError{}
			}
			refused[tp] = code
		}
	}
	return refused, nil
}

// committed returns the group's offsets of the partitions; -1 where there is none.
func (m *member) committed(ctx context.Context, assigned map[string][]int32) (starts, error) {
	offsets := starts{}
	if len(assigned) == 0 {
		return offsets, nil
	}
	req := sarama.NewOffsetFetchRequest(sarama.V2_4_0_0, m.cfg.Group, assigned)
	var res *sarama.OffsetFetchResponse
	if err := m.ask(ctx, func() (err error) { res, err = m.conn.FetchOffset(req); return err }); err != nil {
		return nil, fmt.Errorf("fetch committed offsets of group %s: %w", m.cfg.Group, err)
	}
	m.throttle(res.ThrottleTimeMs)
	if err := m.classify("fetch committed offsets of group", res.Err); err != nil {
		return nil, err
	}
	for topic, partitions := range assigned {
		for _, p := range partitions {
			block := res.GetBlock(topic, p)
			if block == nil {
				return nil, fmt.Errorf("fetch committed offsets of group %s: the answer lacks %s-%d", m.cfg.Group, topic, p)
			}
			if err := m.classify("fetch committed offsets of group", block.Err); err != nil {
				return nil, err
			}
			offsets[schemas.TopicPartition{Topic: topic, Partition: p}] = start{offset: block.Offset, epoch: block.LeaderEpoch, note: block.Metadata}
		}
	}
	return offsets, nil
}
