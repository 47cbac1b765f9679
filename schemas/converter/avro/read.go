package avro

import (
	"encoding/binary"
	"math"
)

// The readers below trust their input: a checker has passed it.

// readLong reads a zigzag integer at p and returns where it ends.
func readLong(b []byte, p int) (int64, int) {
	var u uint64
	for shift := uint(0); ; shift += 7 {
		c := b[p]
		p++
		u |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return int64(u>>1) ^ -int64(u&1), p
		}
	}
}

// readInt reads a zigzag integer of 32 bits; excess bits are dropped, as in Java.
func readInt(b []byte, p int) (int32, int) {
	var u uint32
	for shift := uint(0); ; shift += 7 {
		c := b[p]
		p++
		u |= uint32(c&0x7f) << shift
		if c < 0x80 {
			return int32(u>>1) ^ -int32(u&1), p
		}
	}
}

func readFloat(b []byte, p int) (float32, int) {
	return math.Float32frombits(binary.LittleEndian.Uint32(b[p:])), p + 4
}

func readDouble(b []byte, p int) (float64, int) {
	return math.Float64frombits(binary.LittleEndian.Uint64(b[p:])), p + 8
}

// readSized reads the bytes behind a length; they belong to b.
func readSized(b []byte, p int) ([]byte, int) {
	n, p := readLong(b, p)
	end := p + int(n)
	return b[p:end:end], end
}

// readBytes reads the bytes of a bytes or fixed value.
func readBytes(o *op, b []byte, p int) ([]byte, int) {
	if o.code == opFixed || o.code == opDecimalFixed {
		end := p + o.size
		return b[p:end:end], end
	}
	return readSized(b, p)
}

// readBlock reads the head of a block of items.
func readBlock(b []byte, p int) (int, int) {
	n, p := readLong(b, p)
	if n < 0 {
		_, p = readLong(b, p)
		n = -n
	}
	return int(n), p
}

// readUnion reads which branch is set and the struct field it goes to; the branch is nil for null.
func readUnion(u *union, b []byte, p int) (*op, int, int) {
	n, p := readLong(b, p)
	br := &u.branches[n]
	if br.op == nil {
		return nil, noField, p
	}
	field := br.field
	if br.sized != nil {
		length, _ := readLong(b, p)
		for _, s := range br.sized {
			if int64(s.size) == length {
				return br.op, s.field, p
			}
		}
	}
	return br.op, field, p
}

// trimmed is the shortest two's complement form of a number: what Java's BigInteger keeps.
func trimmed(b []byte) []byte {
	for len(b) > 1 && ((b[0] == 0 && b[1] < 0x80) || (b[0] == 0xff && b[1] >= 0x80)) {
		b = b[1:]
	}
	return b
}
