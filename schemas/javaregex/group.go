package javaregex

import "strings"

// group reads a parenthesis and what repeats it. An empty chain stands for flags alone.
func (p *parser) group() chain {
	saved := p.flags
	mark := len(p.repeat)
	ch := p.next()
	var head chain
	if ch != '?' {
		head = p.capture("")
		return p.close(head, saved, mark, false)
	}
	switch ch = p.skip(); ch {
	case ':':
		head = p.body(0)
	case '=', '!':
		head = solo(&look{inner: p.body(0).first, negative: ch == '!'})
		return p.close(head, saved, mark, true)
	case '>':
		head = solo(&atomic{inner: p.body(0).first})
		return p.close(head, saved, mark, true)
	case '<':
		if ch = p.read(); ch != '=' && ch != '!' {
			name := p.groupName(ch)
			if _, ok := p.names[name]; ok {
				p.fail("Named capturing group <" + name + "> is already defined")
			}
			head = p.capture(name)
			break
		}
		return p.close(p.behind(ch == '!'), saved, mark, true)
	case '$', '@':
		p.fail("Unknown group type")
	default:
		p.cursor--
		p.addFlags()
		ch = p.read()
		if ch == ')' {
			return chain{}
		}
		if ch != ':' {
			p.fail("Unknown inline modifier")
		}
		head = p.body(0)
	}
	return p.close(head, saved, mark, false)
}

// close reads the end of a group and its repetition.
func (p *parser) close(c chain, saved flags, mark int, zeroWidth bool) chain {
	c2 := p.read()
	if c2 != ')' {
		p.fail("Unclosed group")
	}
	p.flags = saved
	if zeroWidth {
		return solo(p.closure(c.first))
	}
	return p.repeated(c, mark)
}

// body reads the inside of a group that is the index-th, 0 for one that captures nothing.
func (p *parser) body(index int) chain {
	local := p.locals
	p.locals++
	head, tail := &groupHead{local: local}, &groupTail{local: local, index: index}
	inner := p.expression()
	if inner.empty() {
		head.next = tail
	} else {
		inner.end(tail)
		head.next = inner.first
	}
	return chain{head, tail}
}

func (p *parser) capture(name string) chain {
	index := p.groups
	p.groups++
	if name != "" {
		p.names[name] = index
	}
	return p.body(index)
}

func (p *parser) groupName(ch rune) string {
	if !isAlpha(ch) {
		p.fail("capturing group name does not start with a Latin letter")
	}
	var b strings.Builder
	for isAlpha(ch) || isDigit(ch) {
		b.WriteRune(ch)
		ch = p.read()
	}
	if ch != '>' {
		p.fail("named capturing group is missing trailing '>'")
	}
	return b.String()
}

func (p *parser) behind(negative bool) chain {
	start := p.cursor
	inner := p.body(0)
	end := &behindEnd{}
	inner.end(end)
	var s shape
	s.reset()
	inner.first.study(&s)
	if s.unbounded {
		p.fail("Look-behind group does not have an obvious maximum length")
	}
	b := &behind{inner: inner.first, low: int(s.min), high: int(s.max), negative: negative}
	for _, c := range p.chars[start:] {
		b.whole = b.whole || c > 0xffff
	}
	if b.whole && b.high < 0 {
		p.unsupported("A look-behind of several endless repetitions beside characters above U+FFFF")
	}
	return solo(b)
}

func (p *parser) addFlags() {
	on := true
	for {
		ch := p.peek()
		f, ok := map[rune]flags{'i': caseless, 'm': multiline, 's': dotAll, 'd': unixLines, 'u': unicodeCase,
			'x': comments, 'U': unicodeClass | unicodeCase, 'c': 0}[ch]
		switch {
		case ch == '-' && on:
			on = false
		case ch == 'c':
			p.unsupported("Canonical equivalence (the inline modifier c)")
		case !ok:
			return
		case on:
			p.flags |= f
		default:
			if ch == 'U' {
				f = unicodeClass | unicodeCase
			}
			p.flags &^= f
		}
		p.next()
	}
}

// quantifier is what a repetition says.
type quantifier struct {
	min, max int
	kind     kind
}

type kind int

const (
	greedy kind = iota
	lazy
	possessive
)

// endless is the count of a repetition without an upper bound.
const endless = 1<<31 - 1

func (p *parser) quantifier() (quantifier, bool) {
	switch ch := p.peek(); ch {
	case '?':
		p.next()
		return p.kind(0, 1), true
	case '*':
		p.next()
		return p.kind(0, endless), true
	case '+':
		p.next()
		return p.kind(1, endless), true
	case '{':
		return p.counted(), true
	}
	return quantifier{}, false
}

func (p *parser) counted() quantifier {
	ch := p.skip()
	if !isDigit(ch) {
		p.fail("Illegal repetition")
	}
	low, ch := p.number(ch)
	high := low
	if ch == ',' {
		high = endless
		if ch = p.read(); ch != '}' {
			high, ch = p.number0(ch)
		}
	}
	if ch != '}' {
		p.fail("Unclosed counted closure")
	}
	if high < low {
		p.fail("Illegal repetition range")
	}
	return p.kind(low, high)
}

func (p *parser) number0(ch rune) (int, rune) {
	if !isDigit(ch) {
		p.fail("Unclosed counted closure")
	}
	return p.number(ch)
}

func (p *parser) number(ch rune) (int, rune) {
	n := 0
	for isDigit(ch) {
		if n = 10*n + int(ch-'0'); n > endless {
			p.fail("Illegal repetition range")
		}
		ch = p.read()
	}
	return n, ch
}

func (p *parser) kind(low, high int) quantifier {
	switch p.peek() {
	case '?':
		p.next()
		return quantifier{low, high, lazy}
	case '+':
		p.next()
		return quantifier{low, high, possessive}
	}
	return quantifier{low, high, greedy}
}

// closure repeats something that is no group.
func (p *parser) closure(n node) node {
	optional := p.peek() == '?'
	q, ok := p.quantifier()
	switch {
	case !ok:
		return n
	case optional:
		return &option{inner: n, kind: q.kind}
	}
	if c, ok := n.(*char); ok && q.max == endless && q.min <= 1 && q.kind == greedy {
		return &chars{set: c.set, min: q.min, repetition: p.remember()}
	}
	return &curly{inner: n, quantifier: q, repetition: p.remember()}
}

func (p *parser) remember() *repetition {
	r := &repetition{id: int32(len(p.repeat))}
	p.repeat = append(p.repeat, r)
	return r
}

func (p *parser) wrap(n node) chain {
	local := p.locals
	p.locals++
	head, tail := &groupHead{local: local}, &groupTail{local: local}
	head.next = n
	n.follow(tail)
	return chain{head, tail}
}

func (p *parser) repeatGroup(c chain) chain { return p.repeated(c, len(p.repeat)) }

// repeated reads what repeats a group. What Java runs as a group that can match in one way only forgets less.
func (p *parser) repeated(c chain, mark int) chain {
	optional := p.peek() == '?'
	q, ok := p.quantifier()
	tail, _ := c.last.(*groupTail)
	head, _ := c.first.(*groupHead)
	switch {
	case !ok:
		return c
	case optional && q.kind == possessive:
		return solo(&option{inner: head, kind: possessive})
	case optional:
		join := &joint{}
		tail.next = join
		b := &branch{join: join, alternatives: []node{head, nil}}
		if q.kind == lazy {
			b.alternatives = []node{nil, head}
		}
		return chain{b, join}
	case q.kind == possessive:
		return solo(&curly{inner: head, quantifier: q, repetition: p.remember()})
	}
	var s shape
	s.reset()
	if head.study(&s) {
		return solo(&groupCurly{inner: head.next, quantifier: q, index: tail.index, local: tail.local})
	}
	l := &loop{body: head, quantifier: q, begin: head.local, count: p.locals, repetition: p.remember()}
	p.locals++
	for _, r := range p.repeat[mark:] {
		if r.outer == nil && r != l.repetition {
			r.outer = l
		}
	}
	tail.next = l
	return chain{&prolog{loop: l}, l}
}
