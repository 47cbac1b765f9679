package redis

import (
	"strings"
	"time"

	"github.com/sluice-connect/sluice/schemas"
)

// structured tells containers from single values.
func structured(data any) bool {
	switch data.(type) {
	case schemas.Map, *schemas.Struct, []any:
		return true
	}
	return false
}

// appendData appends what is stored for data: strings and bytes as they are, numbers in full, times as Connect's
// numbers, containers as JSON.
func appendData(dst []byte, s *schemas.Schema, data any) []byte {
	switch d := data.(type) {
	case string:
		return append(dst, d...)
	case []byte:
		return append(dst, d...)
	case schemas.Decimal:
		return append(dst, d.String()...)
	case float32, float64:
		start := len(dst)
		dst = schemas.AppendDataJSON(dst, s, d, schemas.JSONOptions{})
		return append(dst[:start], strings.Trim(string(dst[start:]), `"`)...) // "NaN" has quotes in JSON
	}
	return schemas.AppendDataJSON(dst, s, data, schemas.JSONOptions{NumericDecimals: true})
}

// A datePart appends one element of a date pattern.
type datePart func(dst []byte, t time.Time) []byte

// dateLetters are the pattern letters of Java's DateTimeFormatter that keys may use, by run of letters.
var dateLetters = map[string]datePart{
	"yyyy": layout("2006"), "uuuu": layout("2006"), "yy": layout("06"), "MM": layout("01"), "M": layout("1"),
	"dd": layout("02"), "d": layout("2"), "DDD": layout("002"), "HH": layout("15"), "mm": layout("04"), "ss": layout("05"),
	"SSS": func(dst []byte, t time.Time) []byte { return append(dst, t.Format(".000")[1:]...) },
}

func layout(l string) datePart {
	return func(dst []byte, t time.Time) []byte { return t.AppendFormat(dst, l) }
}

func verbatim(text string) datePart {
	return func(dst []byte, _ time.Time) []byte { return append(dst, text...) }
}
