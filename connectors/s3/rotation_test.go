package s3

import (
	"testing"
	"time"

	"github.com/sluice-connect/sluice/schemas/javatime"
)

// step is one record offered to the rotation: its time in minutes since t0, its directory and the wall clock.
type step struct {
	at, clock int
	dir       string
	unfit     bool
	want      cause // before the record
	full      bool  // after it
}

var t0 = time.Date(2024, 5, 1, 10, 7, 0, 0, time.UTC)

func play(t *testing.T, rules rotationRules, steps []step) {
	t.Helper()
	if rules.zone == nil {
		rules.zone = time.UTC
	}
	r := rotation{rules: rules}
	open := map[string]bool{}
	for i, s := range steps {
		sg := sighting{dir: []byte(s.dir), at: t0.UnixMilli() + int64(s.at)*60000, tombstone: s.dir == "tombstone",
			fits: !s.unfit, open: len(open), opens: !open[s.dir], now: t0.Add(time.Duration(s.clock) * time.Minute)}
		got := r.before(sg)
		if got != s.want {
			t.Errorf("step %d: cut by %q, want %q", i, got, s.want)
		}
		if got != "" {
			r.reset()
			clear(open)
		}
		open[s.dir] = true
		full := r.wrote(sg) != ""
		if full != s.full {
			t.Errorf("step %d: full is %v", i, full)
		}
		if full {
			r.reset()
			clear(open)
		}
	}
}

func TestRotation(t *testing.T) {
	const never = 1 << 30
	minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	for name, c := range map[string]struct {
		rules rotationRules
		steps []step
	}{
		"flush.size counts all directories": {rotationRules{flushSize: 3}, []step{
			{dir: "a"}, {dir: "b"}, {dir: "a", full: true}, {dir: "c"}, {dir: "c"}, {dir: "c", full: true}}},
		"flush.size 1": {rotationRules{flushSize: 1}, []step{{dir: "a", full: true}, {dir: "b", full: true}}},
		"a change of directory alone is nothing": {rotationRules{flushSize: never, onChange: true}, []step{
			{dir: "a"}, {dir: "b"}, {dir: "a", at: 999}}},
		"interval": {rotationRules{flushSize: never, interval: minutes(10)}, []step{
			{dir: "a"}, {dir: "a", at: 9}, {dir: "b", at: 10, want: byInterval}, {dir: "a", at: 19}, {dir: "a", at: 20, want: byInterval}}},
		"interval counts from the first record, also a late one": {rotationRules{flushSize: never, interval: minutes(10)}, []step{
			{dir: "a", at: -60}, {dir: "a", at: 0, want: byInterval}, {dir: "a", at: 9}, {dir: "a", at: 10, want: byInterval}}},
		"a late record never cuts by the interval": {rotationRules{flushSize: never, interval: minutes(10)}, []step{
			{dir: "a"}, {dir: "a", at: -600}, {dir: "a", at: 9}, {dir: "a", at: 10, want: byInterval}}},
		"interval starts again after flush.size": {rotationRules{flushSize: 2, interval: minutes(10)}, []step{
			{dir: "a"}, {dir: "a", at: 9, full: true}, {dir: "a", at: 12}, {dir: "a", at: 21, full: true}}},
		"directory change": {rotationRules{flushSize: never, interval: minutes(60), onChange: true}, []step{
			{dir: "a"}, {dir: "b", at: 1, want: byDirectory}, {dir: "a", at: 0, want: byDirectory}, {dir: "a", at: 2}}},
		"directory change to and from tombstones": {rotationRules{flushSize: never, interval: minutes(60), onChange: true}, []step{
			{dir: "a"}, {dir: "tombstone", at: 1}, {dir: "a", at: 1}, {dir: "tombstone", at: 1}, {dir: "b", at: 1}, {dir: "a", at: 1, want: byDirectory}}},
		"schema": {rotationRules{flushSize: never}, []step{
			{dir: "a"}, {dir: "a", unfit: true, want: bySchema}, {dir: "a"}}},
		"open files": {rotationRules{flushSize: never, maxOpen: 2}, []step{
			{dir: "a"}, {dir: "b"}, {dir: "a"}, {dir: "c", want: byOpenFiles}, {dir: "a"}, {dir: "b", want: byOpenFiles}}},
		"schedule at full hours": {rotationRules{flushSize: never, schedule: minutes(60)}, []step{
			{dir: "a"}, {dir: "a", clock: 52}, {dir: "a", clock: 53, want: bySchedule}, {dir: "a", clock: 112}, {dir: "a", clock: 113, want: bySchedule}}},
		"schedule passes over idle times": {rotationRules{flushSize: 1, schedule: minutes(60)}, []step{
			{dir: "a", full: true}, {dir: "a", clock: 200, full: true}, {dir: "a", clock: 231, full: true}}},
		"a cut by time moves the schedule on": {rotationRules{flushSize: never, interval: minutes(10), schedule: minutes(60)}, []step{
			{dir: "a"}, {dir: "a", at: 10, clock: 55, want: byInterval}, {dir: "a", at: 10, clock: 60}, {dir: "a", at: 10, clock: 113, want: bySchedule}}},
	} {
		t.Run(name, func(t *testing.T) { play(t, c.rules, c.steps) })
	}
}

func TestScheduleIsAlignedToLocalMidnight(t *testing.T) {
	berlin, err := javatime.LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	saoPaulo, err := javatime.LoadZone("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		now, want string
		interval  time.Duration
		zone      *time.Location
	}{
		{"2024-05-01T10:07:00Z", "2024-05-01T10:15:00Z", 15 * time.Minute, time.UTC},
		{"2024-05-01T10:15:00Z", "2024-05-01T10:30:00Z", 15 * time.Minute, time.UTC},
		{"2024-05-01T22:30:00Z", "2024-05-02T22:00:00Z", 24 * time.Hour, berlin}, // half past midnight in summer
		{"2024-01-01T22:30:00Z", "2024-01-01T23:00:00Z", 24 * time.Hour, berlin},
		{"2024-05-01T20:50:00Z", "2024-05-01T21:00:00Z", 7 * time.Hour, time.UTC},
		{"2024-05-01T23:50:00Z", "2024-05-02T00:00:00Z", 7 * time.Hour, time.UTC}, // midnight is always on the grid
		{"2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z", 24 * time.Hour, berlin},  // a day of 23 hours
		{"2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z", 48 * time.Hour, berlin},  // a day of 25 hours
		{"2024-10-27T22:30:00Z", "2024-10-27T23:00:00Z", 24 * time.Hour, berlin},
		{"2018-11-04T02:30:00Z", "2018-11-04T03:00:00Z", 24 * time.Hour, saoPaulo}, // midnight is skipped
		{"2018-11-04T03:30:00Z", "2018-11-04T04:00:00Z", time.Hour, saoPaulo},
		{"1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", time.Hour, time.UTC},
	} {
		now, _ := time.Parse(time.RFC3339, c.now)
		r := rotation{rules: rotationRules{schedule: c.interval, zone: c.zone}}
		r.plan(now)
		if got := r.next.UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("after %s every %s: %s, want %s", c.now, c.interval, got, c.want)
		}
	}
}

func TestWake(t *testing.T) {
	r := rotation{rules: rotationRules{flushSize: 9, schedule: time.Hour, zone: time.UTC}}
	if r.due(t0); !r.wake().IsZero() {
		t.Error("an empty writer asks to be woken")
	}
	s := sighting{dir: []byte("a"), now: t0, fits: true}
	r.before(s)
	r.wrote(s)
	if want := t0.Truncate(time.Hour).Add(time.Hour); !r.wake().Equal(want) || r.due(want.Add(-1)) || !r.due(want) {
		t.Errorf("wakes at %s", r.wake())
	}
}

// TestClockSetBack: the schedule follows a clock that was set back and does not wait for the time it had before.
func TestClockSetBack(t *testing.T) {
	r := rotation{rules: rotationRules{flushSize: 9, schedule: time.Minute, zone: time.UTC}}
	s := sighting{dir: []byte("a"), now: t0, fits: true}
	r.before(s)
	r.wrote(s)
	back := t0.Add(-24 * time.Hour)
	if r.due(back) || !r.wake().Equal(back.Add(time.Minute)) || !r.due(back.Add(time.Minute)) {
		t.Errorf("wakes at %s", r.wake())
	}
}
