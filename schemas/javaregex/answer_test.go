package javaregex

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
)

// question is what Java and we are asked.
type question struct{ pattern, text, replacement string }

func (q question) line() string {
	return hexOf(q.pattern) + "," + hexOf(q.text) + "," + hexOf(q.replacement)
}

func hexOf(s string) string {
	var b strings.Builder
	for _, u := range encode(s) {
		fmt.Fprintf(&b, "%04x", u)
	}
	return b.String()
}

// answer is ours, in the words of testdata/Oracle.java; "" for what we do not answer: what we alone refuse, and what
// takes too long.
func (q question) answer() string {
	p, err := Compile(q.pattern)
	if err != nil {
		if strings.Contains(err.Error(), "cannot be used here") || strings.Contains(err.Error(), "not supported: ") {
			return ""
		}
		return "refused " + hexOf(err.Error())
	}
	var b strings.Builder
	m, err := p.Match(q.text)
	if err != nil {
		return ""
	}
	b.WriteString("-")
	if m != nil {
		b.Reset()
		b.WriteString("matches" + spans(m, p))
	}
	found, err := p.FindAll(q.text, 0)
	if err != nil {
		return ""
	}
	for _, m := range found {
		b.WriteString(" found" + spans(m, p))
	}
	replaced, err := p.ReplaceAll(q.text, q.replacement)
	if err != nil {
		return b.String() + " error " + hexOf(errors.Unwrap(err).Error())
	}
	return b.String() + " replaced " + hexOf(replaced)
}

func spans(m *Match, p *Pattern) string {
	var b strings.Builder
	for g := range p.Groups() + 1 {
		start, end := m.Span(g)
		fmt.Fprintf(&b, " %d:%d", start, end)
	}
	return b.String()
}

// maker makes patterns, texts for them, and replacements.
type maker struct {
	*rand.Rand
	groups int
}

func (m *maker) pick(of ...string) string { return of[m.IntN(len(of))] }

func (m *maker) question() question {
	m.groups = 0
	var text strings.Builder
	for range m.IntN(12) {
		text.WriteString(m.pick("a", "b", "a", "b", "c", "A", "B", "1", "_", " ", "-", ".", "\n", "\r\n", "\r", "x", "é", "É", "s", "ſ", "K", "😀", "Ω", "\u2028", "\u0301"))
	}
	pattern := m.expression(3)
	if m.IntN(5) == 0 {
		pattern = m.pick("(?i)", "(?iu)", "(?m)", "(?s)", "(?d)", "(?x)", "(?U)", "(?md)", "(?iU)") + pattern
	}
	if m.IntN(12) == 0 && pattern != "" { // something is missing
		r := []rune(pattern)
		at := m.IntN(len(r))
		pattern = string(r[:at]) + string(r[at+1:])
	}
	if m.IntN(20) == 0 {
		r := []rune(pattern)
		at := m.IntN(len(r) + 1)
		pattern = string(r[:at]) + m.pick("(", ")", "[", "]", "{", "}", "\\", "*", "?", "+", "|", "^", "&&", "-", "#", " ", "\\Q", "\\E", "(?") + string(r[at:])
	}
	return question{pattern, text.String(), m.pick("<$0>", "-", "$1", "[${n}]", `\$`, "$", "$12", "${", "x$0y", `\`, "", "${1}", "$x")}
}

func (m *maker) expression(depth int) string {
	s := m.sequence(depth)
	for m.IntN(4) == 0 {
		s += "|" + m.sequence(depth)
	}
	return s
}

func (m *maker) sequence(depth int) string {
	var b strings.Builder
	for range m.IntN(4) {
		b.WriteString(m.atom(depth))
		if m.IntN(3) == 0 {
			b.WriteString(m.pick("*", "+", "?", "{2}", "{1,2}", "{0,3}", "{1,}", "{0}"))
			b.WriteString(m.pick("", "", "", "?", "+"))
		}
	}
	return b.String()
}

func (m *maker) atom(depth int) string {
	if depth > 0 && m.IntN(3) == 0 {
		switch m.IntN(12) {
		case 0, 1, 2, 3:
			m.groups++
			return "(" + m.expression(depth-1) + ")"
		case 4, 5:
			return "(?:" + m.expression(depth-1) + ")"
		case 6:
			return "(?>" + m.expression(depth-1) + ")"
		case 7:
			return m.pick("(?=", "(?!") + m.expression(depth-1) + ")"
		case 8:
			return m.pick("(?<=", "(?<!") + m.expression(depth-1) + ")"
		case 9:
			return "(?<n>" + m.expression(depth-1) + ")"
		case 10:
			return m.pick("(?i:", "(?-i:", "(?s:", "(?i)(?:", "(?x: ", "(?u-i:") + m.expression(depth-1) + ")"
		}
		return `\Q` + m.pick("a", ".", "a*", "1", "[", `\`) + `\E`
	}
	switch m.IntN(10) {
	case 0, 1:
		return m.class(2)
	case 2:
		return m.pick(`\d`, `\D`, `\w`, `\W`, `\s`, `\S`, `\h`, `\H`, `\v`, `\V`, `\R`, ".", ".", ".")
	case 3:
		return m.pick("^", "$", `\b`, `\B`, `\A`, `\z`, `\Z`, `\G`)
	case 4:
		return m.pick(`\1`, `\2`, `\k<n>`, `\11`, `\1`)
	case 5:
		return m.property()
	case 6:
		return m.pick(`\x61`, `\u0061`, `\x{1F600}`, `\ud83d\ude00`, `\t`, `\n`, `\r`, `\0141`, `\cA`, `\.`, `\-`, `\_`, "é", "😀", "K", "ſ", "k", "s", "Ω", " ", "#")
	}
	return m.pick("a", "b", "c", "ab", "A", "1", "abc", "x", "-", ".")
}

func (m *maker) property() string {
	return m.pick(`\p`, `\P`) + m.pick("L", "{Lu}", "{L}", "{Alpha}", "{Punct}", "{IsLatin}", "{InGreek}", "{javaLowerCase}", "{IsAlphabetic}", "{Upper}",
		"{sc=Grek}", "{blk=Basic Latin}", "{gc=Nd}", "{LC}", "{IsUppercase}", "{Digit}", "{IsWhite_Space}", "{javaLetterOrDigit}", "N", "{M}", "{Space}", "{Foo}", "{IsL}", "{L1}", "{all}", "{ASCII}", "{Lower}", "{Graph}", "{Cntrl}", "{XDigit}", "{Blank}", "{Print}", "{Alnum}")
}

func (m *maker) class(depth int) string {
	var b strings.Builder
	b.WriteString("[")
	if m.IntN(3) == 0 {
		b.WriteString("^")
	}
	for range 1 + m.IntN(4) {
		switch m.IntN(12) {
		case 0:
			if depth > 0 {
				b.WriteString(m.class(depth - 1))
			}
		case 1:
			b.WriteString("&&")
		case 2:
			b.WriteString(m.pick("a-c", "A-Z", "a-z", "0-9", "à-ÿ", "k-z", `\x61-\x63`, "a-", "-b", "Α-ω"))
		case 3:
			b.WriteString(m.pick(`\d`, `\w`, `\s`, `\W`, `\h`, `\v`, `\]`, `\n`, `\-`))
		case 4:
			b.WriteString(m.property())
		case 5:
			b.WriteString(m.pick("^", "&", "-", "é", "😀", ".", "$", "K", "ſ", " ", "#", "|", "(", "{"))
		default:
			b.WriteString(m.pick("a", "b", "c", "A", "1", "x", "_"))
		}
	}
	return b.String() + "]"
}
