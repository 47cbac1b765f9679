package json

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sluice-connect/sluice/schemas"
)

// Limits that keep error texts below the 512 bytes a converter may return.
const (
	maxQuoted = 48
	maxPath   = 160
)

// dataError is a value that does not fit its schema, and where it is.
type dataError struct {
	text string
	path string
}

func (e *dataError) Error() string {
	if e.path == "" {
		return e.text
	}
	return fmt.Sprintf("%s (at %s)", e.text, e.path)
}

// inField adds the field that err comes from, on the way out of nested data.
func inField(err error, name string) error { return within(err, clip(name)) }

// inElement is inField for arrays.
func inElement(err error, n int) error { return within(err, fmt.Sprintf("[%d]", n)) }

func within(err error, step string) error {
	var d *dataError
	if !errors.As(err, &d) {
		d = &dataError{text: err.Error()} // made for this one error: it may be changed
	}
	switch {
	case len(d.path) > maxPath:
	case d.path == "" || d.path[0] == '[':
		d.path = step + d.path
	default:
		d.path = step + "." + d.path
	}
	return d
}

// clip shortens what a message quotes of the data.
func clip(s string) string {
	if len(s) <= maxQuoted {
		return s
	}
	return strings.ToValidUTF8(s[:maxQuoted], "") + "…"
}

// mismatch reports the value at i, by its JSON type as Jackson names it.
func (d *decoder) mismatch(format string, i int) error {
	return &dataError{text: fmt.Sprintf(format, nodeType(d.b[i]))}
}

func nodeType(c byte) string {
	switch c {
	case '{':
		return "OBJECT"
	case '[':
		return "ARRAY"
	case '"':
		return "STRING"
	case 't', 'f':
		return "BOOLEAN"
	case 'n':
		return "NULL"
	}
	return "NUMBER"
}

// javaType names t as Connect's Schema.Type does.
func javaType(t schemas.Type) string {
	switch t {
	case schemas.Float32:
		return "FLOAT32"
	case schemas.Float64:
		return "FLOAT64"
	}
	return strings.ToUpper(t.String())
}
