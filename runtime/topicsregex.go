package runtime

import (
	"fmt"
	"regexp"
	"regexp/syntax"
)

// maxPattern bounds the text of a pattern and the size of the program made of it: x{1000} is a thousand instructions,
// and a match takes time for each of them and each character.
const maxPattern = 1 << 16

// maxTopic is the length of the longest name that Kafka allows a topic.
const maxTopic = 249

// compileTopics reads a pattern of topic names, unless it would take more memory and time than its use warrants.
func compileTopics(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("the pattern is longer than %d bytes", maxPattern)
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if instructions(parsed) > maxPattern {
		return nil, fmt.Errorf("the pattern repeats more than %d parts", maxPattern)
	}
	return regexp.Compile("^(?:" + pattern + ")$")
}

// instructions estimates the size of the program of a pattern. The parser lets nothing be repeated more than a thousand
// times in all, so that the number stays small.
func instructions(re *syntax.Regexp) int {
	n := 1
	if re.Op == syntax.OpLiteral {
		n = len(re.Rune)
	}
	for _, sub := range re.Sub {
		n += instructions(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(1, re.Min, re.Max)
	}
	return n
}
