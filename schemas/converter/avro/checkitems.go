package avro

import (
	"hash/maphash"
	"slices"
)

// keySeed keeps producers from choosing keys that collide.
var keySeed = maphash.MakeSeed()

// block checks the head of a block of items and returns their number and where they start.
func (c *checker) block(p int, takesBytes bool) (int64, int) {
	n, q := c.long(p)
	if q < 0 {
		return 0, q
	}
	if n < 0 { // the block's size in bytes follows; like Java's reader this one does not use it
		n = -n
		if _, q = c.long(q); q < 0 {
			return 0, q
		}
	}
	room := int64(len(c.b) - q)
	if !takesBytes {
		room = maxZeroWidth + room
	}
	if n < 0 || n > room {
		return 0, c.fail(faultItems, p)
	}
	return n, q
}

func (c *checker) items(o *op, p int, keyed bool) int {
	if c.depth++; c.depth > maxDepth {
		return c.fail(faultDepth, p)
	}
	takesBytes := o.code == opMap || o.elem.takesBytes() || (o.key != nil && o.key.takesBytes())
	for {
		n, q := c.block(p, takesBytes)
		if q < 0 {
			return q
		}
		p = q
		if n == 0 {
			break
		}
		for ; n > 0; n-- {
			if keyed {
				p = c.entry(o, p)
			} else {
				p = c.value(o.elem, p)
			}
			if p < 0 {
				return p
			}
		}
	}
	c.depth--
	return p
}

// mapping checks a map, and looks for repeated keys: Java's maps keep one of them.
func (c *checker) mapping(o *op, p int) int {
	first := len(c.keys)
	p = c.items(o, p, true)
	if p < 0 {
		return p
	}
	if own := c.keys[first:]; len(own) > 1 {
		slices.Sort(own)
		for i := 1; i < len(own); i++ {
			c.repeated = c.repeated || own[i] == own[i-1]
		}
	}
	c.keys = c.keys[:first]
	return p
}

func (c *checker) entry(o *op, p int) int {
	if o.swapped {
		if p = c.value(o.elem, p); p < 0 {
			return p
		}
	}
	start := p
	if o.code == opMap {
		p = c.sized(p)
	} else {
		p = c.value(o.key, p)
	}
	if p < 0 {
		return p
	}
	if !c.repeated { // a collision only sends the message down the slower path
		c.keys = append(c.keys, maphash.Bytes(keySeed, c.b[start:p]))
	}
	if o.swapped {
		return p
	}
	return c.value(o.elem, p)
}
