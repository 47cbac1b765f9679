package task

import (
	"time"

	"github.com/sluice-connect/sluice/schemas/pace"
)

// The waits between attempts at something retriable. Connect leaves a failed put alone until its next commit, which
// may be a minute away; a sink that is back should not wait for that.
const (
	retryFirst = 300 * time.Millisecond
	retryMax   = 10 * time.Second
)

func newBackoff() pace.Backoff { return pace.Backoff{First: retryFirst, Max: retryMax} }

// wakeMin is the shortest wait before Advance: a writer that asks for a time gone by must not take a whole core.
const wakeMin = time.Millisecond

// pacer says when a pipeline does again what did not work, and when its writer wants to hear of the time. Whoever asks
// says what time it is.
type pacer struct {
	backoff pace.Backoff
	wakeAt  time.Time // when Advance wants to be called; zero for never
	retryAt time.Time // no conversion and no write before; zero when there was no trouble
	blocked bool      // the dead letter queue has no room; it wakes the pipeline when it has
	waiting bool      // somebody has been told that the pipeline waits
}

func newPacer() pacer { return pacer{backoff: newBackoff()} }

// later puts the next attempt off, each time for longer, and returns for how long.
func (p *pacer) later(now time.Time) time.Duration {
	wait := p.backoff.Next()
	p.hold(now, wait)
	return wait
}

// hold leaves conversions and writes alone for a while.
func (p *pacer) hold(now time.Time, wait time.Duration) {
	p.retryAt = now.Add(wait)
	p.waiting = true
}

// block stops conversions and writes until somebody wakes the pipeline.
func (p *pacer) block() { p.blocked, p.waiting = true, true }

// held reports whether conversions and writes are left alone.
func (p *pacer) held() bool { return !p.retryAt.IsZero() }

// release ends a wait that is over.
func (p *pacer) release(now time.Time) {
	if p.held() && !now.Before(p.retryAt) {
		p.retryAt = time.Time{}
	}
}

// recovered ends a series of attempts and reports whether there was one.
func (p *pacer) recovered() bool {
	waited := p.waiting
	p.backoff.Reset()
	p.waiting = false
	return waited
}

// sleep returns how long nothing has to be done unless something happens; any is false when that is for ever.
func (p *pacer) sleep(now time.Time) (d time.Duration, any bool) {
	at := earliest(p.wakeAt, p.retryAt)
	if at.IsZero() {
		return 0, false
	}
	return max(at.Sub(now), wakeMin), true
}

// earliest returns the earlier of two times, of which the zero time is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
