package json

import (
	"fmt"

	"github.com/sluice-connect/sluice/schemas"
)

// mapping reads a map: an object when its keys are strings, else an array of pairs.
func (d *decoder) mapping(p *plan, i int) (any, int, error) {
	if p.schema.Key.Type == schemas.String {
		return d.object(p, i)
	}
	return d.pairs(p, i)
}

func (d *decoder) object(p *plan, i int) (any, int, error) {
	if d.b[i] != '{' {
		return nil, 0, d.mismatch("Maps with string fields should be encoded as JSON objects, but found %s", i)
	}
	m := schemas.Map{}
	for i++; ; {
		from, to, at, ok := member(d.b, i)
		if !ok {
			return withoutRepeats(m), at, nil
		}
		key := unescape(d.text[from:to])
		v, end, err := d.value(p.elem, at)
		if err != nil {
			return nil, 0, inField(err, key)
		}
		m = append(m, schemas.Entry{Key: key, Value: v})
		i = end
	}
}

// withoutRepeats keeps the last value of each string key, at the place of the first: a map has no repeated keys.
func withoutRepeats(m schemas.Map) schemas.Map {
	if len(m) < 2 {
		return m
	}
	places := make(map[string]int, len(m))
	kept := m[:0]
	for _, e := range m {
		if n, ok := places[e.Key.(string)]; ok {
			kept[n].Value = e.Value
			continue
		}
		places[e.Key.(string)] = len(kept)
		kept = append(kept, e)
	}
	return kept
}

func (d *decoder) pairs(p *plan, i int) (any, int, error) {
	if d.b[i] != '[' {
		return nil, 0, d.mismatch("Maps with non-string fields should be encoded as JSON array of tuples, but found %s", i)
	}
	m := schemas.Map{}
	for i++; ; {
		at, ok := element(d.b, i)
		if !ok {
			return m, at, nil
		}
		e, end, err := d.pair(p, at)
		if err != nil {
			return nil, 0, inElement(err, len(m))
		}
		m = append(m, e)
		i = end
	}
}

func (d *decoder) pair(p *plan, i int) (e schemas.Entry, end int, err error) {
	if d.b[i] != '[' {
		return e, 0, d.mismatch("Found invalid map entry instead of array tuple: %s", i)
	}
	if n := d.size(i); n != 2 {
		return e, 0, &dataError{text: fmt.Sprintf("Found invalid map entry, expected length 2 but found :%d", n)}
	}
	at, _ := element(d.b, i+1)
	if e.Key, at, err = d.value(p.key, at); err != nil {
		return e, 0, err
	}
	at, _ = element(d.b, at)
	if e.Value, at, err = d.value(p.elem, at); err != nil {
		return e, 0, err
	}
	end, _ = element(d.b, at)
	return e, end, nil
}

// size counts the elements of the array at i.
func (d *decoder) size(i int) int {
	n := 0
	for i++; ; n++ {
		at, ok := element(d.b, i)
		if !ok {
			return n
		}
		i = valueEnd(d.b, at)
	}
}
