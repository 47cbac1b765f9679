package dynamodb

import (
	"strings"
	"unicode/utf8"
)

// token is one lexical unit of an expression: text[start:end] of its source.
type token struct {
	text       string
	start, end int
}

// endOfInput is the text of the token after the last one, as error messages name it.
const endOfInput = "<EOF>"

// tokenize never fails: a character that means nothing becomes a token no rule accepts.
func tokenize(s string) []token {
	var out []token
	for i := 0; i < len(s); {
		if strings.IndexByte(" \t\r\n", s[i]) >= 0 {
			i++
			continue
		}
		n := tokenLength(s[i:])
		out = append(out, token{s[i : i+n], i, i + n})
		i += n
	}
	return append(out, token{endOfInput, len(s), len(s)})
}

func tokenLength(s string) int {
	switch c := s[0]; {
	case strings.HasPrefix(s, "<>") || strings.HasPrefix(s, "<=") || strings.HasPrefix(s, ">="):
		return 2
	case isLetter(c):
		return 1 + span(s[1:], isWordByte)
	case (c == '#' || c == ':') && len(s) > 1:
		return 1 + span(s[1:], isWordByte)
	case isDigit(c):
		return span(s, isDigit)
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func span(s string, in func(byte) bool) int {
	n := 0
	for n < len(s) && in(s[n]) {
		n++
	}
	return n
}

func isLetter(c byte) bool   { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool    { return c >= '0' && c <= '9' }
func isWordByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }

func (t token) isName() bool {
	return isLetter(t.text[0]) || t.text[0] == '#' && len(t.text) > 1
}

func (t token) isValue() bool { return t.text[0] == ':' && len(t.text) > 1 }
