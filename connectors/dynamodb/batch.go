package dynamodb

import (
	"slices"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

const (
	// maxBatchItems is BatchWriteItem's limit.
	maxBatchItems = 25
	// maxBatchBytes stays below BatchWriteItem's 16 MB with room for the JSON around the items.
	maxBatchBytes = 15 << 20
	// entryOverhead is what an entry costs beside its bytes: itself, its slot, its place in maps and queues.
	entryOverhead = 400
)

// entry is one accepted record on its way into a table.
type entry struct {
	owner  *progress
	index  uint64
	remove bool   // delete the item; body is its key alone
	body   []byte // DynamoDB JSON
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

func (e *entry) rejection(err error) connectors.Rejection {
	s := &e.source
	return connectors.Rejection{Offset: s.offset, Err: err, Record: schemas.Record{
		Topic: s.topic, Source: e.owner.tp, Offset: s.offset, Timestamp: s.timestamp, TimestampType: s.timestampType, Raw: s.raw,
	}}
}

// slot holds everything that waits for one key, oldest first. Only the newest entry is written: the older ones are
// kept because it may turn out that the table refuses the newest, and then the one before it counts.
type slot struct {
	identity string
	entries  []*entry
	held     bool   // by a lane, from taking it until everything sent is settled
	sent     int    // how many entries the request in flight settles
	newest   *entry // the entry in that request
	since    time.Time
}

// queue is the ordered set of keys that wait for a lane. It does no locking and starts nothing.
type queue struct {
	slots   map[string]*slot
	waiting []*slot
	due     int // this many at the front of waiting need not wait for a full batch
}

func newQueue() queue { return queue{slots: map[string]*slot{}} }

// add appends e to what waits for its key. A key that a lane holds stays with the lane.
func (q *queue) add(identity []byte, e *entry) {
	s := q.slots[string(identity)]
	if s == nil {
		s = &slot{identity: string(identity)}
		q.slots[s.identity] = s
		q.waiting = append(q.waiting, s)
	}
	s.entries = append(s.entries, e)
}

// flush makes everything due that waits now.
func (q *queue) flush() { q.due = len(q.waiting) }

// take hands a batch of keys to a lane: a full one, or a smaller one when its keys are due; nil when there is none.
func (q *queue) take() []*slot {
	var batch []*slot
	for batch == nil && (len(q.waiting) >= maxBatchItems || q.due > 0) {
		batch = q.takeFront(nil)
	}
	return batch
}

// takeFront fills batch from the front, without the keys whose entries were all withdrawn.
func (q *queue) takeFront(batch []*slot) []*slot {
	bytes, n := 0, 0
	for _, s := range batch {
		bytes += s.newestSize()
	}
	for _, s := range q.waiting {
		if len(s.entries) == 0 {
			delete(q.slots, s.identity)
			n++
			continue
		}
		size := s.newestSize()
		if len(batch) == maxBatchItems || len(batch) > 0 && bytes+size > maxBatchBytes {
			break
		}
		bytes += size
		s.held = true
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

// release takes a key back from its lane. Entries that came meanwhile have waited long enough for a request of
// their own.
func (q *queue) release(s *slot) {
	s.held, s.sent, s.newest, s.since = false, 0, nil, time.Time{}
	if len(s.entries) == 0 {
		delete(q.slots, s.identity)
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

// settle removes the entries that the request of s covered, and returns them.
func (s *slot) settle() []*entry {
	done := s.entries[:s.sent:s.sent]
	s.entries = s.entries[s.sent:]
	s.sent = 0
	for _, e := range done {
		e.gone = true
	}
	return done
}

// drop removes the one entry that the table refused; the older ones count again.
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
