package dynamodb

import "slices"

var (
	errNoAttribute = invalid("The provided expression refers to an attribute that does not exist in the item")
	errWrongType   = invalid("An operand in the update expression has an incorrect data type")
)

// change is what an action comes to once its operand is evaluated.
type change struct {
	path   path
	value  value
	remove bool
}

// applyUpdate gives the item after all actions. Every operand sees the item as it was.
func applyUpdate(old item, actions []action) (item, error) {
	changes := make([]change, 0, len(actions))
	for _, a := range actions {
		c, needed, err := a.resolve(old)
		if err != nil {
			return nil, err
		}
		if needed {
			changes = append(changes, c)
		}
	}
	slices.SortStableFunc(changes, compareChanges)
	root := value{kind: "M", attrs: old.clone()}
	for _, c := range changes {
		var err error
		if c.remove {
			root, err = c.path.remove(root)
		} else {
			root, err = c.path.set(root, c.value)
		}
		if err != nil {
			return nil, err
		}
	}
	return root.attrs, nil
}

// compareChanges puts assignments first, by rising index so that those past the
// end of a list append in order, then removals by falling index so that none
// shifts what another means.
func compareChanges(a, b change) int {
	switch {
	case a.remove && b.remove:
		return b.path.compare(a.path)
	case a.remove:
		return 1
	case b.remove:
		return -1
	}
	return a.path.compare(b.path)
}

// resolve evaluates an action; needed is false when it changes nothing.
func (a action) resolve(old item) (c change, needed bool, err error) {
	c.path = a.path
	if err := a.path.checkContainer(old); err != nil {
		return c, false, err
	}
	switch a.verb {
	case "REMOVE":
		c.remove = true
	case "SET":
		c.value, err = a.operand.source(old)
	case "ADD":
		c.value, err = addTo(a.path, a.operand.val, old)
	case "DELETE":
		return a.resolveDelete(old)
	}
	return c, true, err
}

func (a action) resolveDelete(old item) (change, bool, error) {
	current, ok := a.path.lookup(old)
	if !ok {
		return change{}, false, nil
	}
	gone := a.operand.val
	if current.kind != gone.kind {
		return change{}, false, errWrongType
	}
	left := slices.DeleteFunc(slices.Clone(current.set), func(s string) bool { return slices.Contains(gone.set, s) })
	c := change{path: a.path, value: value{kind: gone.kind, set: left}, remove: len(left) == 0}
	return c, true, nil
}

// source evaluates what a SET assigns.
func (n *node) source(old item) (value, error) {
	switch n.op {
	case "value":
		return n.val, nil
	case "path":
		v, ok := n.path.lookup(old)
		if !ok {
			return value{}, errNoAttribute
		}
		return v, nil
	case "call":
		return n.updateCall(old)
	}
	a, err := n.args[0].source(old)
	if err != nil {
		return value{}, err
	}
	b, err := n.args[1].source(old)
	if err != nil {
		return value{}, err
	}
	if a.kind != "N" || b.kind != "N" {
		return value{}, errWrongType
	}
	if n.op == "-" {
		return sumOf(a.number(), b.number().negated())
	}
	return sumOf(a.number(), b.number())
}

func sumOf(a, b number) (value, error) {
	n, err := a.plus(b)
	return numberValue(n), err
}

func (n *node) updateCall(old item) (value, error) {
	if n.name == "if_not_exists" {
		// The alternative must have a value even when it is not needed.
		alternative, err := n.args[1].source(old)
		if v, ok := n.args[0].path.lookup(old); ok && err == nil {
			return v, nil
		}
		return alternative, err
	}
	head, err := n.args[0].source(old)
	if err != nil {
		return value{}, err
	}
	tail, err := n.args[1].source(old)
	if err != nil {
		return value{}, err
	}
	if head.kind != "L" || tail.kind != "L" {
		return value{}, errWrongType
	}
	return value{kind: "L", list: slices.Concat(head.list, tail.list)}, nil
}

// addTo is the ADD action: a sum, the union of sets, or the operand itself when there was nothing.
func addTo(p path, amount value, old item) (value, error) {
	current, ok := p.lookup(old)
	switch {
	case !ok:
		return amount, nil
	case current.kind != amount.kind:
		return value{}, errWrongType
	case amount.kind == "N":
		return sumOf(current.number(), amount.number())
	}
	union := slices.Concat(current.set, amount.set)
	sortSet(amount.kind, union)
	return value{kind: amount.kind, set: slices.Compact(union)}, nil
}
