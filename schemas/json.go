package schemas

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// JSONOptions are the choices a JSON writer leaves to its user.
type JSONOptions struct {
	// NumericDecimals writes a Decimal as a number (decimal.format=NUMERIC) instead of base64 of its unscaled bytes.
	NumericDecimals bool
}

// AppendDataJSON appends built data as JSON the way Connect's JsonConverter with schemas.enable=false does: structs
// and maps with string keys as objects, other maps as arrays of pairs, bytes as base64, Date as days, Time and
// Timestamp as milliseconds. The schema may be nil; it is only needed to tell the time types apart.
func AppendDataJSON(dst []byte, s *Schema, data any, o JSONOptions) []byte {
	switch d := data.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, d)
	case int8:
		return strconv.AppendInt(dst, int64(d), 10)
	case int16:
		return strconv.AppendInt(dst, int64(d), 10)
	case int32:
		return strconv.AppendInt(dst, int64(d), 10)
	case int64:
		return strconv.AppendInt(dst, d, 10)
	case float32:
		return appendJSONFloat(dst, float64(d), 32)
	case float64:
		return appendJSONFloat(dst, d, 64)
	case Number:
		return append(dst, d...)
	case string:
		return AppendJSONString(dst, d)
	case []byte:
		return appendBase64(dst, d)
	case Decimal:
		if o.NumericDecimals {
			return append(dst, d.String()...)
		}
		return appendBase64(dst, d.BigEndian())
	case time.Time:
		return strconv.AppendInt(dst, EncodedTime(schemaName(s), d), 10)
	case []any:
		return appendArray(dst, s, d, o)
	case Map:
		return appendMap(dst, s, d, o)
	case *Struct:
		return appendStruct(dst, d, o)
	}
	return append(dst, "null"...)
}

func schemaName(s *Schema) string {
	if s == nil {
		return ""
	}
	return s.Name
}

func elemSchema(s *Schema) *Schema {
	if s == nil {
		return nil
	}
	return s.Elem
}

func appendArray(dst []byte, s *Schema, d []any, o JSONOptions) []byte {
	dst = append(dst, '[')
	for i, e := range d {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendDataJSON(dst, elemSchema(s), e, o)
	}
	return append(dst, ']')
}

func appendStruct(dst []byte, d *Struct, o JSONOptions) []byte {
	dst = append(dst, '{')
	for i, f := range d.Schema.Fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendJSONString(dst, f.Name), ':')
		dst = AppendDataJSON(dst, f.Schema, d.Values[i], o)
	}
	return append(dst, '}')
}

func appendMap(dst []byte, s *Schema, d Map, o JSONOptions) []byte {
	if !stringKeys(s, d) {
		return appendPairs(dst, s, d, o)
	}
	dst = append(dst, '{')
	for i, e := range d {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendJSONString(dst, e.Key.(string)), ':')
		dst = AppendDataJSON(dst, elemSchema(s), e.Value, o)
	}
	return append(dst, '}')
}

// stringKeys reports whether d can be an object; a null key, which optional string keys allow, needs pairs.
func stringKeys(s *Schema, d Map) bool {
	if s != nil && s.Key != nil && s.Key.Type != String {
		return false
	}
	for _, e := range d {
		if _, ok := e.Key.(string); !ok {
			return false
		}
	}
	return true
}

func appendPairs(dst []byte, s *Schema, d Map, o JSONOptions) []byte {
	var key *Schema
	if s != nil {
		key = s.Key
	}
	dst = append(dst, '[')
	for i, e := range d {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendDataJSON(append(dst, '['), key, e.Key, o), ',')
		dst = append(AppendDataJSON(dst, elemSchema(s), e.Value, o), ']')
	}
	return append(dst, ']')
}

func appendBase64(dst, b []byte) []byte {
	dst = append(dst, '"')
	return append(base64.StdEncoding.AppendEncode(dst, b), '"')
}

// appendJSONFloat writes the three values JSON cannot hold as strings, as Jackson does.
func appendJSONFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	return AppendJavaFloat(dst, f, bits)
}

// AppendJavaFloat appends f as Java's Double.toString (bits 64) or Float.toString (bits 32) prints it: at least one
// digit on each side of the point, an exponent (1.0E-5) below 10^-3 and from 10^7 on.
func AppendJavaFloat(dst []byte, f float64, bits int) []byte {
	abs := math.Abs(f)
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case abs == 0 || (abs >= 1e-3 && abs < 1e7):
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, bits)
		for _, c := range dst[start:] {
			if c == '.' {
				return dst
			}
		}
		return append(dst, ".0"...)
	}
	return appendScientific(dst, f, bits)
}

func appendScientific(dst []byte, f float64, bits int) []byte {
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], f, 'e', -1, bits) // d.ddde±xx
	e := 0
	for text[e] != 'e' {
		e++
	}
	mantissa, exp := text[:e], text[e+1:]
	dst = append(dst, mantissa...)
	if len(mantissa) <= 2 { // "d" or "-d": Java always shows a fraction
		dst = append(dst, ".0"...)
	}
	dst = append(dst, 'E')
	if exp[0] == '-' {
		dst = append(dst, '-')
	}
	exp = exp[1:]
	for len(exp) > 1 && exp[0] == '0' {
		exp = exp[1:]
	}
	return append(dst, exp...)
}

const hexDigits = "0123456789ABCDEF"

// AppendJSONString appends s as a JSON string with Jackson's escapes: control characters, quote and backslash, and
// characters beyond the basic plane as surrogate pairs; everything else as it is. Invalid UTF-8 becomes U+FFFD.
func AppendJSONString(dst []byte, s string) []byte { return appendQuoted(dst, s) }

// AppendJSONText is AppendJSONString for text that is still bytes.
func AppendJSONText(dst, text []byte) []byte { return appendQuoted(dst, text) }

func appendQuoted[S string | []byte](dst []byte, s S) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if r <= 0xffff && !(r == utf8.RuneError && size == 1) {
				i += size
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscaped(dst, r)
		i += size
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func appendEscaped(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case utf8.RuneError:
		return append(dst, "\uFFFD"...)
	}
	if r > 0xffff {
		r -= 0x10000
		return appendU(appendU(dst, 0xd800+(r>>10)), 0xdc00+(r&0x3ff))
	}
	return appendU(dst, r)
}

func appendU(dst []byte, r rune) []byte {
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}
