package inflight

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// progress knows for one partition which accepted records are not yet safe, and what its writer has to be told. The
// senders report into it, the writer reads it.
type progress struct {
	tp      schemas.TopicPartition
	changed pace.Signal // set while there is news for a waiting writer

	mu      sync.Mutex
	open    []openRecord // from the first record that is not safe on
	first   uint64       // the index of open[0]
	live    int          // open records that are neither written nor refused
	refused []refusal
	stalled error // retrying took too long; told once
	told    time.Time
	fatal   error
	flights int // requests in flight that carry a record of the partition

	// closed is set when the writer closes: no request is composed of its records afterwards.
	closed atomic.Bool
}

type openRecord struct {
	offset int64
	safe   bool
}

type refusal struct {
	index     uint64
	rejection connectors.Rejection
}

func newProgress(tp schemas.TopicPartition) *progress {
	return &progress{tp: tp, changed: pace.NewSignal()}
}

// accept adds a record and returns its index.
func (p *progress) accept(offset int64) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = append(p.open, openRecord{offset: offset})
	p.live++
	return p.first + uint64(len(p.open)) - 1
}

// written says that the record is in the sink, or was overtaken there by a newer one of its key.
func (p *progress) written(index uint64) {
	p.mu.Lock()
	p.live--
	p.safe(index)
	p.mu.Unlock()
	p.changed.Set()
}

// safe marks a record and drops the safe ones at the front. The caller holds mu.
func (p *progress) safe(index uint64) {
	p.open[index-p.first].safe = true
	n := 0
	for n < len(p.open) && p.open[n].safe {
		n++
	}
	p.open, p.first = p.open[n:], p.first+uint64(n)
}

// refuse says that the sink will never take the record. It stays pending until the writer has told the runtime.
func (p *progress) refuse(index uint64, r connectors.Rejection) {
	p.mu.Lock()
	p.live--
	p.refused = append(p.refused, refusal{index, r})
	p.mu.Unlock()
	p.changed.Set()
}

// stall says that retrying takes long, unless that was said less than every ago: each of many senders comes with it, and
// every telling makes the runtime pause and log. It returns whether it was said.
func (p *progress) stall(err error, now time.Time, every time.Duration) bool {
	p.mu.Lock()
	said := p.told.IsZero() || now.Sub(p.told) >= every
	if said {
		p.stalled, p.told = err, now
	}
	p.mu.Unlock()
	if said {
		p.changed.Set()
	}
	return said
}

func (p *progress) fail(err error) {
	p.mu.Lock()
	if p.fatal == nil {
		p.fatal = err
	}
	p.mu.Unlock()
	p.changed.Set()
}

// news returns what the runtime has to hear: refused records first, which stop being pending with it.
func (p *progress) news() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case len(p.refused) > 0:
		e := &connectors.RejectedError{}
		for _, r := range p.refused {
			e.Rejections = append(e.Rejections, r.rejection)
			p.safe(r.index)
		}
		p.refused = nil
		return e
	case p.fatal != nil:
		return p.fatal
	case p.stalled != nil && p.live > 0:
		err := p.stalled
		p.stalled = nil
		return connectors.Retriable(err)
	}
	p.stalled = nil
	return nil
}

// maxOpen bounds what is kept of the records behind one that the service does not take: a hot key may be throttled for
// hours while all others are written and give their bytes back.
const maxOpen = 1 << 16

// crowded reports whether no more records may be accepted until the first of them is safe.
func (p *progress) crowded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open) >= maxOpen
}

func (p *progress) pending() (int64, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.open) == 0 {
		return 0, false
	}
	return p.open[0].offset, true
}

// fly counts requests that start (1) or ended (-1).
func (p *progress) fly(n int) {
	p.mu.Lock()
	p.flights += n
	p.mu.Unlock()
	p.changed.Set()
}

func (p *progress) grounded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flights == 0
}

// unwritten counts the records that still want to be written, and tells whether trying has become pointless.
func (p *progress) unwritten() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.live, p.fatal
}
