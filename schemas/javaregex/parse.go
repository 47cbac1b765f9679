package javaregex

import (
	"slices"
	"unicode/utf8"
)

// flags are those that a pattern can set inside itself.
type flags uint8

const (
	caseless flags = 1 << iota
	unixLines
	multiline
	dotAll
	unicodeCase
	comments
	unicodeClass
)

// parser reads a pattern as Java does, with the same look-ahead: the places in messages follow from it.
type parser struct {
	text   string
	chars  []rune // with two zeros behind the end
	length int
	cursor int
	flags  flags
	depth  int
	repeat []*repetition // what remembers places, so that a loop can tell what it has inside
	Pattern
}

func newParser(text string) *parser {
	chars := unquote([]rune(text))
	return &parser{text: text, length: len(chars), chars: append(slices.Clip(chars), 0, 0),
		Pattern: Pattern{text: text, groups: 1, names: map[string]int{}}}
}

func (p *parser) fail(description string) {
	panic(&SyntaxError{description, p.cursor - 1, p.text})
}

// unsupported refuses what Java accepts.
func (p *parser) unsupported(construct string) {
	p.fail(construct + " cannot be used here, though Java knows it,")
}

func (p *parser) pattern() *Pattern {
	c := p.expression()
	if p.cursor != p.length {
		if p.peek() == ')' {
			p.fail("Unmatched closing ')'")
		}
		p.fail("Unexpected internal error")
	}
	c.end(&lastNode{})
	p.root = c.first
	var s shape
	s.reset()
	p.root.study(&s)
	p.minLength = int(s.min)
	return &p.Pattern
}

func (p *parser) at(i int) rune {
	if i < 0 || i >= len(p.chars) {
		return 0
	}
	return p.chars[i]
}

func (p *parser) has(f flags) bool { return p.flags&f != 0 }

func (p *parser) peek() rune {
	if p.has(comments) {
		p.passSpace()
	}
	return p.at(p.cursor)
}

func (p *parser) read() rune {
	if p.has(comments) {
		p.passSpace()
	}
	c := p.at(p.cursor)
	p.cursor++
	return c
}

func (p *parser) next() rune {
	p.cursor++
	return p.peek()
}

func (p *parser) nextEscaped() rune {
	p.cursor++
	return p.at(p.cursor)
}

// skip passes over two characters and returns the second, whatever it is.
func (p *parser) skip() rune {
	c := p.at(p.cursor + 1)
	p.cursor += 2
	return c
}

func (p *parser) passSpace() {
	for {
		c := p.at(p.cursor)
		switch {
		case c == ' ' || c >= '\t' && c <= '\r':
			p.cursor++
		case c == '#':
			for c != 0 && !p.endsLine(c) {
				p.cursor++
				c = p.at(p.cursor)
			}
			if c == 0 && p.cursor >= p.length {
				return
			}
			if c == 0 { // a comment ends at a NUL, which then stands for itself
				return
			}
		default:
			return
		}
	}
}

func (p *parser) endsLine(c rune) bool {
	if p.has(unixLines) {
		return c == '\n'
	}
	return isTerminator(c)
}

func isTerminator(c rune) bool { return c == '\n' || c == '\r' || c|1 == 0x2029 || c == 0x85 }

// enter bounds the depth of a pattern.
func (p *parser) enter() {
	if p.depth++; p.depth > maxNesting {
		p.fail("Groups or classes that are nested more than 200 deep cannot be used here, though Java knows them,")
	}
}

// expression reads alternatives, up to a closing parenthesis or the end.
func (p *parser) expression() chain {
	p.enter()
	defer func() { p.depth-- }()
	first := p.sequence()
	if p.peek() != '|' {
		return first
	}
	join := &joint{}
	b := &branch{join: join}
	for alternative := first; ; alternative = p.sequence() {
		if !alternative.empty() {
			alternative.end(join)
		}
		b.alternatives = append(b.alternatives, alternative.first) // nil goes on directly
		if p.peek() != '|' {
			break
		}
		p.next()
	}
	return chain{b, join}
}

func (p *parser) sequence() chain {
	var c chain
	for {
		switch ch := p.peek(); ch {
		case '(':
			c.add(p.group())
			continue
		case '|', ')':
			return c
		case '?', '*', '+':
			p.next()
			p.fail("Dangling meta character '" + string(ch) + "'")
		case 0:
			if p.cursor >= p.length {
				return c
			}
		}
		n := p.single()
		if _, ok := n.(*lineEnding); ok {
			c.add(p.repeatGroup(p.wrap(n)))
			continue
		}
		c.add(solo(p.closure(n)))
	}
}

// single reads what one repetition applies to: a character, a class, an assertion, or as many characters as follow.
func (p *parser) single() node {
	switch p.peek() {
	case '[':
		return p.property(p.class(true))
	case '\\':
		if c := p.nextEscaped(); c == 'p' || c == 'P' {
			return p.property(p.family(c == 'P'))
		}
		p.cursor--
	case '^':
		p.next()
		return p.caret()
	case '$':
		p.next()
		return &dollar{multiline: p.has(multiline), unix: p.has(unixLines)}
	case '.':
		p.next()
		return &char{set: p.dot()} // Java does not look for whole characters for it
	}
	return p.atom()
}

func (p *parser) caret() node {
	if !p.has(multiline) {
		return &begin{}
	}
	return &caret{unix: p.has(unixLines)}
}

func (p *parser) dot() set {
	switch {
	case p.has(dotAll):
		return set{has: func(rune) bool { return true }}
	case p.has(unixLines):
		return set{has: func(r rune) bool { return r != '\n' }}
	}
	return set{has: func(r rune) bool { return !isTerminator(r) }}
}

// atom reads literal characters. The last one is left to a repetition that follows it.
func (p *parser) atom() node {
	var text []rune
	before := -1
	ch := p.peek()
loop:
	for {
		switch ch {
		case '*', '+', '?', '{':
			if len(text) > 1 {
				p.cursor = before
				text = text[:len(text)-1]
			}
			break loop
		case '$', '.', '^', '(', '[', '|', ')':
			break loop
		case '\\':
			if c := p.nextEscaped(); c == 'p' || c == 'P' {
				p.cursor-- // never the first: that is not an atom
				if len(text) > 0 {
					break loop
				}
			} else {
				p.cursor--
			}
			before = p.cursor
			e := p.escape(false, len(text) == 0, false)
			if e.literal {
				text = append(text, e.char)
				ch = p.peek()
				continue
			}
			if len(text) == 0 {
				return e.node
			}
			p.cursor = before
			break loop
		case 0:
			if p.cursor >= p.length {
				break loop
			}
		}
		before = p.cursor
		text = append(text, ch)
		ch = p.next()
	}
	for _, c := range text {
		p.supplementary = p.supplementary || c > 0xffff
	}
	if len(text) == 1 {
		return p.property(p.char(text[0]))
	}
	return p.literal(text)
}

func (p *parser) literal(text []rune) node {
	n := &slice{length: len(text)}
	for _, c := range text {
		n.sets = append(n.sets, p.char(c))
	}
	return n
}

func (p *parser) property(s set) node {
	if !s.bmp {
		p.supplementary = true
	}
	return &char{set: s}
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff && r <= utf8.MaxRune {
			n++
		}
	}
	return n
}
