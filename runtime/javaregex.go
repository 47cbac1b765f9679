package runtime

import (
	"errors"
	"fmt"
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
	case syntax.ErrTrailingBackslash:
		return javaPlace("Unescaped trailing backslash", pattern, len(pattern))
	}
	return err.Error()
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
