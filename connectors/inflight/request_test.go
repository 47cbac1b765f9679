package inflight

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// gated is a service whose requests wait to be let through, and are then left undone.
type gated struct {
	started chan []Item
	through chan struct{}
}

func (g *gated) send(ctx context.Context, items []Item) ([]int, error) {
	g.started <- items
	select {
	case <-g.through:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return everyPosition(len(items)), nil
}

func TestNoRequestStartsForALostPartition(t *testing.T) {
	g := &gated{started: make(chan []Item, 100), through: make(chan struct{}, 100)}
	k := newSink(g, 1<<20, func(t *Target) { t.Requests = 16 })
	defer k.abort()
	lost, kept := k.open(0), k.open(1)
	write := func(w connectors.Writer, offset int64) {
		if n, err := w.Write(context.Background(), []schemas.Record{record(things, offset, "both", "x")}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	write(lost, 0)
	<-g.started // with the record of lost
	write(kept, 0)
	write(lost, 1) // the newest of its key
	closed := make(chan error)
	go func() { closed <- lost.Close(context.Background(), connectors.Lost) }()
	for !lost.progress.closed.Load() {
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
	k.batcher.mu.Lock()
	for _, s := range k.batcher.queue.slots {
		if len(again) != 1 || s.newest.owner != kept.progress || len(s.entries) != 1 {
			t.Errorf("sends %d, holds %d", len(again), len(s.entries))
		}
	}
	k.batcher.mu.Unlock()
	if first, any := lost.Pending(); !any || first != 0 {
		t.Error("the lost record counts as written")
	}
}

// picky refuses every request of more than one item, and lets its caller act before it says so.
type picky struct {
	before   func()
	requests [][]Item
}

func (p *picky) send(_ context.Context, items []Item) ([]int, error) {
	p.requests = append(p.requests, items)
	p.before()
	if len(items) > 1 {
		return nil, errRefused
	}
	return nil, nil
}

func TestNoHalfOfARequestIsSentForALostPartition(t *testing.T) {
	lost, kept := newProgress(things), newProgress(things)
	p := &picky{before: func() { lost.closed.Store(true) }}
	k := newSink(p, 1, nil)
	defer k.abort()
	outcomes, trouble := k.batcher.send([]Item{{Key: "a", owner: kept}, {Key: "b", owner: lost}})
	if trouble.err == nil || trouble.whole || outcomes[0].verdict != connectors.Safe || outcomes[1].verdict != connectors.Later || len(p.requests) != 2 {
		t.Error(outcomes, trouble, len(p.requests))
	}
}

// answers is a service that gives every request the same answer.
type answers func(items []Item) ([]int, error)

func (a answers) send(_ context.Context, items []Item) ([]int, error) { return a(items) }

// until advances until done accepts what Advance returned.
func until(t *testing.T, w connectors.Writer, done func(error) bool) {
	t.Helper()
	now := time.Now()
	for deadline := now.Add(20 * time.Second); ; runtime.Gosched() {
		wake, err := w.Advance(context.Background(), now)
		if done(err) {
			return
		}
		if err != nil && !connectors.IsRetriable(err) {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing happens")
		}
		if wake.After(now) {
			now = wake
		}
	}
}

func TestCulpritsAreRejectedAlone(t *testing.T) {
	k := newSink(answers(func(items []Item) ([]int, error) {
		for _, item := range items {
			if string(item.Body) == "culprit" {
				return nil, errRefused
			}
		}
		return nil, nil
	}), 1<<20, func(t *Target) { t.Linger = time.Millisecond })
	defer k.abort()
	w := k.open(0)
	batch := []schemas.Record{record(things, 0, "a", "x"), record(things, 1, "b", "culprit"), record(things, 2, "", "x"), record(things, 3, "c", "x")}
	n, err := w.Write(context.Background(), batch)
	var rejected *connectors.RejectedError
	if n != 4 || !errors.As(err, &rejected) || rejected.Rejections[0].Offset != 2 || !errors.Is(err, errNoKey) {
		t.Fatal(n, err)
	}
	until(t, w, func(err error) bool { return errors.As(err, &rejected) && rejected.Rejections[0].Offset == 1 })
	if r := rejected.Rejections; len(r) != 1 || string(r[0].Record.Raw.Key) != "b" || r[0].Record.Source != things || !errors.Is(r[0].Err, errRefused) {
		t.Error(rejected)
	}
	until(t, w, func(error) bool { _, any := w.Pending(); return !any })
	if err := w.Close(context.Background(), connectors.Stopping); err != nil {
		t.Error(err)
	}
}

func TestTroubleIsToldAndCuredByItself(t *testing.T) {
	away := make(chan struct{})
	k := newSink(answers(func([]Item) ([]int, error) {
		select {
		case <-away:
			return nil, nil
		default:
			return nil, errAway
		}
	}), 1<<20, func(t *Target) { t.Patience = 0 })
	defer k.abort()
	w := k.open(0)
	if n, err := w.Write(context.Background(), []schemas.Record{record(things, 7, "a", "x")}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	until(t, w, func(err error) bool { return errors.Is(err, errAway) && strings.Contains(err.Error(), "table things") })
	if first, any := w.Pending(); first != 7 || !any {
		t.Error("the record is not pending any more")
	}
	close(away)
	until(t, w, func(error) bool { _, any := w.Pending(); return !any })
	_ = w.Close(context.Background(), connectors.Stopping)
}

func TestHopelessErrorsAndPanicsFailEveryWriter(t *testing.T) {
	for name, send := range map[string]answers{
		"wrong password": func([]Item) ([]int, error) { return nil, errLogin },
		"panic":          func([]Item) ([]int, error) { panic("wrong index") },
	} {
		k := newSink(send, 1<<20, func(t *Target) {
			t.Explain = connectors.Correctable
		})
		w, other := k.open(0), k.open(1)
		for i, each := range []*storer{other, w} {
			if _, err := each.Write(context.Background(), []schemas.Record{record(things, 0, string(rune('a'+i)), "x")}); err != nil && i == 0 {
				t.Fatal(err)
			}
		}
		for _, each := range []*storer{w, other} {
			var fatal *connectors.CorrectableError
			until(t, each, func(err error) bool { return errors.As(err, &fatal) && strings.Contains(err.Error(), name) })
			if first, any := each.Pending(); each == other && (first != 0 || !any) {
				t.Error(name, "the record is not pending any more")
			}
			if n, err := each.Write(context.Background(), []schemas.Record{record(things, 1, "b", "x")}); n != 0 || err == nil {
				t.Error(name, "takes records after a fatal error")
			}
			_ = each.Close(context.Background(), connectors.Stopping)
		}
		k.abort()
	}
}
