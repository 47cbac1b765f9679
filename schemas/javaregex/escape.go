package javaregex

import (
	"strconv"
)

// escaped is what an escape stands for: a literal character, a set, or (outside classes) a node.
type escaped struct {
	literal bool
	char    rune
	set     set
	node    node
}

// escape reads an escape from its backslash on. create is false when the caller only wants to know whether it is literal;
// ranges is true at the beginning of a range in a class.
func (p *parser) escape(inClass, create, ranges bool) escaped {
	ch := p.skip()
	lit := func(r rune) escaped { return escaped{literal: true, char: r} }
	switch ch {
	case '0':
		return lit(p.octal())
	case 'a':
		return lit(7)
	case 'c':
		if p.cursor >= p.length {
			p.fail("Illegal control escape sequence")
		}
		return lit(p.read() ^ 64)
	case 'e':
		return lit(27)
	case 'f':
		return lit('\f')
	case 'n':
		return lit('\n')
	case 'r':
		return lit('\r')
	case 't':
		return lit('\t')
	case 'u':
		return lit(p.unicodeEscape())
	case 'x':
		return lit(p.hexadecimal())
	case 'd', 'D', 'h', 'H', 's', 'S', 'v', 'V', 'w', 'W':
		if ch == 'v' && ranges {
			return lit('\v')
		}
		s := p.shorthand(ch)
		if !create {
			return escaped{set: s}
		}
		return escaped{set: s, node: p.property(s)}
	case 'N':
		p.unsupported(`Naming a character with \N{…}`)
	}
	if !isAlpha(ch) && !isDigit(ch) {
		if ch == 0 && p.cursor > p.length {
			return lit(0)
		}
		return lit(ch)
	}
	if !inClass {
		if n := p.assertion(ch, create); n != nil {
			return escaped{node: n}
		}
	}
	p.fail("Illegal/unsupported escape sequence")
	return escaped{}
}

// assertion reads the escapes that stand for no character of their own.
func (p *parser) assertion(ch rune, create bool) node {
	switch ch {
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if !create { // it will be read again
			return &begin{}
		}
		return p.reference(int(ch - '0'))
	case 'A':
		return &begin{}
	case 'B':
		return &bound{not: true, unicode: p.has(unicodeClass)}
	case 'G':
		return &lastMatch{}
	case 'R':
		return &lineEnding{}
	case 'X':
		p.unsupported(`A grapheme cluster (\X)`)
	case 'Z':
		return &dollar{unix: p.has(unixLines)}
	case 'z':
		return &end{}
	case 'b':
		if p.peek() == '{' && p.at(p.cursor+1) == 'g' {
			p.cursor += 2
			if p.read() == '}' {
				p.unsupported(`A boundary of grapheme clusters (\b{g})`)
			}
			return nil
		}
		return &bound{unicode: p.has(unicodeClass)}
	case 'k':
		if p.read() != '<' {
			p.fail(`\k is not followed by '<' for named capturing group`)
		}
		name := p.groupName(p.read())
		index, ok := p.names[name]
		if !ok {
			p.fail("named capturing group <" + name + "> does not exist")
		}
		return p.referenceTo(index)
	}
	return nil
}

// reference takes further digits as long as there are groups of such numbers.
func (p *parser) reference(n int) node {
	for {
		ch := p.peek()
		if !isDigit(ch) || p.groups-1 < 10*n+int(ch-'0') {
			return p.referenceTo(n)
		}
		n = 10*n + int(ch-'0')
		p.read()
	}
}

func (p *parser) referenceTo(n int) node {
	p.references = true
	return &reference{group: n, caseless: p.has(caseless), unicode: p.has(unicodeCase)}
}

func (p *parser) octal() rune {
	n := p.read() - '0'
	if n < 0 || n > 7 {
		p.fail("Illegal octal escape sequence")
	}
	m := p.read() - '0'
	if m < 0 || m > 7 {
		p.cursor--
		return n
	}
	o := p.read() - '0'
	if o < 0 || o > 7 || n > 3 {
		p.cursor--
		return 8*n + m
	}
	return 64*n + 8*m + o
}

func (p *parser) hexadecimal() rune {
	n := p.read()
	if isHex(n) {
		if m := p.read(); isHex(m) {
			return 16*hexValue(n) + hexValue(m)
		}
	} else if n == '{' && isHex(p.peek()) {
		var c rune
		for n = p.read(); isHex(n); n = p.read() {
			if c = 16*c + hexValue(n); c > 0x10ffff {
				p.fail("Hexadecimal codepoint is too big")
			}
		}
		if n != '}' {
			p.fail("Unclosed hexadecimal escape sequence")
		}
		return p.whole(c)
	}
	p.fail("Illegal hexadecimal escape sequence")
	return 0
}

// whole refuses half of a pair: there is none in a text of ours, and Java looks for them in a way of its own.
func (p *parser) whole(c rune) rune {
	if c >= 0xd800 && c <= 0xdfff {
		p.unsupported("Half of a surrogate pair (\\u" + strconv.FormatInt(int64(c), 16) + ")")
	}
	return c
}

func (p *parser) unicodeEscape() rune {
	n := p.fourDigits()
	if n >= 0xd800 && n <= 0xdbff {
		here := p.cursor
		if first, second := p.read(), p.read(); first == '\\' && second == 'u' {
			if m := p.fourDigits(); m >= 0xdc00 && m <= 0xdfff {
				return (n-0xd800)<<10 + (m - 0xdc00) + 0x10000
			}
		}
		p.cursor = here
	}
	return p.whole(n)
}

func (p *parser) fourDigits() rune {
	var n rune
	for range 4 {
		d := p.read()
		if !isHex(d) {
			p.fail("Illegal Unicode escape sequence")
		}
		n = 16*n + hexValue(d)
	}
	return n
}
