package consume

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/runtime/kafka"
)

// coordinate connects to the group's coordinator. It ends with ctx whatever the brokers do, which sarama's own lookup
// does not: heartbeats depend on it. A consumer that stops does not wait until a throttle is over: the broker reads
// from a new connection at once.
func (c *Consumer) coordinate(ctx context.Context) error {
	if conn := c.member.conn; conn != nil && !conn.Aborted() && (c.stopped.Err() == nil || !conn.Throttled()) {
		return nil
	}
	c.disconnect()
	addr, err := c.findCoordinator(ctx)
	if err != nil {
		return err
	}
	// A join is answered when all members have come, which may take the whole rebalance timeout.
	c.member.conn, err = kafka.Dial(ctx, addr, c.cfg.Client, c.cfg.RebalanceTimeout+c.cfg.Client.Net.ReadTimeout)
	return err
}

func (c *Consumer) disconnect() {
	if c.member.conn != nil {
		c.member.conn.Release()
		c.member.conn = nil
	}
}

// findCoordinator asks the brokers one after the other.
func (c *Consumer) findCoordinator(ctx context.Context) (string, error) {
	var failed error
	for _, addr := range c.cluster.addrs() {
		found, err := c.askForCoordinator(ctx, addr)
		if err == nil {
			return found, nil
		}
		if failed == nil || !strings.Contains(failed.Error(), err.Error()) { // brokers say the same, or are one by two names
			failed = errors.Join(failed, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return "", failed
}

func (c *Consumer) askForCoordinator(ctx context.Context, addr string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.member.requestTime()/3, errNoAnswer)
	defer cancel()
	conn, err := kafka.Dial(ctx, addr, c.cfg.Client, 0)
	if err != nil {
		return "", err
	}
	defer conn.Release()
	req := &sarama.FindCoordinatorRequest{Version: 2, CoordinatorKey: c.cfg.Group, CoordinatorType: sarama.CoordinatorGroup}
	var res *sarama.FindCoordinatorResponse
	if err := conn.During(ctx, func() (err error) { res, err = conn.FindCoordinator(req); return err }); err != nil {
		return "", fmt.Errorf("ask broker %s for the coordinator of group %s: %w", addr, c.cfg.Group, err)
	}
	if err := c.member.classify("find the coordinator of group", res.Err); err != nil {
		return "", err
	}
	return res.Coordinator.Addr(), nil
}
