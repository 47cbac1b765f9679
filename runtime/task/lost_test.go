package task

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/deploy/local/kafka"
	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/schemas"
)

// TestLostWhileWriting: a task that hears nothing from its group for a session cuts the write that is under way,
// closes the writer with Lost, joins again and writes the records then; it does not fail.
func TestLostWhileWriting(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "t"), kfake.GroupMinSessionTimeout(time.Millisecond),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	r := &rig{t: t, broker: &kafka.Broker{Cluster: c, Addr: c.ListenAddrs()[0]}}
	r.produce(numbers(10)...)
	var silent atomic.Bool
	c.ControlKey(int16(kmsg.Heartbeat), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return nil, nil, silent.Load()
	})
	cause := make(chan error, 1)
	s := &script{}
	s.writeUntil = func(ctx context.Context, batch []schemas.Record) (int, error) {
		if silent.CompareAndSwap(false, true) {
			<-ctx.Done()
			cause <- context.Cause(ctx)
			silent.Store(false)
			s.writeUntil = nil
			return 0, ctx.Err()
		}
		return len(batch), nil
	}
	r.run(s, map[string]string{"consumer.override.session.timeout.ms": "1000"}, nil)
	if err := <-cause; !errors.Is(err, consume.ErrLost) {
		t.Errorf("the write ended because of %v", err)
	}
	r.waitCommitted(10)
	r.endsCleanly()
	if got := s.accepted(); !inOrder(got, 10) {
		t.Errorf("accepted %v", got)
	}
	if want := []connectors.CloseReason{connectors.Lost, connectors.Stopping}; !slices.Equal(s.reasons, want) {
		t.Errorf("closed with %v, want %v", s.reasons, want)
	}
}
