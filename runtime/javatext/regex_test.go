package javatext

import "testing"

// TestPatternsAreRefusedInJavasWords: the words are those of the Java worker 4.3.1.
func TestPatternsAreRefusedInJavasWords(t *testing.T) {
	for pattern, want := range map[string]string{
		"lab-.*": "", "a{1}": "", "a{1,}|b{2,3}": "", "[a{]": "", `\{`: "", `\p{Lu}`: "", "(?i)x": "", "}": "",
		"[":       "Unclosed character class near index 0\n[\n^",
		"a[b":     "Unclosed character class near index 2\na[b\n  ^",
		"(a":      "Unclosed group near index 2\n(a",
		")":       "Unmatched closing ')'\n)",
		"a)b":     "Unmatched closing ')' near index 0\na)b\n^",
		"*":       "Dangling meta character '*' near index 0\n*\n^",
		"a|?":     "Dangling meta character '?' near index 2\na|?\n  ^",
		"a**":     "Dangling meta character '*' near index 2\na**\n  ^",
		"a[z-a]b": "Illegal character range near index 4\na[z-a]b\n    ^",
		"a{2,1}":  "Illegal repetition range near index 5\na{2,1}\n     ^",
		`a\`:      "Unexpected internal error near index 2\na\\",
		"a{b":     "Illegal repetition near index 2\na{b\n  ^",
		"{":       "Illegal repetition near index 1\n{",
		"a{,3}":   "Illegal repetition near index 2\na{,3}\n  ^",
		"${env}":  "Illegal repetition near index 2\n${env}\n  ^",
		"a{1":     "Unclosed counted closure near index 3\na{1",
	} {
		if got := TopicsRefusal(pattern); got != want {
			t.Errorf("%q: %q, want %q", pattern, got, want)
		}
	}
}
