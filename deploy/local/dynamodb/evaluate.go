package dynamodb

import (
	"slices"
	"strings"
	"unicode/utf16"
)

// holds evaluates a checked condition on an item; a nil item has no attributes.
func (n *node) holds(it item) bool {
	switch n.op {
	case "AND":
		return n.args[0].holds(it) && n.args[1].holds(it)
	case "OR":
		return n.args[0].holds(it) || n.args[1].holds(it)
	case "NOT":
		return !n.args[0].holds(it)
	case "call":
		return n.callHolds(it)
	case "BETWEEN":
		return n.betweenHolds(it)
	case "IN":
		v, ok := n.args[0].evaluate(it)
		return ok && slices.ContainsFunc(n.args[1:], func(c *node) bool {
			candidate, found := c.evaluate(it)
			return found && v.equal(candidate)
		})
	}
	return n.comparisonHolds(it)
}

func (n *node) comparisonHolds(it item) bool {
	a, aFound := n.args[0].evaluate(it)
	b, bFound := n.args[1].evaluate(it)
	switch n.op {
	case "=":
		return aFound && bFound && a.equal(b)
	case "<>":
		return !(aFound && bFound && a.equal(b))
	}
	order, ok := a.compare(b)
	if !aFound || !bFound || !ok {
		return false
	}
	switch n.op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func (n *node) betweenHolds(it item) bool {
	v, found := n.args[0].evaluate(it)
	low, lowFound := n.args[1].evaluate(it)
	high, highFound := n.args[2].evaluate(it)
	if !found || !lowFound || !highFound {
		return false
	}
	above, ok1 := v.compare(low)
	below, ok2 := v.compare(high)
	return ok1 && ok2 && above >= 0 && below <= 0
}

func (n *node) callHolds(it item) bool {
	v, found := n.args[0].evaluate(it)
	switch n.name {
	case "attribute_exists":
		return found
	case "attribute_not_exists":
		return !found
	}
	arg, argFound := n.args[1].evaluate(it)
	if !found || !argFound {
		return false
	}
	switch n.name {
	case "attribute_type":
		return arg.kind == "S" && v.kind == arg.text
	case "begins_with":
		return v.kind == arg.kind && (v.kind == "S" || v.kind == "B") && strings.HasPrefix(v.text, arg.text)
	}
	return v.contains(arg)
}

func (v value) contains(e value) bool {
	switch v.kind {
	case "S", "B":
		return e.kind == v.kind && strings.Contains(v.text, e.text)
	case "SS", "NS", "BS":
		return e.kind == v.kind[:1] && slices.Contains(v.set, e.text)
	case "L":
		return slices.ContainsFunc(v.list, e.equal)
	}
	return false
}

// evaluate gives the value of an operand; ok is false when there is none.
func (n *node) evaluate(it item) (v value, ok bool) {
	switch n.op {
	case "path":
		return n.path.lookup(it)
	case "value":
		return n.val, true
	}
	inner, ok := n.args[0].evaluate(it)
	if !ok {
		return value{}, false
	}
	return inner.sizeFunction()
}

// sizeFunction is the size() of expressions, which differs from the bytes
// counted for storage: a string counts UTF-16 units.
func (v value) sizeFunction() (value, bool) {
	n := 0
	switch v.kind {
	case "S":
		for _, r := range v.text {
			n += utf16.RuneLen(r)
		}
	case "B":
		n = len(v.text)
	case "SS", "NS", "BS":
		n = len(v.set)
	case "L":
		n = len(v.list)
	case "M":
		n = len(v.attrs)
	default:
		return value{}, false
	}
	return intValue(n), true
}
