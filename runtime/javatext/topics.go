package javatext

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"sync"
)

// Bounds of a pattern. A short text may stand for a large program: x{1000} is a thousand instructions, \pL a list of a
// thousand characters. Every task has a program of its own, and a match takes time for each instruction and character.
const (
	maxPattern = 1 << 14 // bytes
	maxProgram = 1 << 16 // instructions and characters
)

// MaxTopic is the length of the longest name that Kafka allows a topic.
const MaxTopic = 249

// CompileTopics reads a pattern of topic names, unless it would take more memory and time than its use warrants.
func CompileTopics(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("the pattern is longer than %d bytes", maxPattern)
	}
	compiling.Lock()
	defer compiling.Unlock()
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if size(parsed) > maxProgram {
		return nil, fmt.Errorf("the pattern stands for more than %d characters and repetitions", maxProgram)
	}
	return regexp.Compile("^(?:" + pattern + ")$")
}

// compiling keeps the parsers of many requests from needing their memory at the same time: a pattern of the longest kind
// takes 70 MB until its size is known.
var compiling sync.Mutex

// size estimates how large the program of a pattern is. The parser lets nothing be repeated more than a thousand
// times in all, so that the number stays small.
func size(re *syntax.Regexp) int {
	n := 1
	if len(re.Rune) > 0 { // a literal, or a class
		n = len(re.Rune)
	}
	for _, sub := range re.Sub {
		n += size(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(1, re.Min, re.Max)
	}
	return n
}

// TopicsRefusal says why pattern cannot be a pattern of topic names, in Java's words where Java refuses it too; "" when it can.
func TopicsRefusal(pattern string) string {
	if _, err := CompileTopics(pattern); err != nil { // before anybody reads a pattern that may be very long
		return regexRefusal(pattern, err)
	}
	return wrongBrace(pattern)
}
