package json

import "github.com/sluice-connect/sluice/schemas"

// tree builds the data of one validated value. The result shares no memory with b: names, strings and numbers are
// parts of one copy of it.
func tree(b []byte) any {
	switch b[0] {
	case 't':
		return true
	case 'f':
		return false
	case 'n':
		return nil
	}
	t := treeBuilder{b: b, text: string(b)}
	data, _ := t.value(0)
	return data
}

// treeBuilder keeps the elements of open containers on two stacks, so that each container is allocated once and at
// its size.
type treeBuilder struct {
	b       []byte
	text    string // the same bytes as b
	entries []schemas.Entry
	items   []any
}

// value returns the data at i and the offset behind it.
func (t *treeBuilder) value(i int) (any, int) {
	switch t.b[i] {
	case '{':
		return t.object(i + 1)
	case '[':
		return t.array(i + 1)
	case '"':
		end := quoteEnd(t.b, i+1)
		return unescape(t.text[i+1 : end-1]), end
	case 't':
		return true, i + len("true")
	case 'f':
		return false, i + len("false")
	case 'n':
		return nil, i + len("null")
	}
	end := valueEnd(t.b, i)
	return schemas.Number(t.text[i:end]), end
}

func (t *treeBuilder) object(i int) (any, int) {
	start := len(t.entries)
	for {
		from, to, at, ok := member(t.b, i)
		if !ok {
			m := append(schemas.Map{}, t.entries[start:]...)
			t.entries = t.entries[:start]
			return m, at
		}
		key := unescape(t.text[from:to])
		var data any
		data, i = t.value(at)
		t.entries = append(t.entries, schemas.Entry{Key: key, Value: data})
	}
}

func (t *treeBuilder) array(i int) (any, int) {
	start := len(t.items)
	for {
		at, ok := element(t.b, i)
		if !ok {
			a := append([]any{}, t.items[start:]...)
			t.items = t.items[:start]
			return a, at
		}
		var data any
		data, i = t.value(at)
		t.items = append(t.items, data)
	}
}
