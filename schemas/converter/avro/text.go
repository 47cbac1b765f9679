package avro

import (
	"unicode/utf8"
	"unsafe"
)

// text returns b as a string of valid UTF-8 that stays valid.
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return string(repaired(b))
}

// view returns b as a string of valid UTF-8 without copying, where that is possible: good only while b is unchanged.
func view(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if !utf8.Valid(b) {
		b = repaired(b)
	}
	return unsafe.String(&b[0], len(b))
}

// repaired replaces what is no UTF-8 by U+FFFD as Java does: once for the longest start of a character, and once for
// an encoded surrogate.
func repaired(b []byte) []byte {
	out := make([]byte, 0, len(b)+8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r != utf8.RuneError || n > 1 {
			out = append(out, b[:n]...)
			b = b[n:]
			continue
		}
		out = append(out, "\uFFFD"...)
		b = b[malformed(b):]
	}
	return out
}

// malformed is the length of the broken character that b starts with.
func malformed(b []byte) int {
	c := b[0]
	more, low, high := 0, byte(0x80), byte(0xbf)
	switch {
	case c == 0xed: // surrogates count as one character
		more = 2
	case c >= 0xc2 && c <= 0xdf:
		more = 1
	case c == 0xe0:
		more, low = 2, 0xa0
	case c > 0xe0 && c <= 0xef:
		more = 2
	case c == 0xf0:
		more, low = 3, 0x90
	case c == 0xf4:
		more, high = 3, 0x8f
	case c > 0xf0 && c < 0xf4:
		more = 3
	}
	n := 1
	for n <= more && n < len(b) && b[n] >= low && b[n] <= high {
		low, high = 0x80, 0xbf
		n++
	}
	return n
}
