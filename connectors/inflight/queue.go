package inflight

import (
	"slices"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// entryOverhead is what an entry costs beside its bytes: itself, its slot, its place in maps and queues.
const entryOverhead = 400

// entry is one accepted record on its way to its target.
type entry struct {
	owner  *progress
	index  uint64
	remove bool
	body   []byte
	cost   int64
	gone   bool // not in any slot any more
	source sourceRecord
}

// sourceRecord is what a rejection needs of a record.
type sourceRecord struct {
	topic         string
	offset        int64
	timestamp     time.Time
	timestampType schemas.TimestampType
	raw           schemas.Raw
}

// newEntry copies what is kept of r into one piece of memory.
func newEntry(owner *progress, r *schemas.Record, body []byte, remove bool) *entry {
	mem := make([]byte, 0, len(body)+len(r.Raw.Key)+len(r.Raw.Value))
	mem = append(append(append(mem, body...), r.Raw.Key...), r.Raw.Value...)
	part := func(from, to int) []byte { return mem[from:to:to] }
	key, value := len(body), len(body)+len(r.Raw.Key)
	e := &entry{owner: owner, remove: remove, body: part(0, key), source: sourceRecord{
		topic: r.Topic, offset: r.Offset, timestamp: r.Timestamp, timestampType: r.TimestampType,
	}}
	raw := &e.source.raw
	if r.Raw.Key != nil {
		raw.Key = part(key, value)
	}
	if r.Raw.Value != nil {
		raw.Value = part(value, len(mem))
	}
	// Twice the body: a request in flight holds a second copy.
	e.cost = int64(len(mem)+len(body)) + entryOverhead
	if len(r.Raw.Headers) > 0 {
		raw.Headers = schemas.Raw{Headers: r.Raw.Headers}.Clone().Headers
		for _, h := range raw.Headers {
			e.cost += int64(len(h.Key)+len(h.Value)) + 64
		}
	}
	return e
}

func (e *entry) rejection(err error) connectors.Rejection {
	s := &e.source
	return connectors.Rejection{Offset: s.offset, Err: err, Record: schemas.Record{
		Topic: s.topic, Source: e.owner.tp, Offset: s.offset, Timestamp: s.timestamp, TimestampType: s.timestampType, Raw: s.raw,
	}}
}

// slot holds everything that waits for one key, oldest first. Only the newest entry is written: the older ones are
// kept because it may turn out that the service refuses the newest, and then the one before it counts.
type slot struct {
	key     string
	entries []*entry
	sent    int       // how many entries the request in flight covers
	newest  *entry    // the entry in that request
	since   time.Time // when its trouble began, or was last told
}

// queue is the ordered set of keys that wait for a request. It does no locking and starts nothing.
type queue struct {
	maxItems, maxBytes int

	slots   map[string]*slot
	waiting []*slot
	due     int // this many at the front of waiting need not wait for a full batch
}

func newQueue(maxItems, maxBytes int) queue {
	return queue{maxItems: maxItems, maxBytes: maxBytes, slots: map[string]*slot{}}
}

// add appends e to what waits for its key. A key that a sender holds stays with the sender.
func (q *queue) add(key []byte, e *entry) {
	s := q.slots[string(key)]
	if s == nil {
		s = &slot{key: string(key)}
		q.slots[s.key] = s
		q.waiting = append(q.waiting, s)
	}
	s.entries = append(s.entries, e)
}

// flush makes everything due that waits now.
func (q *queue) flush() { q.due = len(q.waiting) }

// batch hands keys to a sender: a full batch, or a smaller one when its keys are due; nil when there is none.
func (q *queue) batch() []*slot {
	var batch []*slot
	for batch == nil && (len(q.waiting) >= q.maxItems || q.due > 0) {
		batch = q.fill(nil)
	}
	return batch
}

// fill adds keys from the front to batch, without those whose entries were all withdrawn.
func (q *queue) fill(batch []*slot) []*slot {
	bytes, n := 0, 0
	for _, s := range batch {
		bytes += s.newestSize()
	}
	for _, s := range q.waiting {
		if len(s.entries) == 0 {
			delete(q.slots, s.key)
			n++
			continue
		}
		size := s.newestSize()
		if len(batch) == q.maxItems || len(batch) > 0 && bytes+size > q.maxBytes {
			break
		}
		bytes += size
		batch = append(batch, s)
		n++
	}
	clear(q.waiting[:n])
	q.waiting = q.waiting[n:]
	q.due = max(0, q.due-n)
	return batch
}

// newestSize is how many bytes of a request the slot takes.
func (s *slot) newestSize() int {
	if len(s.entries) == 0 {
		return 0
	}
	return len(s.entries[len(s.entries)-1].body)
}

// release takes a key back from its sender. Entries that came meanwhile have waited long enough for a request of
// their own.
func (q *queue) release(s *slot) {
	s.sent, s.newest, s.since = 0, nil, time.Time{}
	if len(s.entries) == 0 {
		delete(q.slots, s.key)
		return
	}
	q.waiting = append(q.waiting, s)
	q.flush()
}

// withdraw removes the entries of p, those in flight only when asked to, and returns what they cost.
func (q *queue) withdraw(p *progress, inFlight bool) (freed int64) {
	for _, s := range q.slots {
		freed += s.withdraw(p, inFlight)
	}
	return freed
}

func (s *slot) withdraw(p *progress, inFlight bool) (freed int64) {
	covered := 0
	for i, e := range s.entries {
		switch {
		case e.owner == p && (inFlight || i >= s.sent):
			e.gone = true
			freed += e.cost
		case i < s.sent:
			covered++
		}
	}
	if freed > 0 {
		s.entries = slices.DeleteFunc(s.entries, func(e *entry) bool { return e.gone })
		s.sent = covered
	}
	return freed
}

// purge removes the entries of writers that closed while they were in flight.
func (s *slot) purge() (freed int64) {
	for i := 0; i < len(s.entries); i++ {
		if p := s.entries[i].owner; p.closed.Load() {
			freed += s.withdraw(p, true)
			i = -1
		}
	}
	return freed
}

// cover removes the entries that the request of s covered, and returns them.
func (s *slot) cover() []*entry {
	done := s.entries[:s.sent:s.sent]
	s.entries = s.entries[s.sent:]
	s.sent = 0
	for _, e := range done {
		e.gone = true
	}
	return done
}

// drop removes the one entry that the service refused; the older ones count again.
func (s *slot) drop() *entry {
	e := s.newest
	s.sent = 0
	if e.gone {
		return nil
	}
	e.gone = true
	s.entries = slices.DeleteFunc(s.entries, func(x *entry) bool { return x == e })
	return e
}
