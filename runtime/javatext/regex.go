package javatext

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// regexRefusal says what is wrong with a pattern in the words of Java, for the mistakes that are mistakes there too.
// Other patterns are refused in Go's words, for example those that look around: Go's engine has no such thing.
func regexRefusal(pattern string, err error) string {
	var wrong *syntax.Error
	if !errors.As(err, &wrong) {
		return err.Error()
	}
	switch wrong.Code {
	case syntax.ErrMissingBracket:
		return javaPlace("Unclosed character class", pattern, len(pattern)-1)
	case syntax.ErrMissingParen:
		return javaPlace("Unclosed group", pattern, len(pattern))
	case syntax.ErrUnexpectedParen:
		return javaPlace("Unmatched closing ')'", pattern, unmatched(pattern)-1)
	case syntax.ErrMissingRepeatArgument:
		if at := dangling(pattern); at >= 0 {
			return javaPlace(fmt.Sprintf("Dangling meta character '%c'", pattern[at]), pattern, at)
		}
	case syntax.ErrInvalidRepeatOp:
		if at := strings.Index(pattern, wrong.Expr) + 1; !strings.HasSuffix(wrong.Expr, "+") {
			return javaPlace(fmt.Sprintf("Dangling meta character '%c'", pattern[at]), pattern, at)
		}
	case syntax.ErrInvalidCharRange:
		if strings.Contains(wrong.Expr, "-") {
			return javaPlace("Illegal character range", pattern, endOf(wrong.Expr, pattern))
		}
	case syntax.ErrInvalidRepeatSize:
		if low, high, ok := strings.Cut(strings.Trim(wrong.Expr, "{}"), ","); ok && high != "" && (len(low) > len(high) || len(low) == len(high) && low > high) {
			return javaPlace("Illegal repetition range", pattern, endOf(wrong.Expr, pattern))
		}
	case syntax.ErrTrailingBackslash:
		return javaPlace("Unexpected internal error", pattern, len(pattern))
	}
	return err.Error()
}

// endOf is the place of the last byte of part in pattern.
func endOf(part, pattern string) int { return strings.Index(pattern, part) + len(part) - 1 }

// counted is a repetition with braces, as Java reads it.
var counted = regexp.MustCompile(`^\{\d+(,\d*)?\}`)

// wrongBrace says what is wrong with a brace outside brackets that Go takes for a character and Java for a repetition;
// "" for nothing.
func wrongBrace(pattern string) string {
	inClass := 0
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			if i++; i < len(pattern) && strings.IndexByte("pPxN", pattern[i]) >= 0 && strings.HasPrefix(pattern[i+1:], "{") {
				i++ // the brace belongs to the escape
			}
		case c == '[':
			inClass++
		case c == ']' && inClass > 0:
			inClass--
		case c != '{' || inClass > 0 || i > 0 && counted.MatchString(pattern[i:]):
		case i > 0 && i+1 < len(pattern) && pattern[i+1] >= '0' && pattern[i+1] <= '9':
			digits := len(pattern[i+1:]) - len(strings.TrimLeft(pattern[i+1:], "0123456789"))
			return javaPlace("Unclosed counted closure", pattern, i+1+digits)
		default:
			return javaPlace("Illegal repetition", pattern, i+1)
		}
	}
	return ""
}

// javaPlace points at a byte of pattern as Java does.
func javaPlace(what, pattern string, at int) string {
	if at >= 0 {
		what += fmt.Sprintf(" near index %d", at)
	}
	what += "\n" + pattern
	if at >= 0 && at < len(pattern) {
		what += "\n" + strings.Repeat(" ", at) + "^"
	}
	return what
}

// dangling finds a repetition of nothing, -1 when there is none.
func dangling(pattern string) int {
	for i := range len(pattern) {
		if strings.IndexByte("*+?", pattern[i]) >= 0 && (i == 0 || pattern[i-1] == '(' || pattern[i-1] == '|') {
			return i
		}
	}
	return -1
}

// unmatched finds the first parenthesis that closes nothing.
func unmatched(pattern string) int {
	open := 0
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '(':
			open++
		case ')':
			if open--; open < 0 {
				return i
			}
		}
	}
	return len(pattern)
}
