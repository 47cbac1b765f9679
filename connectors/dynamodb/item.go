package dynamodb

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/sluice-connect/sluice/schemas"
)

const (
	// maxItemBytes is DynamoDB's limit of an item, counted its way: names and values without their JSON clothes.
	maxItemBytes = 400 << 10
	// maxDepth is how deep lists and maps may nest.
	maxDepth = 32
)

// keepBytes is the capacity an itemWriter keeps from one record to the next.
const keepBytes = 256 << 10

var (
	errDepth = fmt.Errorf("lists and maps nest deeper than %d levels", maxDepth)
	errSize  = errors.New("the item is larger than DynamoDB's 400 KB")
)

// itemWriter builds items as DynamoDB JSON, the form they travel in, and measures them on the way.
type itemWriter struct {
	buf  []byte
	size int
}

func (w *itemWriter) reset() {
	if cap(w.buf) > keepBytes {
		w.buf = nil
	}
	w.buf, w.size = w.buf[:0], 0
}

// name starts an attribute or a map entry; first tells whether a comma is needed.
func (w *itemWriter) name(n string, first bool) {
	if !first {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(schemas.AppendJSONString(w.buf, n), ':')
	w.size += len(n)
}

// value appends data as an attribute value inside depth containers. It stops as soon as the item is too large: a huge
// record is not rendered only to be refused.
func (w *itemWriter) value(s *schemas.Schema, data any, depth int) error {
	if w.size+scalarSize(data) > maxItemBytes {
		return errSize
	}
	switch d := data.(type) {
	case nil:
		w.scalar(`{"NULL":true}`, 1)
	case bool:
		if d {
			w.scalar(`{"BOOL":true}`, 1)
		} else {
			w.scalar(`{"BOOL":false}`, 1)
		}
	case string:
		w.text(d)
	case []byte:
		w.bytes(d)
	case []any:
		return w.list(s, d, depth+1)
	case schemas.Map:
		return w.nested(func() error { return w.entries(s, d, depth+1, true, nil) }, depth+1)
	case *schemas.Struct:
		return w.nested(func() error { return w.fields(d, depth+1, true, nil) }, depth+1)
	default:
		return w.number(s, data)
	}
	return nil
}

func scalarSize(data any) int {
	switch d := data.(type) {
	case string:
		return len(d)
	case []byte:
		return len(d)
	}
	return 0
}

func (w *itemWriter) scalar(wire string, size int) {
	w.buf = append(w.buf, wire...)
	w.size += size
}

func (w *itemWriter) text(s string) {
	w.buf = append(w.buf, `{"S":`...)
	w.buf = append(schemas.AppendJSONString(w.buf, s), '}')
	w.size += len(s)
}

func (w *itemWriter) bytes(b []byte) {
	w.buf = append(w.buf, `{"B":"`...)
	w.buf = append(base64.StdEncoding.AppendEncode(w.buf, b), `"}`...)
	w.size += len(b)
}

func (w *itemWriter) number(s *schemas.Schema, data any) error {
	w.buf = append(w.buf, `{"N":"`...)
	start := len(w.buf)
	var numeric bool
	var err error
	w.buf, numeric, err = appendNumber(w.buf, s, data)
	if !numeric {
		return fmt.Errorf("DynamoDB has no type for %T", data)
	}
	if err != nil {
		return err
	}
	w.size += numberSize(w.buf[start:])
	w.buf = append(w.buf, `"}`...)
	return nil
}

// numberSize is what a number counts for: a byte for two significant digits, and one more. DynamoDB rounds up; this
// rounds down, so that no item is refused here that DynamoDB would take.
func numberSize(text []byte) int {
	digits, zeros := 0, 0
	for _, c := range text {
		switch {
		case c == 'e' || c == 'E':
			return 1 + (digits-zeros)/2
		case c == '0' && digits > 0:
			digits++
			zeros++
		case c >= '1' && c <= '9':
			digits++
			zeros = 0
		}
	}
	return 1 + (digits-zeros)/2
}

func (w *itemWriter) list(s *schemas.Schema, d []any, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	var elem *schemas.Schema
	if s != nil {
		elem = s.Elem
	}
	w.scalar(`{"L":[`, 3)
	for i, e := range d {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		if err := w.value(elem, e, depth); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	w.buf = append(w.buf, `]}`...)
	return nil
}

func (w *itemWriter) nested(content func() error, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	w.scalar(`{"M":{`, 3)
	if err := content(); err != nil {
		return err
	}
	w.buf = append(w.buf, `}}`...)
	return nil
}

// entries appends the members of a map. Of a name that comes twice the last counts, as in a Java map. skip, when
// given, leaves names out.
func (w *itemWriter) entries(s *schemas.Schema, m schemas.Map, depth int, first bool, skip func(string) bool) error {
	var elem *schemas.Schema
	if s != nil {
		elem = s.Elem
	}
	var later map[string]int
	if len(m) > 32 {
		later = make(map[string]int, len(m))
		for i := range m {
			if k, ok := m[i].Key.(string); ok {
				later[k] = i
			}
		}
	}
	for i := range m {
		name, err := memberName(m[i].Key)
		if err != nil {
			return err
		}
		if repeated(m, i, later) || skip != nil && skip(name) {
			continue
		}
		w.name(name, first)
		first = false
		if err := w.value(elem, m[i].Value, depth); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// repeated reports whether the string key of entry i comes again; later is the index of big maps.
func repeated(m schemas.Map, i int, later map[string]int) bool {
	key, ok := m[i].Key.(string)
	if !ok {
		return false
	}
	if later != nil {
		return later[key] != i
	}
	for j := i + 1; j < len(m); j++ {
		if other, ok := m[j].Key.(string); ok && other == key {
			return true
		}
	}
	return false
}

// memberName turns a map key into a name: DynamoDB's maps have text keys only.
func memberName(key any) (string, error) {
	switch k := key.(type) {
	case string:
		return k, nil
	case bool:
		return strconv.FormatBool(k), nil
	case int8, int16, int32, int64:
		return fmt.Sprint(k), nil
	}
	return "", fmt.Errorf("a map key of type %T has no text form", key)
}

func (w *itemWriter) fields(d *schemas.Struct, depth int, first bool, skip func(string) bool) error {
	for i := range d.Schema.Fields {
		f := &d.Schema.Fields[i]
		if skip != nil && skip(f.Name) {
			continue
		}
		w.name(f.Name, first)
		first = false
		if err := w.value(f.Schema, d.Values[i], depth); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

// attributes appends the value of a record to an item that already holds its key: an object is spread over the
// item, anything else becomes the attribute single. Key attributes are not written a second time.
func (w *itemWriter) attributes(v schemas.Value, data any, single string, isKey func(string) bool) error {
	switch d := data.(type) {
	case nil:
		return nil
	case schemas.Map:
		return w.entries(v.Schema, d, 0, false, isKey)
	case *schemas.Struct:
		return w.fields(d, 0, false, isKey)
	}
	if isKey(single) {
		return nil
	}
	w.name(single, false)
	return w.value(v.Schema, data, 0)
}

func (w *itemWriter) checkSize() error {
	if w.size > maxItemBytes {
		return errSize
	}
	return nil
}

func asTime(data any) (time.Time, bool) { t, ok := data.(time.Time); return t, ok }

func nameOf(s *schemas.Schema) string {
	if s == nil {
		return ""
	}
	return s.Name
}
