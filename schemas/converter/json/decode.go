package json

import (
	"fmt"

	"github.com/sluice-connect/sluice/schemas"
)

// decoder builds validated JSON as a plan says. Names, strings and bytes it returns share one copy of the JSON.
type decoder struct {
	b            []byte
	text         string // the same bytes as b
	replaceNulls bool
	budget       *budget
}

// decode builds the data of one payload.
func decode(p *plan, payload []byte, replaceNulls bool) (any, error) {
	d := decoder{b: payload, text: string(payload), replaceNulls: replaceNulls, budget: newBudget(len(payload))}
	data, _, err := d.value(p, 0)
	return data, err
}

// budget bounds the memory and the output that one record may spread over: a schema of many fields or long defaults
// and a payload of many empty structs multiply.
type budget struct{ bytes int }

const (
	freeBytes  = 64 << 20
	fieldBytes = 16
)

func newBudget(input int) *budget { return &budget{bytes: freeBytes + fieldBytes*input} }

func (b *budget) take(n int) error {
	if b.bytes -= n; b.bytes < 0 {
		return &dataError{text: "Fields and default values of the payload take too much memory for its size"}
	}
	return nil
}

// value returns the data at i and the offset behind it.
func (d *decoder) value(p *plan, i int) (data any, end int, err error) {
	if d.b[i] == 'n' {
		data, err = d.null(p)
		return data, i + len("null"), err
	}
	switch p.schema.Type {
	case schemas.StructType:
		return d.structure(p, i)
	case schemas.ArrayType:
		return d.array(p, i)
	case schemas.MapType:
		return d.mapping(p, i)
	}
	end = valueEnd(d.b, i)
	data, err = d.scalar(p, i, end)
	return data, end, err
}

// null is what an absent or null value becomes.
func (d *decoder) null(p *plan) (any, error) {
	switch {
	case p.schema.HasDefault && d.replaceNulls:
		return p.schema.Default, d.budget.take(p.defaultSize)
	case p.schema.Optional:
		return nil, nil
	}
	return nil, &dataError{text: fmt.Sprintf("Invalid null value for required %s field", javaType(p.schema.Type))}
}

func (d *decoder) structure(p *plan, i int) (any, int, error) {
	if d.b[i] != '{' {
		return nil, 0, d.mismatch("Structs should be encoded as JSON objects, but found %s", i)
	}
	if err := d.budget.take(fieldBytes * len(p.fields)); err != nil {
		return nil, 0, err
	}
	s := &schemas.Struct{Schema: p.schema, Values: make([]any, len(p.fields))}
	guess := 0
	for i++; ; {
		from, to, at, ok := member(d.b, i)
		if !ok {
			i = at
			break
		}
		n := d.field(p, from, to, guess)
		if n < 0 {
			i = valueEnd(d.b, at)
			continue
		}
		guess = n + 1
		s.Values[n] = nil // of a repeated member the last counts
		if d.b[at] == 'n' {
			i = at + len("null")
			continue
		}
		var err error
		if s.Values[n], i, err = d.value(p.fields[n], at); err != nil {
			return nil, 0, inField(err, p.schema.Fields[n].Name)
		}
	}
	return s, i, d.fillNulls(p, s)
}

// field returns the index of the field whose name is at from, or -1. Members mostly come in the order of the schema.
func (d *decoder) field(p *plan, from, to, guess int) int {
	if guess < len(p.fields) && d.text[from:to] == p.schema.Fields[guess].Name {
		return guess
	}
	if n, ok := p.index[unescape(d.text[from:to])]; ok {
		return n
	}
	return -1
}

func (d *decoder) fillNulls(p *plan, s *schemas.Struct) (err error) {
	for n, v := range s.Values {
		if v != nil {
			continue
		}
		if s.Values[n], err = d.null(p.fields[n]); err != nil {
			return inField(err, p.schema.Fields[n].Name)
		}
	}
	return nil
}

func (d *decoder) array(p *plan, i int) (any, int, error) {
	if d.b[i] != '[' {
		return nil, 0, d.mismatch("Arrays should be encoded as JSON arrays, but found %s", i)
	}
	items := []any{}
	for i++; ; {
		at, ok := element(d.b, i)
		if !ok {
			return items, at, nil
		}
		item, end, err := d.value(p.elem, at)
		if err != nil {
			return nil, 0, inElement(err, len(items))
		}
		items = append(items, item)
		i = end
	}
}
