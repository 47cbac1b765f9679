package dynamodb

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
)

// MarshalJSON writes the item as the wire protocol does. The same bytes are
// what the file stores, so a read without projection copies them through.
func (it item) MarshalJSON() ([]byte, error) { return it.appendJSON(nil), nil }

func (it item) appendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	// A fixed order makes answers and stored bytes reproducible.
	for i, name := range slices.Sorted(maps.Keys(it)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, name), ':')
		dst = it[name].appendJSON(dst)
	}
	return append(dst, '}')
}

func (v value) appendJSON(dst []byte) []byte {
	dst = append(dst, '{', '"')
	dst = append(dst, v.kind...)
	dst = append(dst, '"', ':')
	switch v.kind {
	case "S", "N":
		dst = appendString(dst, v.text)
	case "B":
		dst = appendBinary(dst, v.text)
	case "BOOL":
		dst = strconv.AppendBool(dst, v.truth)
	case "NULL":
		dst = append(dst, "true"...)
	case "M":
		dst = v.attrs.appendJSON(dst)
	case "L":
		dst = appendArray(dst, v.list, func(dst []byte, e value) []byte { return e.appendJSON(dst) })
	case "BS":
		dst = appendArray(dst, v.set, appendBinary)
	default:
		dst = appendArray(dst, v.set, appendString)
	}
	return append(dst, '}')
}

func appendArray[T any](dst []byte, elements []T, one func([]byte, T) []byte) []byte {
	dst = append(dst, '[')
	for i, e := range elements {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = one(dst, e)
	}
	return append(dst, ']')
}

func appendBinary(dst []byte, raw string) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, []byte(raw))
	return append(dst, '"')
}

const hexDigits = "0123456789abcdef"

func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		if c == '"' || c == '\\' {
			dst = append(dst, '\\', c)
		} else {
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		from = i + 1
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}
