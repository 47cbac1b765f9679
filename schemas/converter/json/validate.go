package json

import (
	"fmt"
	"unicode/utf8"
)

// The limits of Jackson's default StreamReadConstraints that matter to data of a record's size.
const (
	maxDepth        = 1000
	maxNumberLength = 1000
)

// syntaxError says where a document stops being JSON. It quotes at most one byte of it.
type syntaxError struct {
	offset int
	reason string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("%s at offset %d", e.reason, e.offset) }

// unexpected describes the byte at i, or the end of the document.
func unexpected(b []byte, i int, where string) error {
	if i >= len(b) {
		return &syntaxError{i, "Unexpected end-of-input " + where}
	}
	return &syntaxError{i, fmt.Sprintf("Unexpected character (%q) %s", b[i], where)}
}

// The states of validate: what may come next.
type state uint8

const (
	wantValue state = iota
	wantValueOrEnd
	wantKey
	wantKeyOrEnd
	wantMore // a comma or the end of the container
)

// nesting is the stack of open containers, one bit each: set for an object.
type nesting struct {
	objects [maxDepth/64 + 1]uint64
	depth   int
}

func (n *nesting) inObject() bool { return n.objects[n.depth>>6]>>(n.depth&63)&1 != 0 }

// open enters the container that starts with c and returns what may come first in it.
func (n *nesting) open(c byte) state {
	n.depth++
	bit := uint64(1) << (n.depth & 63)
	if c == '{' {
		n.objects[n.depth>>6] |= bit
		return wantKeyOrEnd
	}
	n.objects[n.depth>>6] &^= bit
	return wantValueOrEnd
}

// validate checks that b is one JSON document as RFC 8259 has it, in one pass and without allocating, and reports
// whether a line break stands between its tokens. White space around the document is allowed.
func validate(b []byte) (breaks bool, err error) {
	var (
		nest nesting
		i    int
		next = wantValue
		high uint64 // has a bit of each byte beyond ASCII that a string held
	)
	for {
		for i < len(b) && b[i] <= ' ' {
			if !isSpace(b[i]) {
				return false, unexpected(b, i, "between tokens")
			}
			breaks = breaks || b[i] == '\n' || b[i] == '\r'
			i++
		}
		if i == len(b) {
			return false, unexpected(b, i, "in a value")
		}
		c := b[i]
		switch {
		case next == wantMore:
			switch inObject := nest.inObject(); {
			case c == ',' && inObject:
				next = wantKey
			case c == ',':
				next = wantValue
			case c == '}' && inObject, c == ']' && !inObject:
				nest.depth--
			default:
				return false, unexpected(b, i, "where a comma or the end of a container was expected")
			}
			i++
		case c == '}' && next == wantKeyOrEnd, c == ']' && next == wantValueOrEnd:
			i++
			nest.depth--
			next = wantMore
		case next == wantKey, next == wantKeyOrEnd:
			if c != '"' {
				return false, unexpected(b, i, "where a field name was expected")
			}
			if i, high, err = stringEnd(b, i+1, high); err != nil {
				return false, err
			}
			if i, breaks, err = colon(b, i, breaks); err != nil {
				return false, err
			}
			next = wantValue
		case c == '"':
			if i, high, err = stringEnd(b, i+1, high); err != nil {
				return false, err
			}
			next = wantMore
		case c == '{', c == '[':
			if nest.depth == maxDepth {
				return false, &syntaxError{i, fmt.Sprintf("Document nesting depth exceeds the maximum allowed (%d)", maxDepth)}
			}
			i++
			next = nest.open(c)
		default:
			if i, err = scalarEnd(b, i); err != nil {
				return false, err
			}
			next = wantMore
		}
		if nest.depth == 0 && next == wantMore {
			return documentEnd(b, i, breaks, high)
		}
	}
}

// documentEnd checks what follows the document at i, and the characters beyond ASCII in all of it.
func documentEnd(b []byte, i int, breaks bool, high uint64) (bool, error) {
	for ; i < len(b); i++ {
		if !isSpace(b[i]) {
			return false, unexpected(b, i, "after the end of the document")
		}
	}
	if high != 0 && !utf8.Valid(b) {
		return false, &syntaxError{invalidUTF8(b), "Invalid UTF-8 byte"}
	}
	return breaks, nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// colon passes the colon behind a field name.
func colon(b []byte, i int, breaks bool) (int, bool, error) {
	for i < len(b) && isSpace(b[i]) {
		breaks = breaks || b[i] == '\n' || b[i] == '\r'
		i++
	}
	if i == len(b) || b[i] != ':' {
		return i, breaks, unexpected(b, i, "where a colon was expected")
	}
	return i + 1, breaks, nil
}
