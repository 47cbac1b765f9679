package consume

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/schemas"
)

// leaders asks the brokers that lead partitions for offsets.
type leaders struct {
	cfg     *Config
	cluster *cluster
}

// offsets asks for the offsets of the partitions that policy points to. It returns what it learned, also with an error.
func (l *leaders) offsets(ctx context.Context, tps []schemas.TopicPartition, policy Reset) (starts, error) {
	byAddr := map[string][]schemas.TopicPartition{}
	var failed error
	for _, tp := range tps {
		led, err := l.cluster.leader(tp)
		if err != nil {
			failed = err
			continue
		}
		byAddr[led.addr] = append(byAddr[led.addr], tp)
	}
	found := make(starts, len(tps))
	for addr, led := range byAddr {
		conn, err := kafka.Dial(ctx, addr, l.cfg.Client, 0)
		if err == nil {
			err = l.ask(ctx, conn, led, policy, found)
			conn.Release()
		}
		if err != nil {
			failed = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return found, failed
}

// ask puts into found what the broker behind conn says.
func (l *leaders) ask(ctx context.Context, conn *kafka.Conn, tps []schemas.TopicPartition, policy Reset, found starts) error {
	req := &sarama.OffsetRequest{Version: 4, IsolationLevel: l.cfg.Isolation}
	for _, tp := range tps {
		req.AddBlock(tp.Topic, tp.Partition, int64(policy), 1)
	}
	var res *sarama.OffsetResponse
	if err := conn.During(ctx, func() (err error) { res, err = conn.GetAvailableOffsets(req); return err }); err != nil {
		return fmt.Errorf("look up %s offsets: %w", policy, err)
	}
	conn.Throttle(time.Duration(res.ThrottleTimeMs) * time.Millisecond)
	var failed error
	var old []schemas.TopicPartition // without a record since the time that policy is
	for _, tp := range tps {
		switch block := res.GetBlock(tp.Topic, tp.Partition); {
		case block == nil:
			failed = fmt.Errorf("look up %s offset of %s: the answer lacks it", policy, tp)
		case block.Err != sarama.ErrNoError:
			failed = fmt.Errorf("look up %s offset of %s: %w", policy, tp, block.Err)
		case block.Offset < 0 && policy > 0:
			old = append(old, tp)
		default:
			found[tp] = start{offset: block.Offset, epoch: epochIn(res, block)}
		}
	}
	if len(old) > 0 {
		failed = errors.Join(failed, l.ask(ctx, conn, old, ResetLatest, found))
	}
	return failed
}

// epochIn returns the leader epoch of an offset that was looked up; brokers of old do not say it.
func epochIn(res *sarama.OffsetResponse, block *sarama.OffsetResponseBlock) int32 {
	if res.Version < 4 {
		return -1
	}
	return block.LeaderEpoch
}

// epochEnd is where a leader epoch ends in the log of the leader of now.
type epochEnd struct {
	epoch  int32 // the one that was asked for, or the last before it in this log; -1 when it is not known there
	offset int64 // behind its last record
	err    sarama.KError
}

// epochEndsLimit is what the answer about one partition may take.
const epochEndsLimit = 1 << 10

// oldestEpochs is the first version of OffsetForLeaderEpoch that consumers may send.
const oldestEpochs = 3

// epochEnds asks the broker behind conn where the epochs of the positions end. Without an answer or an error the broker
// is one that cannot say.
func (l *leaders) epochEnds(ctx context.Context, conn *kafka.Conn, from []fetchFrom) (map[schemas.TopicPartition]epochEnd, error) {
	newest, err := conn.Newest(ctx, kmsg.OffsetForLeaderEpoch)
	if err != nil || newest < oldestEpochs {
		return nil, err
	}
	req, res := kmsg.NewPtrOffsetForLeaderEpochRequest(), &kmsg.OffsetForLeaderEpochResponse{}
	req.Version, req.ReplicaID = oldestEpochs, -1
	for _, f := range from {
		p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
		p.Partition, p.CurrentLeaderEpoch, p.LeaderEpoch = f.p.Partition, f.leaderEpoch, f.lastEpoch
		req.Topics = append(req.Topics, kmsg.OffsetForLeaderEpochRequestTopic{Topic: f.p.Topic, Partitions: []kmsg.OffsetForLeaderEpochRequestTopicPartition{p}})
	}
	if err := conn.Ask(ctx, req, res, len(from)*epochEndsLimit); err != nil {
		return nil, err
	}
	ends := make(map[schemas.TopicPartition]epochEnd, len(from))
	for _, t := range res.Topics {
		for _, p := range t.Partitions {
			ends[schemas.TopicPartition{Topic: t.Topic, Partition: p.Partition}] = epochEnd{epoch: p.LeaderEpoch, offset: p.EndOffset, err: sarama.KError(p.ErrorCode)}
		}
	}
	return ends, nil
}
