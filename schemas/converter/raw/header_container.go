package raw

import (
	"strings"

	"github.com/sluice-connect/sluice/schemas"
)

// maxNesting bounds the recursion on a header's text; deeper ones are strings.
const maxNesting = 100

// containerParser reads the arrays and maps of ParseValue. Everything that does not fit makes the whole text a string,
// so its functions report no reason.
type containerParser struct {
	text string
	pos  int
}

// delimiters end a token unless a backslash precedes them.
const delimiters = `:,{}[]"`

// token returns the next token: a delimiter, or the text up to the next one.
func (p *containerParser) token() string {
	start := p.pos
	for escaped := false; p.pos < len(p.text); p.pos++ {
		c := p.text[p.pos]
		if !escaped && strings.IndexByte(delimiters, c) >= 0 {
			if p.pos == start {
				p.pos++
			}
			break
		}
		escaped = c == '\\' && !escaped
	}
	return p.text[start:p.pos]
}

// accept passes the delimiter d, and white space before it, if it comes next.
func (p *containerParser) accept(d byte) bool {
	at := p.pos
	for at < len(p.text) && p.text[at] <= ' ' {
		at++
	}
	if at == len(p.text) || p.text[at] != d {
		return false
	}
	p.pos = at + 1
	return true
}

func (p *containerParser) value(depth int) (schemas.Value, bool) {
	switch {
	case depth > maxNesting:
		return schemas.Value{}, false
	case p.accept('"'):
		return p.quoted()
	case p.accept('['):
		return p.array(depth)
	case p.accept('{'):
		return p.object(depth)
	}
	return p.bare()
}

// quoted reads up to the closing quote; escapes stay as they are, and only dates and times are taken for more than text.
func (p *containerParser) quoted() (schemas.Value, bool) {
	start := p.pos
	for p.pos < len(p.text) {
		if p.token() == `"` {
			content := p.text[start : p.pos-1]
			if v, ok := temporal(content); ok {
				return v, true
			}
			return schemas.Of(requiredString, content), true
		}
	}
	return schemas.Value{}, false
}

// bare reads an unquoted literal. Times and timestamps hold colons: they are five tokens.
func (p *containerParser) bare() (schemas.Value, bool) {
	start := p.pos
	first := trim(p.token())
	if first == "" {
		return schemas.Value{}, false
	}
	if first == "null" {
		return schemas.Value{}, true
	}
	after := p.pos
	for range 4 {
		p.token()
	}
	if v, ok := temporal(trim(p.text[start:p.pos])); ok {
		return v, true
	}
	p.pos = after
	return literal(first, first)
}

func (p *containerParser) array(depth int) (schemas.Value, bool) {
	var elements common
	items := []any{}
	for !p.accept(']') {
		v, ok := p.value(depth + 1)
		if !ok {
			return v, false
		}
		elements.add(v)
		items = append(items, v.Data())
		if !p.accept(',') && !p.next(']') {
			return v, false
		}
	}
	for i := range items {
		items[i] = widen(elements.schema, items[i])
	}
	return schemas.Of(&schemas.Schema{Type: schemas.ArrayType, Elem: elements.schema}, items), true
}

func (p *containerParser) object(depth int) (schemas.Value, bool) {
	var keys, values common
	m := schemas.Map{}
	for !p.accept('}') {
		key, ok := p.value(depth + 1)
		if !ok || key.IsNull() || !p.accept(':') {
			return key, false
		}
		v, ok := p.value(depth + 1)
		if !ok {
			return v, false
		}
		keys.add(key)
		values.add(v)
		m = append(m, schemas.Entry{Key: key.Data(), Value: v.Data()})
		p.accept(',')
	}
	for i := range m {
		m[i] = schemas.Entry{Key: widen(keys.schema, m[i].Key), Value: widen(values.schema, m[i].Value)}
	}
	return schemas.Of(&schemas.Schema{Type: schemas.MapType, Key: keys.schema, Elem: values.schema}, m), true
}

// next reports whether the delimiter d comes next, without passing it.
func (p *containerParser) next(d byte) bool {
	at := p.pos
	ok := p.accept(d)
	p.pos = at
	return ok
}
