package schemas

import (
	"strconv"
	"time"
)

// TextOptions are the choices a writer of text leaves to its user. The zero value writes times as the numbers that
// Connect stores, and containers as JSON as AppendDataJSON does by default.
type TextOptions struct {
	// ISOTimes writes Date, Time and Timestamp as an instant in ISO 8601, in UTC and with milliseconds.
	ISOTimes bool
	// JSON is how structs, maps and arrays are written.
	JSON JSONOptions
}

// isoMillis is the form of times under TextOptions.ISOTimes.
const isoMillis = "2006-01-02T15:04:05.000Z"

// AppendText appends data as text for people and for keys: what Java's String.valueOf gives for null, booleans, numbers
// and strings. What Java shows in forms that nobody can read back is written differently: bytes as they are, decimals
// without an exponent (see Decimal.String), times and containers by o. The schema may be nil; it only tells the time
// types apart.
func AppendText(dst []byte, s *Schema, data any, o TextOptions) []byte {
	switch d := data.(type) {
	case string:
		return append(dst, d...)
	case []byte:
		return append(dst, d...)
	case Decimal:
		return append(dst, d.String()...)
	case float32:
		return AppendJavaFloat(dst, float64(d), 32)
	case float64:
		return AppendJavaFloat(dst, d, 64)
	case time.Time:
		if o.ISOTimes {
			return d.UTC().AppendFormat(dst, isoMillis)
		}
	}
	return AppendDataJSON(dst, s, data, o.JSON)
}

// textWriter is implemented by lazy data that is text already.
type textWriter interface {
	AppendText(dst []byte) []byte
}

// AppendText is AppendText for a value, without building what lazy data can write by itself.
func (v Value) AppendText(dst []byte, o TextOptions) []byte {
	if v.lazy == nil {
		return AppendText(dst, v.Schema, v.data, o)
	}
	if w, ok := v.lazy.(textWriter); ok {
		return w.AppendText(dst)
	}
	plain := o.JSON == JSONOptions{}
	if plain && v.Schema != nil && v.Schema.Type >= ArrayType {
		return v.lazy.AppendJSON(dst)
	}
	data := v.lazy.Tree()
	if plain && IsContainer(data) {
		return v.lazy.AppendJSON(dst)
	}
	return AppendText(dst, v.Schema, data, o)
}

// IsContainer tells structs, maps and arrays from single values.
func IsContainer(data any) bool {
	switch data.(type) {
	case Map, *Struct, []any:
		return true
	}
	return false
}

// AppendPadded appends n with at least width digits; more digits are kept.
func AppendPadded(dst []byte, n int64, width int) []byte {
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], n, 10)
	for i := len(text); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}
