package javaregex

import (
	"errors"
	"fmt"
	"strconv"
)

// maxReplaced bounds what replacements make of a text, in UTF-16 units.
const maxReplaced = 1 << 24

// expand appends a replacement: $n and ${name} stand for groups, a backslash takes the next character as it is. The
// errors are the texts of Java's exceptions.
func (p *Pattern) expand(out []uint16, m *Match, r []uint16) ([]uint16, error) {
	for i := 0; i < len(r); {
		switch r[i] {
		case '\\':
			if i++; i == len(r) {
				return nil, errors.New("character to be escaped is missing")
			}
			out = append(out, r[i])
			i++
		case '$':
			group, next, err := p.groupAt(r, i+1)
			if err != nil {
				return nil, err
			}
			if start, end := m.Span(group); start >= 0 {
				out = append(out, m.in[start:end]...)
			}
			i = next
		default:
			out = append(out, r[i])
			i++
		}
	}
	return out, nil
}

// groupAt reads the name or number of a group.
func (p *Pattern) groupAt(r []uint16, i int) (group, next int, err error) {
	switch {
	case i == len(r):
		return 0, 0, errors.New("Illegal group reference: group index is missing") //nolint:staticcheck // Java's text
	case r[i] == '{':
		return p.nameAt(r, i+1)
	case r[i] < '0' || r[i] > '9':
		return 0, 0, errors.New("Illegal group reference") //nolint:staticcheck // Java's text
	}
	group = int(r[i] - '0')
	if group >= p.groups {
		return 0, 0, errors.New("No group " + strconv.Itoa(group)) //nolint:staticcheck // Java's text
	}
	for i++; i < len(r) && r[i] >= '0' && r[i] <= '9'; i++ {
		longer := 10*group + int(r[i]-'0')
		if longer >= p.groups {
			break
		}
		group = longer
	}
	return group, i, nil
}

func (p *Pattern) nameAt(r []uint16, i int) (group, next int, err error) {
	start := i
	for i < len(r) && r[i] < 0x80 && (isAlpha(rune(r[i])) || isDigit(rune(r[i]))) {
		i++
	}
	name := decode(r[start:i])
	switch {
	case name == "":
		return 0, 0, errors.New("named capturing group has 0 length name")
	case i == len(r) || r[i] != '}':
		return 0, 0, errors.New("named capturing group is missing trailing '}'")
	case isDigit(rune(name[0])):
		return 0, 0, fmt.Errorf("capturing group name {%s} starts with digit character", name)
	}
	group, ok := p.names[name]
	if !ok {
		return 0, 0, fmt.Errorf("No group with name {%s}", name) //nolint:staticcheck // Java's text
	}
	return group, i + 1, nil
}
