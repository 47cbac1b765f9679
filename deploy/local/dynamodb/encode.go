package dynamodb

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// MarshalJSON writes the item as the wire protocol does.
func (it item) MarshalJSON() ([]byte, error) { return it.appendJSON(nil), nil }

// appendJSON appends what the wire protocol and the file have of an item, in a fixed order.
func (it item) appendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	for i, name := range slices.Sorted(maps.Keys(it)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, name), ':')
		dst = it[name].appendJSON(dst)
	}
	return append(dst, '}')
}

func (v value) appendJSON(dst []byte) []byte {
	dst = append(append(append(dst, `{"`...), v.kind...), `":`...)
	switch v.kind {
	case "S", "N":
		dst = appendText(dst, v.text)
	case "B":
		dst = append(base64.StdEncoding.AppendEncode(append(dst, '"'), []byte(v.text)), '"')
	case "BOOL":
		dst = strconv.AppendBool(dst, v.truth)
	case "NULL":
		dst = append(dst, "true"...)
	case "M":
		dst = v.attrs.appendJSON(dst)
	case "L":
		dst = append(dst, '[')
		for i, e := range v.list {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = e.appendJSON(dst)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func appendText(dst []byte, s string) []byte {
	text, err := json.Marshal(s)
	check("encode a string", err)
	return append(dst, text...)
}
