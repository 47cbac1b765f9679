package dynamodb

import (
	"bytes"
	"hash/crc32"
)

// readListing reads the parameters Query and Scan share. The caller holds s.mu.
func (s *Server) readListing(r *request, name string, sc *scope) (*listing, error) {
	l := &listing{}
	var err error
	if l.usage, err = readUsage(r); err != nil {
		return nil, err
	}
	if l.limit, err = readLimit(r); err != nil {
		return nil, err
	}
	if l.consistent, err = r.flag("ConsistentRead", false); err != nil {
		return nil, err
	}
	if l.countOnly, err = readSelect(r); err != nil {
		return nil, err
	}
	if l.filter, err = readCondition(r, "FilterExpression", sc); err != nil {
		return nil, err
	}
	if l.projection, err = readProjection(r, sc); err != nil {
		return nil, err
	}
	if l.table, err = s.find(name); err != nil {
		return nil, err
	}
	if r.has("IndexName") {
		index, err := r.text("IndexName")
		if err != nil {
			return nil, err
		}
		return nil, invalid("The table does not have the specified index: %s", index)
	}
	l.start, err = l.table.startKey(r)
	return l, err
}

func readLimit(r *request) (int, error) {
	if !r.has("Limit") {
		return 0, nil
	}
	limit, err := r.integer("Limit", 0)
	if err == nil && limit < 1 {
		return 0, invalid("Limit must be greater than or equal to 1")
	}
	return limit, err
}

// readSelect reads what to answer with; the first result asks for the count only.
func readSelect(r *request) (countOnly bool, err error) {
	what, err := r.choice("Select", "Select must be ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES, COUNT, or SPECIFIC_ATTRIBUTES",
		"", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES")
	if err != nil {
		return false, err
	}
	projected := r.has("ProjectionExpression")
	switch {
	case what == "ALL_PROJECTED_ATTRIBUTES":
		return false, invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	case what == "SPECIFIC_ATTRIBUTES" && !projected:
		return false, invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	case what == "ALL_ATTRIBUTES" && projected:
		return false, invalid("Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES")
	case what == "COUNT" && projected:
		return false, invalid("Cannot specify the ProjectionExpression when choosing to get only the Count")
	}
	return what == "COUNT", nil
}

func (l *listing) readQueryRange(r *request, sc *scope) (keyRange, error) {
	if !r.has("KeyConditionExpression") {
		return keyRange{}, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	src, err := r.text("KeyConditionExpression")
	if err != nil {
		return keyRange{}, err
	}
	return l.table.readKeyCondition(src, sc)
}

// checkFilter refuses a query filter on key attributes, which belong into the key condition.
func (l *listing) checkFilter() error {
	for _, k := range l.table.Keys {
		if l.filter != nil && l.filter.mentions(k.Name) {
			return invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", k.Name)
		}
	}
	return nil
}

func (n *node) mentions(name string) bool {
	if n.op == "path" {
		return n.path[0].name == name
	}
	for _, arg := range n.args {
		if arg.mentions(name) {
			return true
		}
	}
	return false
}

// checkStart refuses a start key outside of what the query reads.
func (l *listing) checkStart() error {
	switch {
	case l.start == nil || l.within.holds(l.start):
		return nil
	case !bytes.HasPrefix(l.start, l.within.hash):
		return invalid("The provided starting key is outside query boundaries based on provided conditions")
	}
	return invalid("The provided starting key does not match the range key predicate")
}

// segment is one worker's share of a parallel scan. The zero value is everything.
type segment struct{ index, total int }

func readSegment(r *request) (segment, error) {
	switch {
	case !r.has("Segment") && !r.has("TotalSegments"):
		return segment{}, nil
	case !r.has("TotalSegments"):
		return segment{}, invalid("If segment is specified, total segment must also be specified")
	case !r.has("Segment"):
		return segment{}, invalid("If total segments is specified, a particular segment must also be specified for this request")
	}
	index, err := r.integer("Segment", 0)
	if err != nil {
		return segment{}, err
	}
	total, err := r.integer("TotalSegments", 1)
	if err != nil {
		return segment{}, err
	}
	if total < 1 || index < 0 || index >= total {
		return segment{}, invalid("1 validation error detected: Value '%d' at 'segment' failed to satisfy constraint: Member must have value less than or equal to %d", index, total-1)
	}
	return segment{index, total}, nil
}

// holds assigns items to segments by their hash key, as the service does.
func (s segment) holds(t *table, it item) bool {
	if s.total <= 1 {
		return true
	}
	sum := crc32.ChecksumIEEE(appendKeyValue(nil, it[t.Keys[0].Name]))
	return int(sum%uint32(s.total)) == s.index
}
