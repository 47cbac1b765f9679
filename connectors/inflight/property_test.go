package inflight

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

const (
	simPartitions = 3
	simKeys       = 9
)

// simPartition drives one partition as the runtime does.
type simPartition struct {
	tp       schemas.TopicPartition
	log      []schemas.Record // grows; offsets are indexes
	next     int              // to be offered next
	seen     int              // accepted by this writer or one before it
	writer   *storer
	position int64
	refused  map[int64]bool
}

func (p *simPartition) key(i int) string { return fmt.Sprintf("p%d-%d", p.tp.Partition, i) }

func (p *simPartition) poison(i int) bool { return p.log[i].Headers != nil }

// grow appends a record: a put, a delete, or one the service will refuse.
func (p *simPartition) grow(rt *rapid.T) {
	offset := int64(len(p.log))
	key := p.key(rapid.IntRange(0, simKeys-1).Draw(rt, "key"))
	r := record(p.tp, offset, key, fmt.Sprint(offset))
	switch rapid.IntRange(0, 11).Draw(rt, "kind") {
	case 0, 1:
		r = record(p.tp, offset, key, "")
	case 2:
		r.Headers = []schemas.Header{{Key: "poison"}}
		r.Raw.Value = []byte("poison")
	}
	p.log = append(p.log, r)
}

func (p *simPartition) identity(i int) string { return string(p.log[i].Raw.Key) }

// state is what the service holds of the key of record i once i is written.
func (p *simPartition) state(i int) string {
	if p.log[i].Value.IsNull() {
		return ""
	}
	return fmt.Sprint(p.log[i].Offset)
}

// handle books an answer; only fatal errors are wrong.
func (p *simPartition) handle(rt *rapid.T, err error) {
	var rejected *connectors.RejectedError
	switch {
	case err == nil, connectors.IsRetriable(err):
	case errors.As(err, &rejected):
		for _, r := range rejected.Rejections {
			if !p.poison(int(r.Offset)) {
				rt.Fatalf("%s: good record %d refused: %v", p.tp, r.Offset, r.Err)
			}
			if string(r.Record.Raw.Key) != string(p.log[r.Offset].Raw.Key) {
				rt.Fatalf("%s: record %d refused with wrong bytes", p.tp, r.Offset)
			}
			p.refused[r.Offset] = true
		}
	default:
		rt.Fatalf("%s: %v", p.tp, err)
	}
}

func (p *simPartition) write(rt *rapid.T, n int) {
	batch := p.log[p.next:min(p.next+n, len(p.log))]
	accepted, err := p.writer.Write(context.Background(), batch)
	if err == nil && accepted != len(batch) {
		rt.Fatalf("%s: %d of %d records taken, and no reason", p.tp, accepted, len(batch))
	}
	p.next += accepted
	p.seen = max(p.seen, p.next)
	p.handle(rt, err)
}

// check holds the commit position against the service: what is below it was written, as this version or a newer one.
func (p *simPartition) check(rt *rapid.T, sim *simulated) {
	position := int64(p.next)
	if first, any := p.writer.Pending(); any {
		position = first
	}
	if position < p.position {
		rt.Fatalf("%s: position went back from %d to %d", p.tp, p.position, position)
	}
	p.position = position
	items, err := sim.snapshot()
	if err != nil {
		rt.Fatal(err)
	}
	newest := map[string]int{}
	for i := range int(position) {
		if !p.poison(i) {
			newest[p.identity(i)] = i
		} else if !p.refused[int64(i)] && !p.overtaken(i) {
			rt.Fatalf("%s: position %d passes the bad record %d, which nobody was told of", p.tp, position, i)
		}
	}
	for id, i := range newest {
		if !p.reached(id, i, items[id]) {
			rt.Fatalf("%s: position %d, but %q holds %q and not record %d or newer", p.tp, position, id, items[id], i)
		}
	}
}

// overtaken reports whether a good record of the same key came later: it may have been written in place of i.
func (p *simPartition) overtaken(i int) bool {
	for j := i + 1; j < p.seen; j++ {
		if p.identity(j) == p.identity(i) && !p.poison(j) {
			return true
		}
	}
	return false
}

func (p *simPartition) reached(id string, from int, state string) bool {
	for i := from; i < p.seen; i++ {
		if p.identity(i) == id && !p.poison(i) && p.state(i) == state {
			return true
		}
	}
	return false
}

// reopen closes the writer and opens the next one where the offsets were committed.
func (p *simPartition) reopen(rt *rapid.T, sim *simulated, k *sink, close func(*storer)) {
	close(p.writer)
	p.check(rt, sim)
	p.writer = k.open(p.tp.Partition)
	p.next = int(p.position)
}

// simWorld is a task with its partitions.
type simWorld struct {
	sim   *simulated
	sink  *sink
	start func() *sink
	parts []*simPartition
	now   time.Time
}

func newSimWorld(rt *rapid.T) *simWorld {
	requests := rapid.IntRange(1, 5).Draw(rt, "requests")
	linger := rapid.SampledFrom([]time.Duration{0, 10 * time.Millisecond}).Draw(rt, "linger")
	patience := rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(rt, "patience")
	buffer := int64(rapid.SampledFrom([]int{1, 3000, 1 << 20}).Draw(rt, "buffer"))
	w := &simWorld{sim: newSimulated(rapid.Uint64().Draw(rt, "seed")), now: time.Now()}
	w.sim.trouble = rapid.SampledFrom([]int{0, 20, 80}).Draw(rt, "trouble")
	w.start = func() *sink {
		return newSink(w.sim, buffer, func(t *Target) { t.Requests, t.Linger, t.Patience = requests, linger, patience })
	}
	w.sink = w.start()
	for n := range int32(simPartitions) {
		tp := schemas.TopicPartition{Topic: "events", Partition: n}
		w.parts = append(w.parts, &simPartition{tp: tp, refused: map[int64]bool{}, writer: w.sink.open(n)})
	}
	return w
}

// crash ends the task as if the process had died, and starts another one.
func (w *simWorld) crash(rt *rapid.T) {
	w.sink.abort()
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for _, p := range w.parts {
		_ = p.writer.Close(over, connectors.Lost)
	}
	w.sink = w.start()
	for _, p := range w.parts {
		p.reopen(rt, w.sim, w.sink, func(*storer) {})
	}
}

func (w *simWorld) step(rt *rapid.T) {
	p := w.parts[rapid.IntRange(0, simPartitions-1).Draw(rt, "partition")]
	switch rapid.IntRange(0, 19).Draw(rt, "action") {
	case 0:
		w.crash(rt)
	case 1:
		p.reopen(rt, w.sim, w.sink, func(x *storer) { _ = x.Close(context.Background(), connectors.Lost) })
	case 2:
		over, cancel := context.WithCancel(context.Background())
		cancel()
		p.reopen(rt, w.sim, w.sink, func(x *storer) {
			// Requests in flight may still land; the next writer of a real partition is a group round trip away.
			_ = x.Close(over, connectors.Revoked)
			w.settleFlights(x)
		})
	case 3:
		p.reopen(rt, w.sim, w.sink, func(x *storer) { p.handle(rt, x.Close(context.Background(), connectors.Stopping)) })
	case 4, 5, 6, 7:
		w.advance(rt, p)
	default:
		for range rapid.IntRange(1, 40).Draw(rt, "records") {
			p.grow(rt)
		}
		p.write(rt, rapid.IntRange(1, 60).Draw(rt, "batch"))
		p.check(rt, w.sim)
	}
}

func (w *simWorld) settleFlights(x *storer) {
	for !x.progress.grounded() {
		<-x.progress.changed
	}
}

func (w *simWorld) advance(rt *rapid.T, p *simPartition) {
	wake, err := p.writer.Advance(context.Background(), w.now)
	p.handle(rt, err)
	if wake.After(w.now) {
		w.now = wake
	}
	p.check(rt, w.sim)
}

// finish writes the rest of every log without further trouble.
func (w *simWorld) finish(rt *rapid.T) {
	w.sim.calm()
	deadline := time.Now().Add(20 * time.Second)
	for open := true; open; {
		open = false
		for _, p := range w.parts {
			if p.next < len(p.log) {
				p.write(rt, len(p.log))
			}
			w.advance(rt, p)
			_, pending := p.writer.Pending()
			open = open || pending || p.next < len(p.log)
		}
		if time.Now().After(deadline) {
			rt.Fatal("records stay pending")
		}
	}
	for _, p := range w.parts {
		p.handle(rt, p.writer.Close(context.Background(), connectors.Stopping))
	}
	if err := w.sink.Close(context.Background()); err != nil {
		rt.Fatal(err)
	}
	if w.sink.budget.used != 0 {
		rt.Fatalf("%d bytes of the budget were not given back", w.sink.budget.used)
	}
}

// fold is what the service must hold in the end.
func (w *simWorld) fold() map[string]string {
	want := map[string]string{}
	for _, p := range w.parts {
		for i := range p.log {
			if p.poison(i) {
				continue
			}
			if s := p.state(i); s != "" {
				want[p.identity(i)] = s
			} else {
				delete(want, p.identity(i))
			}
		}
	}
	return want
}

func TestTargetIsTheFoldOfItsTopic(t *testing.T) {
	defer goleak.VerifyNone(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := newSimWorld(rt)
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			w.step(rt)
		}
		w.finish(rt)
		got, _ := w.sim.snapshot()
		want := w.fold()
		if len(got) != len(want) {
			rt.Fatalf("%d items, want %d", len(got), len(want))
		}
		for id, s := range want {
			if got[id] != s {
				rt.Fatalf("%q holds record %q, want %q", id, got[id], s)
			}
		}
	})
}
