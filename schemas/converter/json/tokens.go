package json

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Masks that look at the eight bytes of a word at once.
const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stringEnd returns the offset behind the closing quote of the string whose content starts at i. The eight-byte steps
// find the first byte that is a quote, a backslash or a control character: in a word, (x-lows)&^x&highs marks the
// bytes that are zero, and the lowest mark is never a false one.
func stringEnd(b []byte, i int, high uint64) (int, uint64, error) {
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		high |= w & highs
		quote := w ^ '"'*lows
		slash := w ^ '\\'*lows
		if (((quote-lows)&^quote)|((slash-lows)&^slash)|((w-' '*lows)&^w))&highs == 0 {
			i += 8
			continue
		}
		for b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
			i++
		}
		if b[i] == '"' {
			return i + 1, high, nil
		}
		var err error
		if i, err = escapeEnd(b, i); err != nil {
			return i, high, err
		}
	}
	for i < len(b) {
		switch c := b[i]; {
		case c == '"':
			return i + 1, high, nil
		case c == '\\' || c < ' ':
			var err error
			if i, err = escapeEnd(b, i); err != nil {
				return i, high, err
			}
		default:
			high |= uint64(c & 0x80)
			i++
		}
	}
	return i, high, unexpected(b, i, "in a string")
}

// escapeEnd returns the offset behind the escape at i, and refuses the control character that may stand there instead.
func escapeEnd(b []byte, i int) (int, error) {
	if b[i] < ' ' {
		return i, unexpected(b, i, "in a string: control characters must be escaped")
	}
	i++
	if i == len(b) {
		return i, unexpected(b, i, "in a string")
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1, nil
	case 'u':
		for n := 1; n <= 4; n++ {
			if i+n >= len(b) || !isHex(b[i+n]) {
				return i, unexpected(b, i+n, "where a hex digit was expected")
			}
		}
		return i + 5, nil
	}
	return i, unexpected(b, i, "in an escape")
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// scalarEnd returns the offset behind the number or the literal at i.
func scalarEnd(b []byte, i int) (int, error) {
	switch b[i] {
	case 't':
		return literalEnd(b, i, "true")
	case 'f':
		return literalEnd(b, i, "false")
	case 'n':
		return literalEnd(b, i, "null")
	}
	return numberEnd(b, i)
}

// literalEnd also refuses what would make the literal a longer word; numbers and words have no end of their own.
func literalEnd(b []byte, i int, word string) (int, error) {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return i, unexpected(b, i, "where a value was expected")
	}
	return i + len(word), nil
}

func numberEnd(b []byte, i int) (int, error) {
	start := i
	if b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	case i < len(b) && b[i] >= '1' && b[i] <= '9':
		i = digitsEnd(b, i)
	case i == start:
		return i, unexpected(b, i, "where a value was expected")
	default:
		return i, unexpected(b, i, "in a number")
	}
	if i < len(b) && b[i] == '.' {
		digits := i + 1
		if i = digitsEnd(b, digits); i == digits {
			return i, unexpected(b, i, "in a number")
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		digits := i + 1
		if digits < len(b) && (b[digits] == '+' || b[digits] == '-') {
			digits++
		}
		if i = digitsEnd(b, digits); i == digits {
			return i, unexpected(b, i, "in a number")
		}
	}
	if i-start > maxNumberLength {
		return i, &syntaxError{start, fmt.Sprintf("Number value length (%d) exceeds the maximum allowed (%d)", i-start, maxNumberLength)}
	}
	return i, nil
}

func digitsEnd(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

// invalidUTF8 finds the first byte that is not part of a character.
func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(b)
}
