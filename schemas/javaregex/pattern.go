package javaregex

import (
	"errors"
	"fmt"
	"strings"
)

// MaxPattern is the length in bytes of the longest pattern.
const MaxPattern = 1 << 14

const maxNesting = 200

// ErrTooExpensive is the error of a match that takes more steps than any text of its length warrants.
var ErrTooExpensive = errors.New("the pattern takes too many steps for this text; make its repetitions exclude one another")

// SyntaxError says why a pattern is refused, as Java's PatternSyntaxException does.
type SyntaxError struct {
	Description string
	Index       int // in characters of Pattern; negative for none
	Pattern     string
}

// Error is the text of the exception: what is wrong, where, the pattern, and a mark below the place.
func (e *SyntaxError) Error() string {
	var b strings.Builder
	b.WriteString(e.Description)
	if e.Index >= 0 {
		fmt.Fprintf(&b, " near index %d", e.Index)
	}
	b.WriteString("\n" + e.Pattern)
	if e.Index >= 0 && e.Index < units(e.Pattern) {
		b.WriteString("\n" + strings.Repeat(" ", e.Index) + "^")
	}
	return b.String()
}

// Pattern is a compiled pattern. It may be used by many goroutines at once.
type Pattern struct {
	text          string
	root          node
	groups        int // with the whole match as the first
	names         map[string]int
	locals        int
	minLength     int
	references    bool
	supplementary bool // look for a match at whole characters only
}

// Compile reads a pattern. Its error is a *SyntaxError, in Java's words where Java refuses the pattern too, or says that
// the pattern is too long.
func Compile(pattern string) (p *Pattern, err error) {
	if len(pattern) > MaxPattern {
		return nil, fmt.Errorf("the pattern is longer than %d bytes", MaxPattern)
	}
	ps := newParser(pattern)
	defer func() {
		if r := recover(); r != nil {
			refusal, ok := r.(*SyntaxError)
			if !ok {
				panic(r)
			}
			p, err = nil, refusal
		}
	}()
	return ps.pattern(), nil
}

// String returns the text that was compiled.
func (p *Pattern) String() string { return p.text }

// Groups returns the number of capturing groups, without the whole match.
func (p *Pattern) Groups() int { return p.groups - 1 }
