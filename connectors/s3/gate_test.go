package s3

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

func TestGate(t *testing.T) {
	g := gate{asks: true, holds: true}
	if g.pass(9); g.shut() {
		t.Error("it holds where nobody tells of commits")
	}
	g.committed(0)
	if g.shut() {
		t.Error("it holds the first cut")
	}
	g.pass(9)
	for _, next := range []int64{0, 9} {
		if g.committed(next); !g.shut() {
			t.Errorf("a commit of %d opened it", next)
		}
	}
	if g.committed(12); g.shut() {
		t.Error("it holds after the commit")
	}
	if g = (gate{asks: true, told: true}); g.shut() {
		t.Error("it holds cuts that repeat")
	}
}

func TestWhoseCutsRepeat(t *testing.T) {
	hourly := func(extractor string, more ...string) map[string]string {
		return with(append([]string{"partitioner.class", classHourly, "locale", "en", "timezone", "UTC", "timestamp.extractor", extractor}, more...)...)
	}
	for _, c := range []struct {
		props         map[string]string
		objects, cuts bool
	}{
		{with(), false, false},
		{with("rotate.interval.ms", "1000"), false, false},
		{with("rotate.schedule.interval.ms", "1000", "timezone", "UTC"), true, true},
		{hourly("Record", "rotate.interval.ms", "1000"), false, false},
		{hourly("Wallclock"), true, false},
		{hourly("Wallclock", "rotate.interval.ms", "1000"), true, true},
		{hourly("Wallclock", "partitioner.max.open.files", "3"), true, true},
	} {
		v, problems := definition.Parse(c.props)
		s, _ := newSettings(v)
		if len(problems) > 0 || s.clockObjects() != c.objects || s.clockCuts() != c.cuts {
			t.Errorf("%v: %v, %v, %v", c.props, problems, s.clockObjects(), s.clockCuts())
		}
	}
}

// group is a writer with a runtime around it that commits and crashes when told.
type group struct {
	t     *rapid.T
	bench *bench
	task  *task
	log   []schemas.Record

	writer    *writer
	next      int // index in log
	committed int64
	asked     bool
	telling   int64 // a commit that the writer has not heard of; -1 if none
}

func newGroup(t *rapid.T, props map[string]string, log []schemas.Record) *group {
	g := &group{t: t, bench: newBench(t, props), log: log}
	g.task = g.bench.task()
	g.task.tc.RequestCommit = func() { g.asked = true }
	now := t0
	g.task.clock = func() time.Time { return now }
	return g
}

func (g *group) pass(d time.Duration) {
	now := g.task.clock().Add(d)
	g.task.clock = func() time.Time { return now }
}

// start opens a writer at the committed offset, as after a crash.
func (g *group) start() {
	w, err := g.task.Open(context.Background(), tp, g.committed)
	if err != nil {
		g.t.Fatal(err)
	}
	g.writer, g.next, g.asked, g.telling = w.(*writer), 0, false, -1
	for g.next < len(g.log) && g.log[g.next].Offset < g.committed {
		g.next++
	}
	g.writer.Committed(g.committed)
}

// write offers n records; errors that pass are left alone, as a crash follows or another attempt.
func (g *group) write(n int) {
	took, err := g.writer.Write(context.Background(), g.log[g.next:min(g.next+n, len(g.log))])
	if g.next += took; err != nil && !connectors.IsRetriable(err) {
		g.t.Fatal(err)
	}
}

func (g *group) advance() {
	if _, err := g.writer.Advance(context.Background(), g.task.clock()); err != nil && !connectors.IsRetriable(err) {
		g.t.Fatal(err)
	}
}

func (g *group) safe() int64 {
	if first, any := g.writer.Pending(); any {
		return first
	}
	if g.next == 0 {
		return g.committed
	}
	return max(g.committed, g.log[g.next-1].Offset+1)
}

func (g *group) commit() {
	if next := g.safe(); next != g.committed {
		g.committed, g.telling = next, next
	}
}

func (g *group) tell() {
	if g.telling >= 0 {
		g.writer.Committed(g.telling)
		g.telling = -1
		g.advance()
	}
}

// crash lets only so many more requests reach the store, the last of them without an answer.
func (g *group) crash(requests int, step func()) {
	var left atomic.Int64
	left.Store(int64(requests))
	g.bench.break_(func(w http.ResponseWriter, r *http.Request) bool {
		switch n := left.Add(-1); {
		case n == 0:
			return g.bench.swallow(w, r)
		case n < 0:
			panic(http.ErrAbortHandler)
		}
		return false
	})
	step()
	g.bench.break_(nil)
	closeWriter(g.t, g.writer, connectors.Lost)
}

// finish runs without trouble until everything is committed, or nothing moves any more.
func (g *group) finish() (all bool) {
	for quiet := 0; quiet < 5; quiet++ {
		before := g.committed
		g.write(len(g.log))
		g.advance()
		g.commit()
		g.tell()
		if g.committed > before {
			quiet = 0
		}
		g.pass(time.Minute)
	}
	closeWriter(g.t, g.writer, connectors.Stopping)
	return g.committed > g.log[len(g.log)-1].Offset
}

var clockLayouts = []map[string]string{
	{"rotate.schedule.interval.ms": "60000", "timezone": "UTC"},
	{"rotate.schedule.interval.ms": "60000", "timezone": "UTC", "partitioner.class": classField, "partition.field.name": "region"},
	{"rotate.schedule.interval.ms": "60000", "timezone": "UTC", "partitioner.class": classHourly, "locale": "en",
		"timestamp.extractor": "Record", "rotate.interval.ms": "7200000", "rotate.file.on.partition.change": "false"},
	// The directory is one for all times, so only the cuts follow the clock.
	{"partitioner.class": classTime, "locale": "en", "timezone": "UTC", "path.format": "'all'", "partition.duration.ms": "1", "rotate.interval.ms": "60000"},
}

// TestCutsByTheClockSurviveCrashes: wherever workers die, in the middle of the uploads of a cut, before or after its
// commit, every record ends up in exactly one object.
func TestCutsByTheClockSurviveCrashes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		props := maps.Clone(rapid.SampledFrom(clockLayouts).Draw(t, "layout"))
		props["flush.size"] = fmt.Sprint(rapid.SampledFrom([]int{1, 3, 7, 1000}).Draw(t, "flush"))
		props["s3.part.retries"] = "1"
		n := rapid.IntRange(1, 60).Draw(t, "records")
		regions := rapid.SampledFrom([][]string{{"eu"}, {"eu", "us"}, {"eu", "us", "asia", "africa"}}).Draw(t, "regions")
		var log []schemas.Record
		offset, at := int64(0), t0
		for range n {
			offset += rapid.Int64Range(1, 3).Draw(t, "gap")
			at = at.Add(time.Duration(rapid.IntRange(-30, 60).Draw(t, "move")) * time.Minute)
			log = append(log, record(offset, at, "region", rapid.SampledFrom(regions).Draw(t, "region")))
		}
		g := newGroup(t, props, log)
		g.start()
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"write", "cut", "cut", "cut", "advance", "clock", "commit", "tell", "crash"}).Draw(t, "step") {
			case "write":
				g.write(rapid.IntRange(1, 20).Draw(t, "batch"))
				g.advance()
			case "cut":
				g.write(rapid.IntRange(1, 10).Draw(t, "batch"))
				g.pass(time.Minute)
				g.write(rapid.IntRange(0, 1).Draw(t, "next"))
				g.advance()
			case "advance":
				g.advance()
			case "clock":
				g.pass(time.Duration(rapid.IntRange(-30, 90).Draw(t, "seconds")) * time.Second)
			case "commit":
				g.commit()
			case "tell":
				g.tell()
			case "crash":
				size := rapid.IntRange(1, 20).Draw(t, "last batch")
				g.crash(rapid.IntRange(0, 6).Draw(t, "requests"), func() { g.pass(time.Minute); g.write(size); g.advance() })
				if rapid.Bool().Draw(t, "committed") {
					g.commit()
				}
				g.start()
			}
		}
		if all := g.finish(); !all && props["rotate.schedule.interval.ms"] != "" {
			t.Fatalf("only %d are committed", g.committed)
		}
		eachOnce(t, log, g.committed, g.bench.objects())
	})
}

// eachOnce checks that every record below committed is in exactly one object, the others at most in one of the cut
// that was not committed, and that each object is named by its first.
func eachOnce(t *rapid.T, log []schemas.Record, committed int64, objects map[string]string) {
	where := map[string]string{}
	for key, text := range objects {
		for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
			if where[line] != "" {
				t.Fatalf("%s is in %s and in %s", line, where[line], key)
			}
			where[line] = key
			var n int64
			_, _ = fmt.Sscanf(line, `{"n":%d`, &n)
			if i == 0 && !strings.HasSuffix(key, fmt.Sprintf("+%010d.json", n)) {
				t.Fatalf("%s starts with %s", key, line)
			}
		}
	}
	for i := range log {
		line := string(log[i].Value.AppendJSON(nil))
		if where[line] == "" && log[i].Offset < committed {
			t.Fatalf("%s is nowhere", line)
		}
	}
}
