package javaregex

import (
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// recorded are questions and the answers of Java 17 and 25, which were the same.
//
//go:embed testdata/answers.txt
var recorded string

func TestRecordedAnswersOfJava(t *testing.T) {
	n := 0
	for line := range strings.Lines(recorded) {
		var q question
		if _, err := fmt.Sscanf(line, "%q %q %q", &q.pattern, &q.text, &q.replacement); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		asked := fmt.Sprintf("%+q %+q %+q ", q.pattern, q.text, q.replacement)
		if ours, java := q.answer(), strings.TrimSuffix(strings.TrimPrefix(line, asked), "\n"); ours != java {
			t.Errorf("%q on %q by %q:\nours %s\njava %s", q.pattern, q.text, q.replacement, ours, java)
		}
		n++
	}
	if n < 1000 {
		t.Errorf("only %d recorded answers", n)
	}
}

func compiled(t *testing.T, pattern string) *Pattern {
	t.Helper()
	p, err := Compile(pattern)
	if err != nil {
		t.Fatalf("%q: %v", pattern, err)
	}
	return p
}

// TestWholeTopics: patterns that users of Kafka Connect write.
func TestWholeTopics(t *testing.T) {
	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{"^(?!.*internal).*$", []string{"orders"}, []string{"orders.internal"}},
		{`\p{Alpha}+`, []string{"orders"}, []string{"orders1"}},
		{"[a-z&&[^x]]+", []string{"orders"}, []string{"box"}},
		{"a++b", []string{"aab"}, []string{"aaa"}},
		{`db\.(\w+)\.\1`, []string{"db.a.a"}, []string{"db.a.b"}},
		{`\Qa.b\E`, []string{"a.b"}, []string{"axb"}},
		{"lab-.*", []string{"lab-", "lab-x"}, []string{"xlab-x", "lab"}},
		{"a|ab", []string{"a", "ab"}, []string{"abc"}},
	} {
		p := compiled(t, c.pattern)
		for _, text := range c.yes {
			if got, err := p.Matches(text); err != nil || !got {
				t.Errorf("%q does not match %q: %v", c.pattern, text, err)
			}
		}
		for _, text := range c.no {
			if got, err := p.Matches(text); err != nil || got {
				t.Errorf("%q matches %q: %v", c.pattern, text, err)
			}
		}
	}
}

// TestBacktrackingIsBounded: what takes exponential time by trying everything ends, with the right answer or an error.
func TestBacktrackingIsBounded(t *testing.T) {
	topic := strings.Repeat("a", 248) + "!"
	for _, pattern := range []string{"(a+)+$", "(a|aa)+$", "(a*)*$", "(a|a|b)*c", "(a+)+b", "(.*)*x", "((a|b)+)+c", "(?:a?){100}b",
		"(.*)(.*)(.*)(.*)x", "(a{1,5}){1,9}b", "(?:(?:a|aa)+?)+?b", ".*?.*?.*?.*?b", "(?=(a+)+$)x"} {
		if got, err := compiled(t, pattern).Matches(topic); got || err != nil {
			t.Errorf("%q: %v %v", pattern, got, err)
		}
	}
	for _, pattern := range []string{`(a+)+\1b`, `(a|aa)+\1$`, `(.*)(.*)(.*)(.*)\4x`, "(){1000000000}\\1"} {
		if _, err := compiled(t, pattern).Matches(topic); !errors.Is(err, ErrTooExpensive) {
			t.Errorf("%q: %v", pattern, err)
		}
	}
	large := "[" + strings.Repeat("a-b", 5000) + "]*x"
	if _, err := compiled(t, large).Find(topic + topic); err != nil && !errors.Is(err, ErrTooExpensive) {
		t.Errorf("a large class: %v", err)
	}
	if _, err := compiled(t, "(a|b)*").Matches(strings.Repeat("ab", 100_000)); !errors.Is(err, ErrTooExpensive) {
		t.Errorf("a match of any depth: %v", err)
	}
}

func TestRefusalsOfOurOwnNameTheConstruct(t *testing.T) {
	for pattern, want := range map[string]string{
		`a\X`:                    `A grapheme cluster (\X)`,
		`\b{g}`:                  `\b{g}`,
		`\N{SPACE}`:              `\N{…}`,
		`\ud800`:                 "Half of a surrogate pair",
		`\p{IsEmoji}`:            "A property of emoji",
		`\p{javaMirrored}`:       `\p{javaMirrored}`,
		"(?c)a":                  "Canonical equivalence",
		strings.Repeat("(", 500): "nested",
		strings.Repeat("[", 500): "nested",
	} {
		var refusal *SyntaxError
		if _, err := Compile(pattern); !errors.As(err, &refusal) || !strings.Contains(refusal.Description, want) || refusal.Index < 0 {
			t.Errorf("%.20q: %v", pattern, err)
		}
	}
	if _, err := Compile(strings.Repeat("x", MaxPattern+1)); err == nil {
		t.Error("a pattern of any length is taken")
	}
}

// TestReplacements: what transforms do with the names of topics.
func TestReplacements(t *testing.T) {
	p := compiled(t, `(?<db>\w+)\.(\w+)`)
	for replacement, want := range map[string]string{
		"$2-${db}": "t-d t2-d2", `\$1`: "$1 $1", "$1": "d d2", "$25": "t5 t25", "": " ",
	} {
		if got, err := p.ReplaceAll("d.t d2.t2", replacement); got != want || err != nil {
			t.Errorf("%q: %q %v, want %q", replacement, got, err, want)
		}
	}
	if got, err := p.ReplaceFirst("d.t d2.t2", "x"); got != "x d2.t2" || err != nil {
		t.Errorf("%q %v", got, err)
	}
	if got, err := p.ReplaceAll("none", "$9"); got != "none" || err != nil {
		t.Errorf("%q %v", got, err)
	}
	for replacement, want := range map[string]string{
		"$3": "No group 3", "${x}": "No group with name {x}", "$": "Illegal group reference: group index is missing", `\`: "character to be escaped is missing",
	} {
		if _, err := p.ReplaceAll("d.t", replacement); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", replacement, err, want)
		}
	}
}

// FuzzPattern: whatever the pattern and the text, there is an answer, and no panic.
func FuzzPattern(f *testing.F) {
	m := maker{Rand: rand.New(rand.NewPCG(1, 0))}
	for range 200 {
		q := m.question()
		f.Add(q.pattern, q.text, q.replacement)
	}
	for _, pattern := range byHand {
		f.Add(pattern, "aab", "$1")
	}
	f.Fuzz(func(_ *testing.T, pattern, text, replacement string) {
		if len(text) < 1000 && len(replacement) < 100 {
			question{pattern, text, replacement}.answer()
		}
	})
}
