package s3

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// TestAnswersLostAfterTheWork: S3 did what it was asked and the answer never came. The next try must end well.
func TestAnswersLostAfterTheWork(t *testing.T) {
	for _, lost := range []string{"PUT", "create", "part", "complete"} {
		t.Run(lost, func(t *testing.T) {
			props, log := partProps("none"), big(330)
			if lost == "PUT" {
				props, log = map[string]string{"flush.size": "10"}, records(0, 10)
			}
			b := newBench(t, props)
			w := b.writer(b.task())
			var once atomic.Bool
			b.break_(func(w http.ResponseWriter, r *http.Request) bool {
				return kind(r) == lost && once.CompareAndSwap(false, true) && b.swallow(w, r)
			})
			persist(t, w, log, func() {})
			persistUntilSafe(t, w)
			checkContent(t, b, log)
			closeWriter(t, w, connectors.Stopping)
			if !once.Load() {
				t.Error("no answer was lost")
			}
		})
	}
}

// TestErrorInsideA200: S3 may begin to answer a completion well and then fail.
func TestErrorInsideA200(t *testing.T) {
	b := newBench(t, partProps("none"))
	w := b.writer(b.task())
	var once atomic.Bool
	b.break_(func(w http.ResponseWriter, r *http.Request) bool {
		return kind(r) == "complete" && once.CompareAndSwap(false, true) && answer(w, 200, "InternalError")
	})
	log := big(330)
	persist(t, w, log, func() {})
	persistUntilSafe(t, w)
	checkContent(t, b, log)
	closeWriter(t, w, connectors.Stopping)
}

// TestCancelledInACut: the context ends when some files of a cut are stored and others are not. Offered again, the
// rest is stored once, under the same names.
func TestCancelledInACut(t *testing.T) {
	b := newBench(t, map[string]string{"partitioner.class": classField, "partition.field.name": "region", "flush.size": "40"})
	w := b.writer(b.task())
	var log []schemas.Record
	for i := range int64(45) {
		log = append(log, record(i, t0, "region", fmt.Sprint(i%20)))
	}
	next := 0
	for round := 0; next < len(log); round++ {
		ctx, cancel := context.WithCancel(context.Background())
		var left atomic.Int64
		left.Store(int64(round % 30))
		b.break_(func(w http.ResponseWriter, r *http.Request) bool {
			if left.Add(-1) < 0 {
				cancel()
				return b.swallow(w, r)
			}
			return false
		})
		n, err := w.Write(ctx, log[next:])
		if next += n; err != nil && !connectors.IsRetriable(err) {
			t.Fatal(err)
		}
		if first, _ := w.Pending(); err != nil && first != 0 {
			t.Fatalf("pending %d while the cut is not stored", first)
		}
		cancel()
	}
	b.break_(nil)
	if objects := b.objects(); len(objects) != 20 || lines(objects) != 40 {
		t.Errorf("%d objects with %d records", len(objects), lines(objects))
	}
	closeWriter(t, w, connectors.Stopping)
}

// TestStoreThatIsAwayIsAskedRarely: the first failure of a cut of many files ends the attempt.
func TestStoreThatIsAwayIsAskedRarely(t *testing.T) {
	b := newBench(t, map[string]string{"partitioner.class": classField, "partition.field.name": "region", "flush.size": "500",
		"s3.part.retries": "1", "retry.backoff.ms": "0"})
	w := b.writer(b.task())
	b.break_(slowDown)
	var log []schemas.Record
	for i := range int64(500) {
		log = append(log, record(i, t0, "region", fmt.Sprint(i)))
	}
	if n, err := w.Write(context.Background(), log); n != 500 || !connectors.IsRetriable(err) {
		t.Fatalf("took %d: %v", n, err)
	}
	if n := b.count("PUT"); n > 2*filesAtOnce {
		t.Errorf("%d requests", n)
	}
	if wake, err := w.Advance(context.Background(), t0); err == nil || wake.Before(t0.Add(minPause)) {
		t.Errorf("wake %s: %v", wake, err)
	}
	b.break_(nil)
	persistUntilSafe(t, w)
	if n := len(b.objects()); n != 500 {
		t.Errorf("%d objects", n)
	}
	closeWriter(t, w, connectors.Stopping)
}

// TestTooLateToClose: a Close whose time is up returns although S3 does not answer.
func TestTooLateToClose(t *testing.T) {
	b := newBench(t, partProps("none"))
	w := b.writer(b.task())
	hang := make(chan struct{})
	var parts atomic.Int64
	b.break_(func(_ http.ResponseWriter, r *http.Request) bool {
		if kind(r) == "create" {
			return false
		}
		_, _ = io.Copy(io.Discard, r.Body)
		parts.Add(1)
		<-hang
		return false
	})
	mustWrite(t, w, big(100))
	deadline := time.Now().Add(time.Minute)
	for parts.Load() == 0 {
		if time.Now().After(deadline) {
			t.Fatal("no part was sent")
		}
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.Close(ctx, connectors.Revoked); err != nil {
		t.Fatal(err)
	}
	close(hang)
}
