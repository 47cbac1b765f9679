package dynamodb

import (
	"bytes"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// pageSize is how many bytes of items one Query or Scan reads.
const pageSize = 1 << 20

// listing is what Query and Scan have in common.
type listing struct {
	table     *table
	startKey  item   // the key to continue after; nil for the beginning
	start     []byte // the same, encoded
	filter    *node
	shown     projection
	limit     int // 0 is none
	countOnly bool
	backward  bool
	within    keyRange
}

func (s *Server) query(r *request) object {
	name := r.tableName()
	forward := r.flag("ScanIndexForward", true)
	sc := readScope(r, "FilterExpression", "KeyConditionExpression", "ProjectionExpression")
	l := s.readListing(r, name, sc)
	if !r.has("KeyConditionExpression") {
		panic(invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."))
	}
	l.within = l.table.readKeyCondition(r, sc)
	l.backward = !forward
	for _, k := range l.table.Keys {
		if l.filter != nil && l.filter.mentions(k.Name) {
			panic(invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", k.Name))
		}
	}
	switch {
	case l.start == nil:
	case !l.within.includes(l.start):
		panic(invalid("The provided starting key is outside query boundaries based on provided conditions"))
	case !l.within.holds(l.startKey):
		panic(invalid("The provided starting key does not match the range key predicate"))
	}
	return s.list(l, sc)
}

func (s *Server) scan(r *request) object {
	name := r.tableName()
	sc := readScope(r, "FilterExpression", "ProjectionExpression")
	return s.list(s.readListing(r, name, sc), sc)
}

func (s *Server) readListing(r *request, name string, sc *scope) *listing {
	l := &listing{limit: r.integer("Limit", 0)}
	if r.has("Limit") && l.limit < 1 {
		panic(invalid("Limit must be greater than or equal to 1"))
	}
	r.flag("ConsistentRead", false) // every read is
	l.countOnly = readSelect(r)
	l.filter = sc.readCondition(r, "FilterExpression")
	l.shown = sc.readProjection(r)
	l.table = s.find(name)
	if r.has("IndexName") {
		panic(invalid("The table does not have the specified index: %s", r.text("IndexName")))
	}
	if l.startKey = r.item("ExclusiveStartKey"); l.startKey != nil {
		rewording("The provided starting key is invalid: %s", func() { l.table.checkKeySchema(l.startKey) })
		l.start = l.table.encodeKey(l.startKey)
	}
	return l
}

// readSelect tells whether to answer with the count only.
func readSelect(r *request) (countOnly bool) {
	what := r.choice("Select", "Select must be ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES, COUNT, or SPECIFIC_ATTRIBUTES",
		"", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES")
	projected := r.has("ProjectionExpression")
	switch {
	case what == "ALL_PROJECTED_ATTRIBUTES":
		panic(invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"))
	case what == "SPECIFIC_ATTRIBUTES" && !projected:
		panic(invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"))
	case what == "ALL_ATTRIBUTES" && projected:
		panic(invalid("Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES"))
	case what == "COUNT" && projected:
		panic(invalid("Cannot specify the ProjectionExpression when choosing to get only the Count"))
	}
	return what == "COUNT"
}

// list runs a listing all of whose parameters have been read.
func (s *Server) list(l *listing, sc *scope) object {
	sc.checkUsed()
	var p *page
	s.view(func(tx *bolt.Tx) { p = l.run(l.table.bucket(tx).Cursor()) })
	answer := object{"Count": p.matched, "ScannedCount": p.scanned}
	if !l.countOnly {
		answer["Items"] = p.items
	}
	if p.last != nil {
		answer["LastEvaluatedKey"] = p.last
	}
	return answer
}

// page is the result of one listing.
type page struct {
	items            []item
	matched, scanned int
	bytes            int
	last             item // the key to continue after; nil at the end
}

func (l *listing) run(c *bolt.Cursor) *page {
	out := &page{items: []item{}}
	next := c.Next
	if l.backward {
		next = c.Prev
	}
	for key, stored := l.position(c); key != nil && l.within.includes(key); key, stored = next() {
		if it := parseStored(stored); l.within.holds(it) && l.take(out, it) {
			out.last = it.pick(l.table.keyNames()...)
			break
		}
	}
	return out
}

// take adds an item to the page and tells whether that is full.
func (l *listing) take(out *page, it item) (full bool) {
	out.scanned++
	out.bytes += it.size()
	if l.filter == nil || l.filter.holds(it) {
		out.matched++
		if !l.countOnly {
			out.items = append(out.items, l.shown.apply(it))
		}
	}
	return out.scanned == l.limit || out.bytes > pageSize
}

// position moves the cursor to the first key of the listing.
func (l *listing) position(c *bolt.Cursor) (key, stored []byte) {
	switch {
	case l.backward:
		bound := l.start
		if bound == nil {
			bound = beyond(l.within.hash)
		}
		if key, _ := c.Seek(bound); key == nil {
			return c.Last()
		}
		return c.Prev()
	case l.start == nil:
		return c.Seek(l.within.hash)
	}
	// No key starts with another, so this is the least key after start.
	return c.Seek(append(bytes.Clone(l.start), 0))
}

// projection are the attributes a read answers with; nil means all of them.
type projection []string

// readProjection reads the only expression of a request.
func readProjection(r *request) projection {
	sc := readScope(r, "ProjectionExpression")
	defer sc.checkUsed()
	return sc.readProjection(r)
}

func (sc *scope) readProjection(r *request) (names projection) {
	sc.read(r, "ProjectionExpression", func(p *parser) {
		for again := true; again; again = p.accept(",") {
			names = append(names, p.attribute())
		}
		p.end()
		for i := range names {
			names[i] = sc.name(names[i])
		}
		checkOverlaps(names)
	})
	return names
}

func (p projection) apply(it item) item {
	if p == nil {
		return it
	}
	return it.pick(p...)
}

func (n *node) mentions(name string) bool {
	return n.op == "attribute" && n.name == name || slices.ContainsFunc(n.args, func(arg *node) bool { return arg.mentions(name) })
}
