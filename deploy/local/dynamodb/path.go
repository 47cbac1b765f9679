package dynamodb

import (
	"slices"
	"strconv"
	"strings"
)

// step is one element of a document path: a map key or a list index.
type step struct {
	name    string
	index   int
	isIndex bool
}

type path []step

// String is the form error messages use.
func (p path) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		if parts[i] = s.name; s.isIndex {
			parts[i] = "[" + strconv.Itoa(s.index) + "]"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// compare orders paths so that a list's indexes ascend.
func (p path) compare(o path) int {
	return slices.CompareFunc(p, o, func(a, b step) int {
		if a.isIndex && b.isIndex {
			return a.index - b.index
		}
		return strings.Compare(a.name, b.name)
	})
}

func (p path) equal(o path) bool { return slices.Equal(p, o) }

// overlaps says that one path leads to or through the other.
func (p path) overlaps(o path) bool {
	n := min(len(p), len(o))
	return slices.Equal(p[:n], o[:n])
}

// conflicts says that the paths need one element to be both a map and a list.
func (p path) conflicts(o path) bool {
	n := 0
	for n < len(p) && n < len(o) && p[n] == o[n] {
		n++
	}
	return n < len(p) && n < len(o) && p[n].isIndex != o[n].isIndex
}

// lookup follows the path into an item.
func (p path) lookup(it item) (value, bool) {
	current := value{kind: "M", attrs: it}
	for _, s := range p {
		next, ok := current.child(s)
		if !ok {
			return value{}, false
		}
		current = next
	}
	return current, true
}

func (v value) child(s step) (value, bool) {
	if s.isIndex {
		if v.kind != "L" || s.index >= len(v.list) {
			return value{}, false
		}
		return v.list[s.index], true
	}
	if v.kind != "M" {
		return value{}, false
	}
	c, ok := v.attrs[s.name]
	return c, ok
}

var errPathInvalid = invalid("The document path provided in the update expression is invalid for update")

// set stores v at the path inside root, a container that may be changed in
// place. Only the last step may name something that does not exist yet.
func (p path) set(root value, v value) (value, error) {
	if len(p) == 0 {
		return v, nil
	}
	head := p[0]
	if !root.holds(head) {
		return root, errPathInvalid
	}
	old, exists := root.child(head)
	if !exists && len(p) > 1 {
		return root, errPathInvalid
	}
	changed, err := p[1:].set(old, v)
	if err != nil {
		return root, err
	}
	switch {
	case !head.isIndex:
		root.attrs[head.name] = changed
	case exists:
		root.list[head.index] = changed
	default: // an index past the end appends
		root.list = append(root.list, changed)
	}
	return root, nil
}

// checkContainer refuses a path whose last step has nothing to lead into.
func (p path) checkContainer(it item) error {
	if len(p) == 1 {
		return nil
	}
	container, ok := p[:len(p)-1].lookup(it)
	if !ok || !container.holds(p[len(p)-1]) {
		return errPathInvalid
	}
	return nil
}

// holds says that the value is the kind of container the step leads into.
func (v value) holds(s step) bool {
	return s.isIndex && v.kind == "L" || !s.isIndex && v.kind == "M"
}

// remove deletes what the path leads to; that it does not exist is no error as long as its container does.
func (p path) remove(root value) (value, error) {
	head := p[0]
	if !root.holds(head) {
		return root, errPathInvalid
	}
	child, exists := root.child(head)
	if len(p) > 1 {
		if !exists {
			return root, errPathInvalid
		}
		changed, err := p[1:].remove(child)
		if err != nil {
			return root, err
		}
		return path{head}.set(root, changed)
	}
	switch {
	case !head.isIndex:
		delete(root.attrs, head.name)
	case exists:
		root.list = slices.Delete(root.list, head.index, head.index+1)
	}
	return root, nil
}
