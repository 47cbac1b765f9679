package recordbatch

import (
	"encoding/binary"

	"github.com/sluice-connect/sluice/schemas"
)

// record appends what frame holds to dst, unless it lies below the first offset wanted.
func (r *Reader) record(dst []schemas.Record, frame []byte) ([]schemas.Record, error) {
	if r.b.Magic < 2 {
		return r.message(dst, frame)
	}
	c := cursor{p: frame[1:]} // attributes of a record are not used
	at, delta := c.varint(), c.varint()
	if c.bad || delta < 0 || delta > int64(r.b.LastOffsetDelta) {
		return dst, r.corrupt("an offset lies outside of its batch")
	}
	offset := r.b.BaseOffset + delta
	r.next = offset + 1
	if offset < r.from {
		return dst, nil
	}
	dst = append(dst, schemas.Record{Topic: r.tp.Topic, Source: r.tp, Offset: offset})
	rec := &dst[len(dst)-1]
	r.stamp(rec, r.b.FirstTimestamp+at)
	rec.Raw.Key, rec.Raw.Value = r.keep(c.bytes()), r.keep(c.bytes())
	n := c.varint()
	if c.bad || n < 0 || n > int64(len(c.p))/2 { // a header has two lengths at least
		return dst, r.b.corrupt(offset, "a record does not fill its length")
	}
	if n > int64(r.limits.Headers) {
		return dst, &TooLarge{From: offset, To: offset, What: "headers", Size: n, Limit: int64(r.limits.Headers)}
	}
	rec.Raw.Headers = r.headers(&c, int(n))
	if c.bad || len(c.p) > 0 {
		return dst, r.b.corrupt(offset, "a record does not fill its length")
	}
	return dst, nil
}

func (r *Reader) headers(c *cursor, n int) []schemas.RawHeader {
	if n == 0 {
		return nil
	}
	if n > len(r.free) {
		left := max(1, int(min(int64(r.b.Count-r.count)+1, headerChunk)))
		r.free = make([]schemas.RawHeader, max(n, min(headerChunk, n*left)))
	}
	raw := r.free[:n:n]
	r.free = r.free[n:]
	for i := range raw {
		key := c.bytes()
		if key == nil {
			c.bad = true
		}
		raw[i] = schemas.RawHeader{Key: r.name(i, key), Value: r.keep(c.bytes())}
		if c.bad {
			return nil
		}
	}
	return raw
}

// name returns key as a string, the one of the last record's header i if it is the same.
func (r *Reader) name(i int, key []byte) string {
	if i >= headerChunk { // nobody's usual headers
		return string(key)
	}
	if i >= len(r.names) {
		r.names = append(r.names, make([]string, i+1-len(r.names))...)
	}
	if r.names[i] != string(key) {
		r.names[i] = string(key)
	}
	return r.names[i]
}

// cursor reads fields; after one that is not whole it is bad, and what it returns means nothing.
type cursor struct {
	p   []byte
	bad bool
}

func (c *cursor) varint() int64 {
	v, n := binary.Varint(c.p)
	if n <= 0 {
		c.bad, c.p = true, nil
		return 0
	}
	c.p = c.p[n:]
	return v
}

// bytes reads a field behind its length, nil when it is null.
func (c *cursor) bytes() []byte { return c.take(c.varint()) }

// bytes32 reads a field of format 0 and 1.
func (c *cursor) bytes32() []byte {
	if len(c.p) < 4 {
		c.bad, c.p = true, nil
		return nil
	}
	n := int32(binary.BigEndian.Uint32(c.p))
	c.p = c.p[4:]
	return c.take(int64(n))
}

func (c *cursor) take(n int64) []byte {
	if n < 0 && !c.bad {
		c.bad = n != -1
		return nil
	}
	if c.bad || n > int64(len(c.p)) {
		c.bad, c.p = true, nil
		return nil
	}
	f := c.p[:n:n]
	c.p = c.p[n:]
	return f
}
