package javaregex

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// Bounds of one run. A step takes some 20 ns; a place that is remembered some 60 bytes.
const (
	maxSteps   = 500_000
	stepsPer   = 100 // for each unit of the text
	maxDepth   = 100_000
	maxPlaces  = 200_000
	rememberAt = 2_000 // steps after which places are remembered
)

// machine is one run of a pattern over a text.
type machine struct {
	in       []uint16
	groups   []int
	locals   []int
	whole    bool // the match has to end with the text
	first    int
	last     int // where the last inner run ended
	oldLast  int
	behindTo int
	looking  int // look-behinds under way
	depth    int
	steps    int
	budget   int
	refers   bool
	failed   map[place]bool
}

func (p *Pattern) machine(in []uint16) *machine {
	return &machine{in: in, groups: make([]int, 2*p.groups), locals: make([]int, p.locals), refers: p.references,
		budget: maxSteps + stepsPer*len(in)}
}

func (m *machine) run(n node, i int) bool {
	if n == nil {
		m.last = i
		return true
	}
	m.spend(1)
	if m.depth++; m.depth > maxDepth {
		panic(ErrTooExpensive)
	}
	ok := n.match(m, i)
	m.depth--
	return ok
}

func (m *machine) spend(steps int) {
	if m.steps += steps; m.steps > m.budget {
		panic(ErrTooExpensive)
	}
}

func (m *machine) remembers() bool {
	return m.steps > rememberAt && !m.refers && m.looking == 0
}

func (m *machine) remember(p place, ok bool) {
	if ok && len(m.failed) < maxPlaces {
		if m.failed == nil {
			m.failed = map[place]bool{}
		}
		m.failed[p] = true
	}
}

func isHigh(u uint16) bool { return u&0xfc00 == 0xd800 }

func isLow(u uint16) bool { return u&0xfc00 == 0xdc00 }

// at returns the character at i and its width in units.
func (m *machine) at(i int) (rune, int) {
	u := m.in[i]
	if isHigh(u) && i+1 < len(m.in) && isLow(m.in[i+1]) {
		return utf16.DecodeRune(rune(u), rune(m.in[i+1])), 2
	}
	return rune(u), 1
}

func (m *machine) before(i int) (rune, int) {
	u := m.in[i-1]
	if isLow(u) && i > 1 && isHigh(m.in[i-2]) {
		return utf16.DecodeRune(rune(m.in[i-2]), rune(u)), 2
	}
	return rune(u), 1
}

// back goes some characters back, -1 when there are not so many.
func (m *machine) back(i, n int) int {
	for ; n > 0; n-- {
		if i <= 0 {
			return -1
		}
		_, width := m.before(i)
		i -= width
	}
	return i
}

// reset forgets captures. Java does so once for each search, not for each place that it tries.
func (m *machine) reset() {
	for g := range m.groups {
		m.groups[g] = -1
	}
	for l := range m.locals {
		m.locals[l] = -1
	}
}

func (m *machine) start(p *Pattern, i int) bool {
	m.first = i
	return m.run(p.root, i)
}

func (m *machine) find(p *Pattern, from int) bool {
	m.reset()
	for i := from; i <= len(m.in)-p.minLength; i++ {
		if p.supplementary && i > from && i < len(m.in) && isLow(m.in[i]) && isHigh(m.in[i-1]) {
			continue
		}
		if m.start(p, i) {
			m.oldLast = m.last
			return true
		}
	}
	return false
}

// guard turns the end of a budget into an error.
func guard(err *error) {
	if r := recover(); r != nil {
		if r != any(ErrTooExpensive) {
			panic(r)
		}
		*err = ErrTooExpensive
	}
}

// Match is what a pattern has found. Places are counted in UTF-16 units, as in Java.
type Match struct {
	in     []uint16
	groups []int
}

// Span returns where group n begins and ends, -1 and -1 if it took no part. Group 0 is the whole match.
func (m *Match) Span(n int) (start, end int) { return m.groups[2*n], m.groups[2*n+1] }

// Group returns what group n captured; ok is false if it took no part.
func (m *Match) Group(n int) (text string, ok bool) {
	start, end := m.Span(n)
	if start < 0 {
		return "", false
	}
	return decode(m.in[start:end]), true
}

// decode writes half a pair as Java does when it writes UTF-8.
func decode(u []uint16) string {
	var b strings.Builder
	for i := 0; i < len(u); i++ {
		switch {
		case isHigh(u[i]) && i+1 < len(u) && isLow(u[i+1]):
			b.WriteRune(utf16.DecodeRune(rune(u[i]), rune(u[i+1])))
			i++
		case isHigh(u[i]) || isLow(u[i]):
			b.WriteByte('?')
		default:
			b.WriteRune(rune(u[i]))
		}
	}
	return b.String()
}

func encode(s string) []uint16 { return utf16.Encode([]rune(s)) }

// Matches reports whether the pattern matches the whole of a text, as Matcher.matches does.
func (p *Pattern) Matches(text string) (bool, error) {
	m, err := p.Match(text)
	return m != nil, err
}

// Match matches the whole of a text, and returns nil if the pattern does not.
func (p *Pattern) Match(text string) (match *Match, err error) {
	defer guard(&err)
	m := p.machine(encode(text))
	m.whole = true
	m.reset()
	if len(m.in) < p.minLength || !m.start(p, 0) {
		return nil, nil
	}
	return &Match{m.in, m.groups}, nil
}

// FindAll returns the matches that Matcher.find finds one after the other, at most limit if that is positive.
func (p *Pattern) FindAll(text string, limit int) (found []*Match, err error) {
	defer guard(&err)
	m := p.machine(encode(text))
	for from := 0; from <= len(m.in) && m.find(p, from); {
		found = append(found, &Match{m.in, append([]int(nil), m.groups...)})
		if len(found) == limit {
			break
		}
		from = m.last
		if m.last == m.first {
			from++
		}
	}
	return found, nil
}

// Find returns the first match inside a text, nil if there is none.
func (p *Pattern) Find(text string) (*Match, error) {
	found, err := p.FindAll(text, 1)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// ReplaceFirst replaces the first match, as Matcher.replaceFirst does.
func (p *Pattern) ReplaceFirst(text, replacement string) (string, error) {
	return p.replace(text, replacement, 1)
}

// ReplaceAll replaces every match, as Matcher.replaceAll does.
func (p *Pattern) ReplaceAll(text, replacement string) (string, error) {
	return p.replace(text, replacement, 0)
}

func (p *Pattern) replace(text, replacement string, limit int) (string, error) {
	found, err := p.FindAll(text, limit)
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return text, nil
	}
	r := encode(replacement)
	var out []uint16
	last := 0
	for _, m := range found {
		out = append(out, m.in[last:m.groups[0]]...)
		if out, err = p.expand(out, m, r); err != nil {
			return "", fmt.Errorf("replace by %q: %w", replacement, err)
		}
		if len(out) > maxReplaced {
			return "", fmt.Errorf("replace by %q: the text grows beyond %d characters", replacement, maxReplaced)
		}
		last = m.groups[1]
	}
	return decode(append(out, found[0].in[last:]...)), nil
}
