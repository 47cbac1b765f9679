package task

import (
	"testing"
	"time"
)

func TestAttemptsArePutOff(t *testing.T) {
	p, now := newPacer(), time.Unix(1000, 0)
	for _, want := range []time.Duration{300 * time.Millisecond, 600 * time.Millisecond, 1200 * time.Millisecond} {
		if got := p.later(now); got != want || !p.held() {
			t.Fatalf("wait %v, want %v", got, want)
		}
		if p.release(now.Add(want - 1)); !p.held() {
			t.Error("released too early")
		}
		if p.release(now.Add(want)); p.held() {
			t.Error("not released in time")
		}
	}
	if !p.recovered() || p.recovered() {
		t.Error("a recovery is not told once")
	}
	if got := p.later(now); got != retryFirst {
		t.Errorf("the first wait after a recovery is %v", got)
	}
	for range 20 {
		p.later(now)
	}
	if got := p.later(now); got != retryMax {
		t.Errorf("the longest wait is %v", got)
	}
}

// TestHoldDoesNotCount: waits for a registry have their own rule.
func TestHoldDoesNotCount(t *testing.T) {
	p, now := newPacer(), time.Unix(1000, 0)
	p.hold(now, time.Hour)
	if d, any := p.sleep(now); d != time.Hour || !any {
		t.Errorf("sleep is %v, %v", d, any)
	}
	if got := p.later(now); got != retryFirst {
		t.Errorf("the first wait is %v", got)
	}
}

func TestSleepEndsWithWhatIsFirst(t *testing.T) {
	now := time.Unix(1000, 0)
	in := now.Add
	for _, c := range []struct {
		wake, retry time.Time
		want        time.Duration
		any         bool
	}{
		{}, {wake: in(time.Second), want: time.Second, any: true}, {retry: in(time.Minute), want: time.Minute, any: true},
		{wake: in(time.Second), retry: in(time.Minute), want: time.Second, any: true},
		{wake: in(time.Hour), retry: in(time.Minute), want: time.Minute, any: true},
		{wake: in(-time.Hour), want: wakeMin, any: true}, {wake: now, want: wakeMin, any: true},
	} {
		p := pacer{wakeAt: c.wake, retryAt: c.retry}
		if d, any := p.sleep(now); d != c.want || any != c.any {
			t.Errorf("sleep is %v, %v with %+v", d, any, c)
		}
	}
}

func TestBlockIsAWaitThatSomebodyEnds(t *testing.T) {
	p := newPacer()
	p.block()
	if !p.blocked || p.held() || !p.recovered() {
		t.Errorf("a pacer that was blocked is %+v", p)
	}
	if _, any := p.sleep(time.Unix(1000, 0)); any {
		t.Error("nobody but the dead letter queue ends a block")
	}
}
