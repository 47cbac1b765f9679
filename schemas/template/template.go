// Package template compiles texts such as "${topic}/${key.id}" and fills them in from records.
package template

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/javatime"
)

// Grammar is what a template may hold, and how it is filled in.
type Grammar struct {
	// Accept tells which references there are.
	Accept func(Reference) bool
	// Usage lists them for who used another one: "use ${topic} or ${key}". Not needed with Lenient.
	Usage string
	// Lenient leaves every other ${…} as it is, instead of refusing the template.
	Lenient bool
	// Date reads the pattern of ${timestamp:…}; needed where that is accepted.
	Date func(pattern string) (*javatime.Pattern, error)
	// Text is how values become text.
	Text schemas.TextOptions
}

// Template is a compiled template. It is immutable and safe for use by several goroutines.
type Template struct {
	parts []part
	text  schemas.TextOptions
}

// part is literal text when its source is Nothing.
type part struct {
	Reference
	literal string
	date    *javatime.Pattern
}

// ParseError is what is wrong with a template, and where.
type ParseError struct {
	// At counts the characters before the reference that Err is about.
	At  int
	Err error
}

// Error ends with the place, counted from 1.
func (e *ParseError) Error() string { return fmt.Sprintf("%v (at character %d)", e.Err, e.At+1) }

// Unwrap returns what is wrong.
func (e *ParseError) Unwrap() error { return e.Err }

// ErrEmpty refuses a template without any content, unless its grammar is lenient.
var ErrEmpty = errors.New("the template is empty")

// Parse compiles a template. Its error is a ParseError or ErrEmpty.
func Parse(text string, g Grammar) (*Template, error) {
	t := &Template{text: g.Text}
	at := 0
	for {
		start := strings.Index(text[at:], "${")
		if start < 0 {
			break
		}
		start += at
		t.literal(text[at:start])
		p, end, err := g.reference(text, start)
		switch {
		case err == nil:
			t.parts = append(t.parts, p)
		case g.Lenient:
			end = start + len("${")
			t.literal(text[start:end])
		default:
			return nil, &ParseError{At: utf8.RuneCountInString(text[:start]), Err: err}
		}
		at = end
	}
	t.literal(text[at:])
	if len(t.parts) == 0 && !g.Lenient {
		return nil, ErrEmpty
	}
	return t, nil
}

// reference reads the reference that starts at text[start:]; end is behind it.
func (g Grammar) reference(text string, start int) (p part, end int, err error) {
	name, _, closed := strings.Cut(text[start+len("${"):], "}")
	if !closed {
		return p, 0, fmt.Errorf("close the brace of ${%s", name)
	}
	end = start + len("${") + len(name) + len("}")
	p.Reference, err = ParseReference(name)
	switch {
	case errors.Is(err, ErrEmptyName):
		return p, end, fmt.Errorf("${%s} has an empty name in it", name)
	case err != nil || !g.Accept(p.Reference):
		return p, end, fmt.Errorf("${%s} is unknown; %s", name, g.Usage)
	case p.Source == Timestamp:
		p.date, err = g.Date(p.Argument)
	}
	return p, end, err
}

func (t *Template) literal(text string) {
	if text == "" {
		return
	}
	if n := len(t.parts); n > 0 && t.parts[n-1].Source == Nothing {
		t.parts[n-1].literal += text
		return
	}
	t.parts = append(t.parts, part{literal: text})
}

// Literal returns a template of nothing but text, whatever stands in it.
func Literal(text string) *Template {
	t := &Template{}
	t.literal(text)
	return t
}

// Join returns the template that gives what the given ones give, one after the other; values become text as in the
// last one.
func Join(templates ...*Template) *Template {
	joined := &Template{}
	for _, t := range templates {
		for _, p := range t.parts {
			if p.Source == Nothing {
				joined.literal(p.literal)
			} else {
				joined.parts = append(joined.parts, p)
			}
		}
		joined.text = t.text
	}
	return joined
}

// MissingError says that a record lacks what a reference names, or that it is null.
type MissingError struct{ Reference Reference }

// Error names the reference.
func (e *MissingError) Error() string {
	switch ref := e.Reference; {
	case ref.Source == Key && len(ref.Path) == 0:
		return "the record has no key"
	case ref.Source == Value && len(ref.Path) == 0:
		return "the record has no value"
	case ref.Source == Timestamp:
		return "${timestamp}: the record lacks it"
	}
	return "${" + e.Reference.Name + "}: the record lacks it"
}

// ContainerError says that a reference leads to a struct, a map or an array where a single value is needed.
type ContainerError struct{ Reference Reference }

// Error names the reference.
func (e *ContainerError) Error() string { return "${" + e.Reference.Name + "} is no single value" }

// Append appends the template filled in from r, and nothing when r lacks a part: the error is then a MissingError or a
// ContainerError. Whole keys and values may be containers, fields and headers may not. Times in fields and headers are
// their milliseconds since 1970: to find the schema of a field for every record would cost more than the field.
func (t *Template) Append(dst []byte, r *schemas.Record) ([]byte, error) {
	start := len(dst)
	for i := range t.parts {
		var err error
		if dst, err = t.appendPart(dst, &t.parts[i], r); err != nil {
			return dst[:start], err
		}
	}
	return dst, nil
}

func (t *Template) appendPart(dst []byte, p *part, r *schemas.Record) ([]byte, error) {
	switch p.Source {
	case Nothing:
		return append(dst, p.literal...), nil
	case Topic:
		return append(dst, r.Topic...), nil
	case Partition:
		return strconv.AppendInt(dst, int64(r.Source.Partition), 10), nil
	case Offset:
		return strconv.AppendInt(dst, r.Offset, 10), nil
	case Timestamp:
		if r.Timestamp.IsZero() {
			return dst, &MissingError{p.Reference}
		}
		return p.date.Append(dst, r.Timestamp), nil
	}
	if len(p.Path) == 0 && p.Source != Header {
		return t.appendWhole(dst, p, r)
	}
	data, ok := p.Lookup(r)
	switch {
	case !ok:
		return dst, &MissingError{p.Reference}
	case schemas.IsContainer(data):
		return dst, &ContainerError{p.Reference}
	}
	return schemas.AppendText(dst, nil, data, t.text), nil
}

func (t *Template) appendWhole(dst []byte, p *part, r *schemas.Record) ([]byte, error) {
	v := &r.Key
	if p.Source == Value {
		v = &r.Value
	}
	if v.IsNull() {
		return dst, &MissingError{p.Reference}
	}
	return v.AppendText(dst, t.text), nil
}
