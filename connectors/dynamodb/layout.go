package dynamodb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/sluice-connect/sluice/schemas"
)

// The scalar types a key attribute can have, as DynamoDB names them.
const (
	typeString = 'S'
	typeNumber = 'N'
	typeBinary = 'B'
)

// DynamoDB's limits for the two parts of a primary key.
const (
	maxHashBytes = 2048
	maxSortBytes = 1024
)

// attribute is a key attribute of a table.
type attribute struct {
	name string
	typ  byte
}

// layout is the primary key of a table; sort.name is empty when the table has no sort key.
type layout struct{ hash, sort attribute }

func (l *layout) isKey(name string) bool {
	return name == l.hash.name || l.sort.name != "" && name == l.sort.name
}

// String describes the layout for error texts: "vin (S), ts (N)".
func (l *layout) String() string {
	text := fmt.Sprintf("%s (%c)", l.hash.name, l.hash.typ)
	if l.sort.name != "" {
		text += fmt.Sprintf(", %s (%c)", l.sort.name, l.sort.typ)
	}
	return text
}

// keyWriter appends a key attribute to an item and, in identity, a text that is equal for equal keys only: it tells
// types apart, compares numbers by value and separates the parts by their length.
type keyWriter struct {
	item     *itemWriter
	identity []byte
	scratch  []byte
	digits   [64]byte
}

// put appends the attribute a with data, converted to the type the table wants where that loses nothing.
func (k *keyWriter) put(a attribute, limit int, s *schemas.Schema, data any, first bool) error {
	k.item.name(a.name, first)
	text, err := k.convert(a, s, data)
	if err != nil {
		return fmt.Errorf("key attribute %s: %w", a.name, err)
	}
	if len(text) == 0 || len(text) > limit {
		return fmt.Errorf("key attribute %s: %d bytes; DynamoDB takes 1 to %d", a.name, len(text), limit)
	}
	k.identity = append(k.identity, a.typ)
	switch a.typ {
	case typeString:
		k.item.text(string(text))
	case typeBinary:
		k.item.bytes(text)
	default:
		return k.putNumber(a, text)
	}
	k.identity = append(binary.AppendUvarint(k.identity, uint64(len(text))), text...)
	return nil
}

func (k *keyWriter) putNumber(a attribute, text []byte) error {
	d, ok := splitNumber(string(text), k.digits[:0])
	if !ok {
		return fmt.Errorf("key attribute %s: the number cannot be read", a.name)
	}
	if err := d.check(); err != nil {
		return fmt.Errorf("key attribute %s: %w", a.name, err)
	}
	k.item.buf = append(append(append(k.item.buf, `{"N":"`...), text...), `"}`...)
	k.item.size += 1 + len(d.digits)/2
	k.identity = append(d.appendCanonical(k.identity), ';')
	return nil
}

// convert returns data in the form of the table's type. Numbers and strings convert into each other only when the
// way back gives the same: whole numbers in plain digits.
func (k *keyWriter) convert(a attribute, s *schemas.Schema, data any) ([]byte, error) {
	switch d := data.(type) {
	case string:
		if a.typ == typeString && utf8.ValidString(d) || a.typ == typeNumber && plainInteger(d) {
			k.scratch = append(k.scratch[:0], d...)
			return k.scratch, nil
		}
	case []byte:
		if a.typ == typeBinary {
			return d, nil
		}
	default:
		text, numeric, err := appendNumber(k.scratch[:0], s, data)
		k.scratch = text
		switch {
		case err != nil:
			return nil, err
		case numeric && (a.typ == typeNumber || a.typ == typeString && plainInteger(string(text))):
			return text, nil
		}
	}
	if d, ok := data.(string); ok && !utf8.ValidString(d) {
		return nil, errors.New("the text is not valid UTF-8")
	}
	return nil, fmt.Errorf("the table wants type %c, the record has %s", a.typ, describe(data))
}

// plainInteger accepts what an integer prints as: no plus, no leading zeros, no fraction, no exponent, no -0.
func plainInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > maxDigits || digits[0] == '0' && s != "0" {
		return false
	}
	for i := 0; i < len(digits); i++ {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return true
}

func describe(data any) string {
	switch data.(type) {
	case string:
		return "a string (S)"
	case []byte:
		return "bytes (B)"
	case bool:
		return "a boolean"
	case nil:
		return "null"
	case []any:
		return "a list"
	case schemas.Map, *schemas.Struct:
		return "an object"
	}
	return "a number (N)"
}
