package avro

import "fmt"

// Limits on one message.
const (
	maxDepth     = 64       // of records, arrays and maps inside each other
	maxZeroWidth = 10_000   // values that take no bytes: nothing else bounds their number
	maxWeight    = 64 << 20 // JSON bytes of names and symbols, which cost the writer next to nothing
)

// checker walks a message once, without building anything, and finds whether it is a value of its schema within the
// limits. What it passes, the readers of this package read without checks. A checker may be used again.
type checker struct {
	b        []byte
	fault    fault
	at       int // where the fault is
	depth    int
	zero     int
	weight   int
	repeated bool     // a map holds a key twice, probably
	keys     []uint64 // hashes of the keys of the open maps
}

// run checks b against o; nil means that b is exactly one value.
func (c *checker) run(o *op, b []byte) error {
	*c = checker{b: b, keys: c.keys[:0]}
	end := c.value(o, 0)
	if end >= 0 && end != len(b) {
		end = c.fail(faultTrailing, end)
	}
	c.b = nil
	if end < 0 {
		return fmt.Errorf("decode Avro data: %s (byte %d of %d)", faultTexts[c.fault], c.at, len(b))
	}
	return nil
}

func (c *checker) fail(f fault, at int) int {
	c.fault, c.at = f, at
	return -1
}

// value checks a value of o at p and returns where it ends, or -1.
func (c *checker) value(o *op, p int) int {
	switch o.code {
	case opInt8, opInt16, opInt32, opDate:
		return c.varint(p, 5)
	case opInt64, opTimestamp:
		return c.varint(p, 10)
	case opFloat64:
		return c.skip(p, 8)
	case opFloat32:
		return c.skip(p, 4)
	case opBoolean:
		return c.skip(p, 1)
	case opString, opBytes:
		return c.sized(p)
	case opOptional:
		n, q := c.long(p)
		switch {
		case q < 0 || n == o.nullAt:
			return q
		case n != 1-o.nullAt:
			return c.fail(faultBranch, p)
		}
		return c.value(o.elem, q)
	case opRecord, opAnything:
		return c.record(o.body, p)
	case opEnum:
		return c.enum(o, p)
	case opArray:
		return c.items(o, p, false)
	case opMap, opPairs:
		return c.mapping(o, p)
	case opUnion:
		return c.union(o, p)
	}
	return c.rare(o, p)
}

func (c *checker) rare(o *op, p int) int {
	switch o.code {
	case opTime:
		n, q := c.int(p)
		if q >= 0 && (n < 0 || n > 24*60*60*1000) {
			return c.fail(faultTime, p)
		}
		return q
	case opFixed, opDecimalFixed:
		if o.size == 0 {
			if o.code == opDecimalFixed {
				return c.fail(faultDecimal, p)
			}
			return c.nothing(p)
		}
		return c.skip(p, o.size)
	case opDecimal:
		q := c.sized(p)
		if q >= 0 {
			if n, _ := readLong(c.b, p); n == 0 {
				return c.fail(faultDecimal, p)
			}
		}
		return q
	case opSingle:
		n, q := c.long(p)
		if q >= 0 && n != 0 {
			return c.fail(faultBranch, p)
		}
		if q < 0 {
			return q
		}
		return c.value(o.elem, q)
	}
	return c.fail(faultBranch, p)
}

// nothing counts a value that takes no bytes.
func (c *checker) nothing(p int) int {
	c.zero++
	if c.zero > maxZeroWidth {
		return c.fail(faultZeroWidth, p)
	}
	return p
}

func (c *checker) skip(p, n int) int {
	if len(c.b)-p < n {
		return c.fail(faultEnd, p)
	}
	return p + n
}

// sized checks a length and the bytes it announces.
func (c *checker) sized(p int) int {
	n, q := c.long(p)
	if q < 0 {
		return q
	}
	if n < 0 || n > int64(len(c.b)-q) {
		return c.fail(faultLength, p)
	}
	return q + int(n)
}

func (c *checker) record(b *body, p int) int {
	if c.weight += b.weight; c.weight > maxWeight {
		return c.fail(faultWeight, p)
	}
	if c.depth++; c.depth > maxDepth {
		return c.fail(faultDepth, p)
	}
	if len(b.fields) == 0 {
		p = c.nothing(p)
	}
	for _, f := range b.fields {
		if p < 0 {
			return p
		}
		p = c.value(f, p)
	}
	c.depth--
	return p
}

func (c *checker) enum(o *op, p int) int {
	n, q := c.int(p)
	if q < 0 {
		return q
	}
	if n < 0 || int(n) >= len(o.symbols) {
		return c.fail(faultSymbol, p)
	}
	if c.weight += len(o.symbols[n].json); c.weight > maxWeight {
		return c.fail(faultWeight, p)
	}
	return q
}

func (c *checker) union(o *op, p int) int {
	n, q := c.long(p)
	if q < 0 {
		return q
	}
	u := o.union
	if n < 0 || n >= int64(len(u.branches)) {
		return c.fail(faultBranch, p)
	}
	b := &u.branches[n]
	if b.op == nil {
		return q
	}
	if b.field == noField {
		return c.fail(faultUnionField, p)
	}
	if c.weight += u.weight; c.weight > maxWeight {
		return c.fail(faultWeight, p)
	}
	return c.value(b.op, q)
}

// varint skips an integer of at most most bytes.
func (c *checker) varint(p, most int) int {
	for i := 0; i < most; i++ {
		if p+i >= len(c.b) {
			return c.fail(faultEnd, p)
		}
		if c.b[p+i] < 0x80 {
			return p + i + 1
		}
	}
	return c.fail(faultVarint, p)
}

func (c *checker) long(p int) (int64, int) {
	if p < len(c.b) && c.b[p] < 0x80 {
		u := c.b[p]
		return int64(u>>1) ^ -int64(u&1), p + 1
	}
	q := c.varint(p, 10)
	if q < 0 {
		return 0, q
	}
	return readLong(c.b, p)
}

func (c *checker) int(p int) (int32, int) {
	q := c.varint(p, 5)
	if q < 0 {
		return 0, q
	}
	return readInt(c.b, p)
}
