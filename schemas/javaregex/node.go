package javaregex

// node is a step of a pattern. match says whether the step and all that follow it succeed at place i. A step that fails
// leaves captures as they were, except those that an inner run (a look-around, an atomic group) had already set: so in Java.
type node interface {
	match(m *machine, i int) bool
	study(s *shape) bool
	follow(next node)
}

// shape is what Java finds out about lengths, with the width of its numbers: it decides what look-behind accepts and
// which groups are run in a simpler way.
type shape struct {
	min, max      int32
	unbounded     bool
	deterministic bool
}

func (s *shape) reset() { *s = shape{deterministic: true} }

// chain is a sequence of steps; the next one is put behind the last.
type chain struct{ first, last node }

func solo(n node) chain { return chain{n, n} }

func (c *chain) empty() bool { return c.first == nil }

func (c *chain) add(d chain) {
	switch {
	case d.empty():
	case c.empty():
		*c = d
	default:
		c.last.follow(d.first)
		c.last = d.last
	}
}

// end puts the last step behind all others.
func (c *chain) end(n node) { c.add(solo(n)) }

// step is the link that every node has.
type step struct{ next node }

func (s *step) follow(next node) { s.next = next }

func (s *step) study(info *shape) bool {
	if s.next == nil {
		return info.deterministic
	}
	return s.next.study(info)
}

type lastNode struct{ step }

func (n *lastNode) match(m *machine, i int) bool {
	if m.whole && i != len(m.in) {
		return false
	}
	m.last = i
	m.groups[0], m.groups[1] = m.first, i
	return true
}

type char struct {
	step
	set set
}

func (n *char) match(m *machine, i int) bool {
	if i >= len(m.in) {
		return false
	}
	m.spend(n.set.cost())
	c, width := m.at(i)
	return n.set.has(c) && m.run(n.next, i+width)
}

func (n *char) study(s *shape) bool {
	s.min++
	s.max++
	return n.step.study(s)
}

// slice is a text.
type slice struct {
	step
	sets   []set
	length int
}

func (n *slice) match(m *machine, i int) bool {
	for _, s := range n.sets {
		if i >= len(m.in) {
			return false
		}
		c, width := m.at(i)
		if !s.has(c) {
			return false
		}
		i += width
		m.spend(1)
	}
	return m.run(n.next, i)
}

func (n *slice) study(s *shape) bool {
	s.min += int32(n.length)
	s.max += int32(n.length)
	return n.step.study(s)
}

type groupHead struct {
	step
	local int
}

func (n *groupHead) match(m *machine, i int) bool {
	saved := m.locals[n.local]
	m.locals[n.local] = i
	ok := m.run(n.next, i)
	m.locals[n.local] = saved
	return ok
}

type groupTail struct {
	step
	local, index int
}

func (n *groupTail) match(m *machine, i int) bool {
	start := m.locals[n.local]
	if start < 0 { // a groupCurly runs the group, and keeps its captures itself
		m.last = i
		return true
	}
	if n.index == 0 {
		return m.run(n.next, i)
	}
	g := m.groups[2*n.index : 2*n.index+2]
	a, b := g[0], g[1]
	g[0], g[1] = start, i
	if m.run(n.next, i) {
		return true
	}
	g[0], g[1] = a, b
	return false
}

// joint is where alternatives meet.
type joint struct{ step }

func (n *joint) match(m *machine, i int) bool { return m.run(n.next, i) }

func (n *joint) study(s *shape) bool { return s.deterministic }

type branch struct {
	step         // not used: what follows is behind join
	alternatives []node
	join         *joint
}

func (n *branch) match(m *machine, i int) bool {
	for _, a := range n.alternatives {
		if a == nil {
			a = n.join.next
		}
		if m.run(a, i) {
			return true
		}
	}
	return false
}

func (n *branch) study(s *shape) bool {
	before := *s
	low, high, unbounded := int32(endless), int32(-1), before.unbounded
	for _, a := range n.alternatives {
		s.reset()
		if a != nil {
			a.study(s)
		}
		low, high, unbounded = min(low, s.min), max(high, s.max), unbounded || s.unbounded
	}
	s.reset()
	n.join.step.study(s)
	s.min += before.min + low
	s.max += before.max + high
	s.unbounded = s.unbounded || unbounded
	s.deterministic = false
	return false
}

// look looks ahead.
type look struct {
	step
	inner    node
	negative bool
}

func (n *look) match(m *machine, i int) bool {
	return m.run(n.inner, i) != n.negative && m.run(n.next, i)
}

type atomic struct {
	step
	inner node
}

func (n *atomic) match(m *machine, i int) bool {
	return m.run(n.inner, i) && m.run(n.next, m.last)
}

func (n *atomic) study(s *shape) bool {
	n.inner.study(s)
	return n.step.study(s)
}

type behind struct {
	step
	inner     node
	low, high int
	negative  bool
	whole     bool // counts characters instead of units
}

func (n *behind) match(m *machine, i int) bool {
	from, at := int(int32(i)-int32(n.high)), i-n.low // endless lengths overflow, as in Java
	if n.whole {
		from, at = m.back(i, n.high), m.back(i, n.low)
	}
	from = max(from, 0)
	saved := m.behindTo
	m.behindTo = i
	m.looking++
	found := false
	for ; !found && at >= from; at-- {
		if n.whole && at > 0 && at < i && isLow(m.in[at]) && isHigh(m.in[at-1]) {
			continue
		}
		found = m.run(n.inner, at)
	}
	m.looking--
	m.behindTo = saved
	return found != n.negative && m.run(n.next, i)
}

type behindEnd struct{ step }

func (n *behindEnd) match(m *machine, i int) bool { return i == m.behindTo }

// reference is what a group has captured, again.
type reference struct {
	step
	group             int
	caseless, unicode bool
}

func (n *reference) match(m *machine, i int) bool {
	if 2*n.group >= len(m.groups) {
		return false
	}
	start, end := m.groups[2*n.group], m.groups[2*n.group+1]
	if start < 0 || i+end-start > len(m.in) {
		return false
	}
	m.spend(end - start)
	to := i + end - start
	for x, y := i, start; y < end; {
		c, width := m.at(x)
		d, other := m.at(y)
		if c != d && !n.same(c, d) {
			return false
		}
		x, y = x+width, y+other
	}
	return m.run(n.next, to)
}

func (n *reference) same(c, d rune) bool {
	switch {
	case !n.caseless:
		return false
	case n.unicode:
		return fold(c) == fold(d)
	}
	return c < 0x80 && d < 0x80 && isAlpha(c) && c|0x20 == d|0x20
}

func (n *reference) study(s *shape) bool {
	s.unbounded = true
	return n.step.study(s)
}
