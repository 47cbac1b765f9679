package javaregex

// repetition is what a repetition has tried in vain. The key holds all that the rest of a match depends on.
type repetition struct {
	id    int32
	outer *loop
}

type place struct {
	id, at int32
	state  [6]int32
}

// placeOf is the key of a place; ok is false where it cannot be told apart from others.
func (r *repetition) placeOf(m *machine, i, count int) (place, bool) {
	if !m.remembers() {
		return place{}, false
	}
	key := place{id: r.id, at: int32(i)}
	key.state[0] = int32(count)
	n := 1
	for o := r.outer; o != nil; o = o.outer {
		if n+2 > len(key.state) {
			return place{}, false
		}
		key.state[n], key.state[n+1] = int32(o.counted(m)), int32(m.locals[o.begin])
		n += 2
	}
	return key, true
}

// chars is x* and x+ for a single character x.
type chars struct {
	step
	*repetition
	set set
	min int
}

func (n *chars) match(m *machine, i int) bool {
	start, count := i, 0
	for i < len(m.in) {
		c, width := m.at(i)
		if !n.set.has(c) {
			break
		}
		i += width
		count++
		m.spend(1 + n.set.cost())
	}
	for ; count >= n.min; count-- {
		key, ok := n.placeOf(m, i, 0)
		if !ok || !m.failed[key] {
			if m.run(n.next, i) {
				return true
			}
			m.remember(key, ok)
		}
		if count == n.min {
			return false
		}
		_, width := m.before(i)
		i = max(start, i-width)
	}
	return false
}

func (n *chars) study(s *shape) bool {
	s.min += int32(n.min)
	s.max += endless
	s.deterministic = false
	return n.step.study(s)
}

// option is x? for what is no group.
type option struct {
	step
	inner node
	kind  kind
}

func (n *option) match(m *machine, i int) bool {
	switch n.kind {
	case greedy:
		return m.run(n.inner, i) && m.run(n.next, m.last) || m.run(n.next, i)
	case lazy:
		return m.run(n.next, i) || m.run(n.inner, i) && m.run(n.next, m.last)
	}
	if m.run(n.inner, i) {
		i = m.last
	}
	return m.run(n.next, i)
}

func (n *option) study(s *shape) bool {
	low := s.min
	n.inner.study(s)
	s.min = low
	s.deterministic = false
	return n.step.study(s)
}

// studyRepeated is the shape of something that is repeated.
func studyRepeated(s *shape, q quantifier, inner node, next *step) bool {
	before := *s
	s.reset()
	inner.study(s)
	low := s.min*int32(q.min) + before.min
	if low < before.min {
		low = 0xfffffff
	}
	s.min = low
	high := s.max*int32(q.max) + before.max
	if before.unbounded || s.unbounded {
		s.unbounded = true
	} else {
		s.max = high
		s.unbounded = high < before.max
	}
	if s.deterministic && q.min == q.max {
		s.deterministic = before.deterministic
	} else {
		s.deterministic = false
	}
	return next.study(s)
}

// curly repeats what is no group, and groups that never give back.
type curly struct {
	step
	*repetition
	quantifier
	inner node
}

func (n *curly) study(s *shape) bool { return studyRepeated(s, n.quantifier, n.inner, &n.step) }

func (n *curly) match(m *machine, i int) bool {
	for range n.min {
		if !m.run(n.inner, i) {
			return false
		}
		if m.last == i && !m.refers {
			break // the others are as empty
		}
		i = m.last
	}
	switch n.kind {
	case greedy:
		return n.greedy(m, i, n.min)
	case lazy:
		return n.lazy(m, i)
	}
	for j := n.min; j < n.max && m.run(n.inner, i) && m.last != i; j++ {
		i = m.last
	}
	return m.run(n.next, i)
}

func (n *curly) greedy(m *machine, i, j int) bool {
	if j >= n.max {
		return m.run(n.next, i)
	}
	least := j
	if m.run(n.inner, i) && m.last != i {
		k := m.last - i
		i = m.last
		for j++; j < n.max && m.run(n.inner, i); j++ {
			if m.last != i+k {
				if n.greedy(m, m.last, j+1) {
					return true
				}
				break
			}
			i += k
		}
		for ; j >= least; j-- {
			key, ok := n.placeOf(m, i, 0)
			if !ok || !m.failed[key] {
				if m.run(n.next, i) {
					return true
				}
				m.remember(key, ok)
			}
			i -= k
		}
		return false
	}
	return m.run(n.next, i)
}

func (n *curly) lazy(m *machine, i int) bool {
	for j := n.min; ; j++ {
		key, ok := n.placeOf(m, i, 0)
		if !ok || !m.failed[key] {
			if m.run(n.next, i) {
				return true
			}
			m.remember(key, ok)
		}
		if j >= n.max || !m.run(n.inner, i) || m.last == i {
			return false
		}
		i = m.last
	}
}

// groupCurly repeats a group that can match in one way only.
type groupCurly struct {
	step
	quantifier
	inner        node
	index, local int
}

func (n *groupCurly) study(s *shape) bool { return studyRepeated(s, n.quantifier, n.inner, &n.step) }

func (n *groupCurly) captured(m *machine) (int, int) {
	return m.groups[2*n.index], m.groups[2*n.index+1]
}

func (n *groupCurly) capture(m *machine, a, b int) {
	if n.index > 0 {
		m.groups[2*n.index], m.groups[2*n.index+1] = a, b
	}
}

func (n *groupCurly) match(m *machine, i int) bool {
	local := m.locals[n.local]
	m.locals[n.local] = -1
	a, b := n.captured(m)
	ok := n.least(m, &i)
	if ok {
		if n.kind == greedy {
			ok = n.greedy(m, i, n.min)
		} else {
			ok = n.lazy(m, i)
		}
	}
	if !ok {
		n.capture(m, a, b)
	}
	m.locals[n.local] = local
	return ok
}

func (n *groupCurly) least(m *machine, i *int) bool {
	for range n.min {
		if !m.run(n.inner, *i) {
			return false
		}
		n.capture(m, *i, m.last)
		if m.last == *i && !m.refers {
			break // the others are as empty
		}
		*i = m.last
	}
	return true
}

func (n *groupCurly) greedy(m *machine, i, j int) bool {
	a, b := n.captured(m)
	if j < n.max && m.run(n.inner, i) {
		k := m.last - i
		if k <= 0 {
			n.capture(m, i, i+k)
			i += k
		} else {
			least := j
			for {
				n.capture(m, i, i+k)
				i += k
				if j++; j >= n.max || !m.run(n.inner, i) {
					break
				}
				if m.last != i+k {
					if n.greedy(m, i, j) {
						return true
					}
					break
				}
			}
			for j > least {
				if m.run(n.next, i) {
					n.capture(m, i-k, i)
					return true
				}
				i -= k
				n.capture(m, i-k, i)
				j--
			}
		}
	}
	n.capture(m, a, b)
	return m.run(n.next, i)
}

func (n *groupCurly) lazy(m *machine, i int) bool {
	for j := n.min; ; j++ {
		if m.run(n.next, i) {
			return true
		}
		if j >= n.max || !m.run(n.inner, i) || m.last == i {
			return false
		}
		n.capture(m, i, m.last)
		i = m.last
	}
}

// prolog enters a loop.
type prolog struct {
	step
	loop *loop
}

func (n *prolog) study(s *shape) bool { return n.loop.study(s) }

func (n *prolog) match(m *machine, i int) bool { return n.loop.enter(m, i) }

// loop repeats a group that can match in several ways; it stands behind the group.
type loop struct {
	step
	*repetition
	quantifier
	body         node
	begin, count int // locals
}

func (n *loop) study(s *shape) bool {
	s.unbounded, s.deterministic = true, false
	return false
}

// counted is the count as far as it matters.
func (n *loop) counted(m *machine) int {
	if n.max == endless {
		return min(m.locals[n.count], n.min)
	}
	return m.locals[n.count]
}

func (n *loop) enter(m *machine, i int) bool {
	saved := m.locals[n.count]
	leave := func(ok bool) bool {
		m.locals[n.count] = saved
		return ok
	}
	if n.min == 0 && n.kind == lazy && m.run(n.next, i) {
		return leave(true)
	}
	if n.max > 0 {
		m.locals[n.count] = 1
		if m.run(n.body, i) {
			return leave(true)
		}
	}
	return leave(n.min == 0 && n.kind == greedy && m.run(n.next, i))
}

func (n *loop) match(m *machine, i int) bool {
	if i <= m.locals[n.begin] { // an empty round ends it
		return m.run(n.next, i)
	}
	count := m.locals[n.count]
	if count < n.min {
		return n.again(m, i, count)
	}
	key, ok := n.placeOf(m, i, n.counted(m))
	if ok && m.failed[key] {
		return false
	}
	found := false
	if n.kind == lazy {
		found = m.run(n.next, i) || count < n.max && n.again(m, i, count)
	} else {
		found = count < n.max && n.again(m, i, count) || m.run(n.next, i)
	}
	if !found {
		m.remember(key, ok)
	}
	return found
}

func (n *loop) again(m *machine, i, count int) bool {
	m.locals[n.count] = count + 1
	ok := m.run(n.body, i)
	if !ok {
		m.locals[n.count] = count
	}
	return ok
}
