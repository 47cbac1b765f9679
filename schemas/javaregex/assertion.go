package javaregex

import "unicode"

type begin struct{ step }

func (n *begin) match(m *machine, i int) bool { return i == 0 && m.run(n.next, i) }

type end struct{ step }

func (n *end) match(m *machine, i int) bool { return i == len(m.in) && m.run(n.next, i) }

type lastMatch struct{ step }

func (n *lastMatch) match(m *machine, i int) bool { return i == m.oldLast && m.run(n.next, i) }

// caret is ^ of (?m).
type caret struct {
	step
	unix bool
}

func (n *caret) match(m *machine, i int) bool {
	if i > 0 {
		c := rune(m.in[i-1])
		if n.unix {
			if c != '\n' {
				return false
			}
		} else if !isTerminator(c) || c == '\r' && i < len(m.in) && m.in[i] == '\n' {
			return false
		}
	}
	return i != len(m.in) && m.run(n.next, i)
}

// dollar is $ and \Z.
type dollar struct {
	step
	multiline, unix bool
}

func (n *dollar) match(m *machine, i int) bool { return n.here(m, i) && m.run(n.next, i) }

func (n *dollar) here(m *machine, i int) bool {
	left := len(m.in) - i
	if left == 0 {
		return true
	}
	c := rune(m.in[i])
	switch {
	case n.unix:
		return c == '\n' && (n.multiline || left == 1)
	case !isTerminator(c) || c == '\n' && i > 0 && m.in[i-1] == '\r':
		return false
	}
	return n.multiline || left == 1 || left == 2 && c == '\r' && m.in[i+1] == '\n'
}

// bound is \b and \B.
type bound struct {
	step
	not, unicode bool
}

func (n *bound) match(m *machine, i int) bool {
	left, right := false, false
	if i > 0 {
		c, width := m.before(i)
		left = n.word(c) || unicode.Is(unicode.Mn, c) && n.base(m, i-width)
	}
	if i < len(m.in) {
		c, _ := m.at(i)
		right = n.word(c) || unicode.Is(unicode.Mn, c) && n.base(m, i)
	}
	return (left != right) != n.not && m.run(n.next, i)
}

func (n *bound) word(c rune) bool {
	if n.unicode {
		return word(c)
	}
	return asciiWord(c)
}

// base reports whether a mark at i stands behind a letter, perhaps with other marks between.
func (n *bound) base(m *machine, i int) bool {
	for i > 0 {
		c, width := m.before(i)
		if unicode.In(c, unicode.L, unicode.Nd) {
			return true
		}
		if !unicode.Is(unicode.Mn, c) {
			return false
		}
		i -= width
		m.spend(1)
	}
	return false
}

// lineEnding is \R.
type lineEnding struct{ step }

func (n *lineEnding) match(m *machine, i int) bool {
	if i >= len(m.in) {
		return false
	}
	c := rune(m.in[i])
	switch {
	case c == '\r':
		return i+1 < len(m.in) && m.in[i+1] == '\n' && m.run(n.next, i+2) || m.run(n.next, i+1)
	case c >= 10 && c <= 12 || c == 0x85 || c|1 == 0x2029:
		return m.run(n.next, i+1)
	}
	return false
}

func (n *lineEnding) study(s *shape) bool {
	s.min++
	s.max += 2
	return n.step.study(s)
}
