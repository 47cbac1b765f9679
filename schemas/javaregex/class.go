package javaregex

import "unicode"

// set is a set of characters. bmp is true where Java looks at single UTF-16 units, since none of it needs two.
type set struct {
	has func(rune) bool
	bmp bool
	// parts is how many sets it was made of: what looking at a character costs.
	parts int
}

// cost is the steps that looking at a character takes.
func (s set) cost() int { return s.parts / 16 }

func (s set) union(t set) set {
	return set{func(r rune) bool { return s.has(r) || t.has(r) }, s.bmp && t.bmp, s.parts + t.parts + 1}
}

func (s set) and(t set) set {
	return set{func(r rune) bool { return s.has(r) && t.has(r) }, s.bmp && t.bmp, s.parts + t.parts + 1}
}

func (s set) negate() set {
	return set{has: func(r rune) bool { return !s.has(r) }, parts: s.parts + 1}
}

// class reads a class from its bracket on; without consume it is the right side of an intersection, which leaves its
// closing bracket to the left one.
func (p *parser) class(consume bool) set {
	p.enter()
	defer func() { p.depth-- }()
	var whole, singles *set
	negative := false
	join := func(to **set, s set) {
		if *to != nil {
			s = (*to).union(s)
		}
		*to = &s
	}
	for ch := p.next(); ; ch = p.peek() {
		switch ch {
		case '^':
			if p.at(p.cursor-1) == '[' && whole == nil && singles == nil && !negative {
				p.next()
				negative = true
				continue
			}
		case '[':
			join(&whole, p.class(true))
			continue
		case '&':
			if p.next() == '&' {
				right := p.intersected()
				if singles != nil {
					join(&whole, *singles)
					singles = nil
				}
				switch {
				case whole == nil && right == nil:
					p.fail("Bad class syntax")
				case right == nil: // Java 17 takes it for something else in each case
					p.fail("Bad intersection syntax")
				case whole == nil:
					whole = right
				default:
					s := whole.and(*right)
					whole = &s
				}
				continue
			}
			p.cursor--
		case 0:
			if p.cursor >= p.length {
				p.fail("Unclosed character class")
			}
		case ']':
			if whole != nil || singles != nil {
				if consume {
					p.next()
				}
				if singles != nil {
					join(&whole, *singles)
				}
				if negative {
					return whole.negate()
				}
				return *whole
			}
		}
		s, single := p.rangeOf()
		if single {
			join(&singles, s)
			continue
		}
		join(&whole, s)
	}
}

// intersected reads what stands right of &&.
func (p *parser) intersected() *set {
	var right *set
	for ch := p.next(); ch != ']' && ch != '&'; ch = p.peek() {
		if ch == 0 && p.cursor >= p.length {
			p.fail("Unclosed character class")
		}
		var s set
		if ch == '[' {
			s = p.class(true)
		} else {
			p.cursor--
			s = p.class(false)
		}
		if right != nil {
			s = right.union(s)
		}
		right = &s
	}
	return right
}

// rangeOf reads one character, range or escape of a class. single is true for what Java gathers apart: it is added last.
func (p *parser) rangeOf() (s set, single bool) {
	ch := p.peek()
	if ch == '\\' {
		if c := p.nextEscaped(); c == 'p' || c == 'P' {
			return p.family(c == 'P'), false
		}
		ranges := p.at(p.cursor+1) == '-'
		p.cursor--
		e := p.escape(true, true, ranges)
		if !e.literal {
			return e.set, false
		}
		ch = e.char
	} else {
		p.next()
	}
	if p.peek() == '-' {
		switch end := p.at(p.cursor + 1); end {
		case '[', ']':
		default:
			p.next()
			return p.rangeFrom(ch), false
		}
	}
	return p.char(ch), ch < 256 && !(p.has(caseless) && p.has(unicodeCase) && foldsAway(ch))
}

// foldsAway is true for the Latin-1 characters whose other cases are not Latin-1.
func foldsAway(ch rune) bool {
	switch ch {
	case 0xff, 0xb5, 'I', 'i', 'S', 's', 'K', 'k', 0xc5, 0xe5:
		return true
	}
	return false
}

func (p *parser) rangeFrom(low rune) set {
	high := p.peek()
	if high == '\\' {
		e := p.escape(true, false, true)
		high = -1
		if e.literal {
			high = e.char
		}
	} else {
		p.next()
	}
	if high < low {
		p.fail("Illegal character range")
	}
	in := func(r rune) bool { return low <= r && r <= high }
	switch {
	case p.has(caseless) && p.has(unicodeCase):
		return set{has: func(r rune) bool {
			up := unicode.ToUpper(r)
			return in(r) || in(up) || in(unicode.ToLower(up))
		}}
	case p.has(caseless):
		return set{has: func(r rune) bool {
			return in(r) || r < 0x80 && isAlpha(r) && in(r^0x20)
		}}
	}
	return set{has: in, bmp: high < 0xd800 || low > 0xdfff && high < 0x10000}
}

// char is the set of one character, and of its other cases if they are asked for.
func (p *parser) char(c rune) set {
	switch {
	case p.has(caseless) && p.has(unicodeCase):
		if folded := fold(c); folded != unicode.ToUpper(c) {
			return set{has: func(r rune) bool { return r == folded || fold(r) == folded }}
		}
	case p.has(caseless) && c < 0x80 && isAlpha(c):
		return set{has: func(r rune) bool { return r < 0x80 && r|0x20 == c|0x20 }, bmp: true}
	}
	return set{has: func(r rune) bool { return r == c }, bmp: c < 0x10000}
}

func fold(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }
