package consume

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/schemas"
)

// leaders finds the brokers that lead partitions and asks them for offsets.
type leaders struct {
	cfg    *Config
	client sarama.Client
}

// errNoLeader says that nobody leads a partition at the moment.
var errNoLeader = errors.New("no broker leads the partition")

// refresh looks topics up again whose leaders are not where they were.
func (l *leaders) refresh(topics []string) {
	if len(topics) > 0 {
		_ = l.client.RefreshMetadata(topics...) // what is wrong shows when a leader is asked for
	}
}

// of returns the address of the broker that leads each of the partitions, without those that have no leader; err says
// why the last of these has none.
func (l *leaders) of(tps []schemas.TopicPartition) (map[schemas.TopicPartition]string, error) {
	addrs := make(map[schemas.TopicPartition]string, len(tps))
	led := map[string][]int32{} // asked for first: looking for the leader of a partition that has none takes time
	var failed error
	for _, tp := range tps {
		if _, known := led[tp.Topic]; !known {
			led[tp.Topic], _ = l.client.WritablePartitions(tp.Topic)
		}
		if !slices.Contains(led[tp.Topic], tp.Partition) {
			failed = fmt.Errorf("find leader of %s: %w", tp, errNoLeader)
			continue
		}
		broker, err := l.client.Leader(tp.Topic, tp.Partition)
		if err != nil {
			failed = fmt.Errorf("find leader of %s: %w", tp, err)
			continue
		}
		addrs[tp] = broker.Addr()
	}
	return addrs, failed
}

// offsets asks for the offsets of the partitions that policy points to. It returns what it learned, also with an error.
func (l *leaders) offsets(ctx context.Context, tps []schemas.TopicPartition, policy Reset) (map[schemas.TopicPartition]int64, error) {
	addrs, failed := l.of(tps)
	byAddr := map[string][]schemas.TopicPartition{}
	for tp, addr := range addrs {
		byAddr[addr] = append(byAddr[addr], tp)
	}
	found := make(map[schemas.TopicPartition]int64, len(tps))
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
func (l *leaders) ask(ctx context.Context, conn *kafka.Conn, tps []schemas.TopicPartition, policy Reset, found map[schemas.TopicPartition]int64) error {
	req := &sarama.OffsetRequest{Version: 2, IsolationLevel: l.cfg.Isolation}
	for _, tp := range tps {
		req.AddBlock(tp.Topic, tp.Partition, int64(policy), 1)
	}
	var res *sarama.OffsetResponse
	if err := conn.During(ctx, func() (err error) { res, err = conn.GetAvailableOffsets(req); return err }); err != nil {
		return fmt.Errorf("look up %s offsets: %w", policy, err)
	}
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
			found[tp] = block.Offset
		}
	}
	if len(old) > 0 {
		failed = errors.Join(failed, l.ask(ctx, conn, old, ResetLatest, found))
	}
	return failed
}
