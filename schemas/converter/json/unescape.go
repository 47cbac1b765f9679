package json

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// isName compares a validated, still escaped member name with name.
func isName(escaped []byte, name string) bool {
	if bytes.IndexByte(escaped, '\\') < 0 {
		return string(escaped) == name
	}
	return unescape(string(escaped)) == name
}

// unescape resolves the escapes of a validated string. A surrogate without its other half becomes U+FFFD: Go strings
// are UTF-8, which has no place for it.
func unescape(s string) string {
	at := strings.IndexByte(s, '\\')
	if at < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for at >= 0 {
		out = append(out, s[:at]...)
		out, s = unescapeOne(out, s[at+1:])
		at = strings.IndexByte(s, '\\')
	}
	return string(append(out, s...))
}

// unescapeOne appends what the escape stands for whose backslash was before s, and returns the rest of s.
func unescapeOne(out []byte, s string) ([]byte, string) {
	switch c := s[0]; c {
	case 'b':
		return append(out, '\b'), s[1:]
	case 'f':
		return append(out, '\f'), s[1:]
	case 'n':
		return append(out, '\n'), s[1:]
	case 'r':
		return append(out, '\r'), s[1:]
	case 't':
		return append(out, '\t'), s[1:]
	case 'u':
		r := hexRune(s[1:])
		s = s[5:]
		if utf16.IsSurrogate(r) && strings.HasPrefix(s, `\u`) {
			if pair := utf16.DecodeRune(r, hexRune(s[2:])); pair != utf8.RuneError {
				return utf8.AppendRune(out, pair), s[6:]
			}
		}
		return utf8.AppendRune(out, r), s // a lone surrogate is appended as U+FFFD
	default: // quote, backslash, slash
		return append(out, c), s[1:]
	}
}

func hexRune(s string) rune {
	n, _ := strconv.ParseUint(s[:4], 16, 16) // validated: four hex digits
	return rune(n)
}
