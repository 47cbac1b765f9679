package dynamodb

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// gated is a table whose requests wait to be let through, and are then left unprocessed.
type gated struct {
	started chan []op
	through chan struct{}
}

func (g *gated) write(ctx context.Context, ops []op) ([]int, error) {
	g.started <- ops
	select {
	case <-g.through:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return everyPosition(len(ops)), nil
}

// taskOver returns a task over a table of vehicles that waits for nothing.
func taskOver(t *testing.T, g table, more ...string) *task {
	t.Helper()
	props := map[string]string{keyTable: "things", keyHash: "value.vin", keySort: "", keyInstant: "true"}
	for i := 0; i < len(more); i += 2 {
		props[more[i]] = more[i+1]
	}
	v, problems := definition.Parse(props)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s, err := newSettings(v)
	if err != nil {
		t.Fatal(err)
	}
	l := layout{hash: attribute{"vin", typeString}}
	k := newTask(s, place{}, func(context.Context, string) (table, layout, error) { return g, l, nil }, func(schemas.TopicPartition) {})
	k.backoff = func(int) time.Duration { return time.Microsecond }
	t.Cleanup(func() {
		k.cancel()
		_ = k.Close(context.Background())
	})
	return k
}

func TestNoRequestStartsForALostPartition(t *testing.T) {
	g := &gated{started: make(chan []op, 100), through: make(chan struct{}, 100)}
	k := taskOver(t, g)
	lost, _ := k.Open(context.Background(), things, 0)
	kept, _ := k.Open(context.Background(), schemas.TopicPartition{Topic: "events", Partition: 1}, 0)
	write := func(w connectors.Writer, vin string) {
		if _, err := w.Write(context.Background(), []schemas.Record{vehicle(things, 0, vin, 0)}); err != nil {
			t.Fatal(err)
		}
	}
	write(lost, "both")
	<-g.started // with the record of lost
	write(kept, "both")
	write(lost, "both") // the newest of its key now
	closed := make(chan error)
	go func() { closed <- lost.Close(context.Background(), connectors.Lost) }()
	for !lost.(*writer).progress.closed.Load() {
		select {
		case err := <-closed:
			t.Fatal("closed with a request in flight", err)
		default:
			runtime.Gosched()
		}
	}
	g.through <- struct{}{}
	again := <-g.started
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	k.tables["things"].batcher.mu.Lock()
	for _, s := range k.tables["things"].batcher.queue.slots {
		if len(again) != 1 || s.newest.owner != kept.(*writer).progress || len(s.entries) != 1 {
			t.Errorf("sends %d, holds %d", len(again), len(s.entries))
		}
	}
	k.tables["things"].batcher.mu.Unlock()
	if first, any := lost.Pending(); !any || first != 0 {
		t.Error("the lost record counts as written")
	}
}
