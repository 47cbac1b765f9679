package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// hotTable never gets to the keys that begin with "hot".
type hotTable struct {
	mu      sync.Mutex
	written map[string]bool
}

func (h *hotTable) write(_ context.Context, ops []op) (unprocessed []int, _ error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range ops {
		if strings.Contains(ops[i].identity, "hot") {
			unprocessed = append(unprocessed, i)
		} else {
			h.written[ops[i].identity] = true
		}
	}
	return unprocessed, nil
}

func (h *hotTable) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.written)
}

// hotTask has one lane and a writer that holds a hot record.
func hotTask(t *testing.T, more ...string) (*hotTable, connectors.Writer) {
	t.Helper()
	h := &hotTable{written: map[string]bool{}}
	k := taskOver(t, h, append([]string{keyInFlight, "1"}, more...)...)
	w, _ := k.Open(context.Background(), things, 0)
	if n, err := w.Write(context.Background(), []schemas.Record{vehicle(things, 0, "hot", 0)}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	t.Cleanup(func() { _ = w.Close(context.Background(), connectors.Lost) })
	return h, w
}

// cold returns records of different keys that follow the hot one.
func cold(n int) []schemas.Record {
	records := make([]schemas.Record, n)
	for i := range records {
		records[i] = vehicle(things, int64(i+1), fmt.Sprint("cold-", i), i)
	}
	return records
}

func TestHotKeyDoesNotKeepItsLaneFromTheOthers(t *testing.T) {
	h, w := hotTask(t, keyMaxRetry, "3600")
	if n, err := w.Write(context.Background(), cold(100)); n != 100 || err != nil {
		t.Fatal(n, err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for h.count() < 100 {
		if time.Now().After(deadline) {
			t.Fatalf("%d of 100 items were written beside the throttled one", h.count())
		}
		<-time.After(time.Millisecond)
	}
	if first, any := w.Pending(); first != 0 || !any {
		t.Error("the throttled record is not pending")
	}
}

func TestRecordsBehindAHotKeyAreBounded(t *testing.T) {
	_, w := hotTask(t, keyMaxRetry, "0")
	taken, deadline := 1, time.Now().Add(20*time.Second)
	for rest, last := cold(maxOpen+100), -1; len(rest) > 0 && (taken < maxOpen || last > 0); {
		n, err := w.Write(context.Background(), rest)
		if !connectors.IsRetriable(err) || time.Now().After(deadline) {
			t.Fatal(n, err)
		}
		taken, rest, last = taken+n, rest[n:], n
	}
	if taken != maxOpen {
		t.Errorf("%d records were taken while the first one is throttled, want %d", taken, maxOpen)
	}
}

func TestStallsAreToldOnceInAWhile(t *testing.T) {
	p, now, slow := newProgress(things), time.Now(), errors.New("slow")
	p.accept(0)
	var said []bool
	for _, after := range []time.Duration{0, time.Second, 4 * time.Second, 5 * time.Second, 9 * time.Second} {
		said = append(said, p.stall(slow, now.Add(after), 5*time.Second))
	}
	if got := fmt.Sprint(said); got != "[true false false true false]" {
		t.Error(got)
	}
}

// pickyTable refuses every request of more than one item, and lets its caller act before it says so.
type pickyTable struct {
	before   func()
	requests [][]op
}

func (p *pickyTable) write(_ context.Context, ops []op) ([]int, error) {
	p.requests = append(p.requests, ops)
	p.before()
	if len(ops) > 1 {
		return nil, apiError("ValidationException")
	}
	return nil, nil
}

func TestNoHalfOfARequestIsSentForALostPartition(t *testing.T) {
	b := &batcher{ctx: context.Background(), explain: func(err error) error { return err }}
	lost, kept := newProgress(things), newProgress(things)
	picky := &pickyTable{before: func() { lost.closed.Store(true) }}
	b.table = picky
	verdicts, err := b.send([]op{{identity: "a", owner: kept}, {identity: "b", owner: lost}})
	if !errors.Is(err, errUnprocessed) || verdicts[0].state != written || verdicts[1].state != left || len(picky.requests) != 2 {
		t.Error(verdicts, err, len(picky.requests))
	}
}

func TestWriteEndsWhileAnotherLooksForTheTable(t *testing.T) {
	looking, found := make(chan struct{}), make(chan struct{})
	k := taskOver(t, &hotTable{written: map[string]bool{}})
	inner := k.open
	k.open = func(ctx context.Context, name string) (table, layout, error) {
		close(looking)
		<-found
		return inner(ctx, name)
	}
	first, _ := k.Open(context.Background(), things, 0)
	done := make(chan error)
	go func() {
		_, err := first.Write(context.Background(), cold(1))
		done <- err
	}()
	<-looking
	second, _ := k.Open(context.Background(), things, 0)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if n, err := second.Write(ctx, cold(1)); n != 0 || !connectors.IsRetriable(err) {
		t.Error(n, err)
	}
	close(found)
	if err := <-done; err != nil {
		t.Error(err)
	}
	_ = second.Close(context.Background(), connectors.Lost)
	_ = first.Close(context.Background(), connectors.Lost)
}
