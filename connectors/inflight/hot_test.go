package inflight

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

// hotService never gets to the keys that begin with "hot".
type hotService struct {
	mu      sync.Mutex
	written map[string]bool
}

func (h *hotService) send(_ context.Context, items []Item) (left []int, _ error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range items {
		if strings.HasPrefix(items[i].Key, "hot") {
			left = append(left, i)
		} else {
			h.written[items[i].Key] = true
		}
	}
	return left, nil
}

func (h *hotService) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.written)
}

// hotWriter has one sender and holds a hot record.
func hotWriter(t *testing.T, patience time.Duration) (*hotService, *storer) {
	t.Helper()
	h := &hotService{written: map[string]bool{}}
	k := newSink(h, 32<<20, func(t *Target) { t.Patience = patience })
	w := k.open(0)
	t.Cleanup(func() {
		_ = w.Close(context.Background(), connectors.Lost)
		k.abort()
	})
	if n, err := w.Write(context.Background(), []schemas.Record{record(things, 0, "hot", "x")}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	return h, w
}

// cold returns records of different keys that follow the hot one.
func cold(n int) []schemas.Record {
	records := make([]schemas.Record, n)
	for i := range records {
		records[i] = record(things, int64(i+1), fmt.Sprint("cold-", i), "x")
	}
	return records
}

func TestHotKeyDoesNotKeepItsLaneFromTheOthers(t *testing.T) {
	h, w := hotWriter(t, time.Hour)
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
	_, w := hotWriter(t, 0)
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
