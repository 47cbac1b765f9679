package dynamodb

import (
	"bytes"

	bolt "go.etcd.io/bbolt"
)

// pageSize is how many bytes of items one Query or Scan reads.
const pageSize = 1 << 20

// listing is what Query and Scan have in common.
type listing struct {
	itemRead
	table     *table
	start     []byte // the key to continue after; nil for the beginning
	filter    *node
	limit     int // 0 is none
	countOnly bool
	backward  bool
	within    keyRange
	segment   segment
}

func (s *Server) query(r *request) (object, error) {
	name, err := r.tableName()
	if err != nil {
		return nil, err
	}
	if err := r.refuseLegacy("KeyConditions", "QueryFilter", "ConditionalOperator", "AttributesToGet"); err != nil {
		return nil, err
	}
	forward, err := r.flag("ScanIndexForward", true)
	if err != nil {
		return nil, err
	}
	sc, err := readScope(r, "FilterExpression", "KeyConditionExpression", "ProjectionExpression")
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	l, err := s.readListing(r, name, sc)
	if err != nil {
		return nil, err
	}
	if l.within, err = l.readQueryRange(r, sc); err != nil {
		return nil, err
	}
	l.backward = !forward
	if err := l.checkFilter(); err != nil {
		return nil, err
	}
	if err := l.checkStart(); err != nil {
		return nil, err
	}
	return s.list(l, sc)
}

func (s *Server) scan(r *request) (object, error) {
	name, err := r.tableName()
	if err != nil {
		return nil, err
	}
	if err := r.refuseLegacy("ScanFilter", "ConditionalOperator", "AttributesToGet"); err != nil {
		return nil, err
	}
	part, err := readSegment(r)
	if err != nil {
		return nil, err
	}
	sc, err := readScope(r, "FilterExpression", "ProjectionExpression")
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	l, err := s.readListing(r, name, sc)
	if err != nil {
		return nil, err
	}
	l.segment = part
	return s.list(l, sc)
}

// list runs a listing all of whose parameters have been read.
func (s *Server) list(l *listing, sc *scope) (object, error) {
	if err := sc.checkUsed(); err != nil {
		return nil, err
	}
	var page *page
	err := s.view(func(tx *bolt.Tx) (err error) {
		page, err = l.run(l.table.bucket(tx).Cursor())
		return err
	})
	if err != nil {
		return nil, err
	}
	l.usage.read(l.table, page.bytes, l.consistent)
	answer := object{"Count": page.matched, "ScannedCount": page.scanned}
	if !l.countOnly {
		answer["Items"] = page.items
	}
	if page.last != nil {
		answer["LastEvaluatedKey"] = page.last
	}
	return l.usage.report(answer, false), nil
}

// page is the result of one listing.
type page struct {
	items            []item
	matched, scanned int
	bytes            int
	last             item // the key to continue after; nil at the end
}

func (l *listing) run(c *bolt.Cursor) (*page, error) {
	out := &page{items: []item{}}
	next := c.Next
	if l.backward {
		next = c.Prev
	}
	for key, stored := l.position(c); key != nil && l.within.holds(key); key, stored = next() {
		it, err := parseStored(stored)
		if err != nil {
			return nil, err
		}
		if !l.segment.holds(l.table, it) {
			continue
		}
		if full := l.take(out, it); full {
			out.last = it.pick(l.table.keyNames()...)
			return out, nil
		}
	}
	return out, nil
}

// take adds an item to the page and says whether the page is full.
func (l *listing) take(out *page, it item) bool {
	out.scanned++
	out.bytes += it.size()
	if l.filter == nil || l.filter.holds(it) {
		out.matched++
		if !l.countOnly {
			out.items = append(out.items, l.projection.apply(it))
		}
	}
	return out.scanned == l.limit || out.bytes > pageSize
}

// position moves the cursor to the first key of the listing.
func (l *listing) position(c *bolt.Cursor) (key, stored []byte) {
	if !l.backward {
		if l.start == nil {
			return c.Seek(l.within.low)
		}
		// No key starts with another, so this is the least key after start.
		return c.Seek(append(bytes.Clone(l.start), 0))
	}
	bound := l.start
	if bound == nil {
		bound = l.within.high
	}
	if key, _ := c.Seek(bound); key == nil {
		return c.Last()
	}
	return c.Prev()
}
