// Package javatext says what Java would say: how it prints and orders values, reads numbers and judges patterns.
package javatext

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/sluice-connect/sluice/schemas"
)

// ParseInt reads an integer of so many bits as Java does, which takes the decimal digits of every script.
func ParseInt(text string, bits int) (int64, error) {
	return strconv.ParseInt(strings.Map(asciiDigit, text), 10, bits)
}

// asciiDigit relies on the decimal digits of a script standing together, ten in a row.
func asciiDigit(r rune) rune {
	if r < unicode.MaxASCII || !unicode.Is(unicode.Nd, r) {
		return r
	}
	for _, t := range unicode.Nd.R16 {
		if lo, hi := rune(t.Lo), rune(t.Hi); lo <= r && r <= hi {
			return '0' + (r-lo)%10
		}
	}
	return r // Java's parser looks at UTF-16 units, and these are pairs of them
}

// IsNull reports whether a JSON value is null.
func IsNull(value json.RawMessage) bool { return bytes.Equal(value, []byte("null")) }

// Text renders a JSON value as Java prints what it reads it as: a collection for an array or object.
func Text(value json.RawMessage) string {
	dec := json.NewDecoder(bytes.NewReader(value))
	dec.UseNumber()
	text, err := nextText(dec)
	if err != nil {
		return string(value) // cannot be: it is a part of a value that was read
	}
	return text
}

func nextText(dec *json.Decoder) (string, error) {
	token, err := dec.Token()
	if err != nil {
		return "", err
	}
	switch v := token.(type) {
	case nil:
		return "null", nil
	case bool:
		return strconv.FormatBool(v), nil
	case string:
		return v, nil
	case json.Number:
		return number(v), nil
	case json.Delim:
		if v == '{' {
			return object(dec)
		}
	}
	var elements []string
	for dec.More() {
		element, err := nextText(dec)
		if err != nil {
			return "", err
		}
		elements = append(elements, element)
	}
	_, err = dec.Token()
	return "[" + strings.Join(elements, ", ") + "]", err
}

// object renders the rest of an object. A key that is repeated keeps its place and gets the last value.
func object(dec *json.Decoder) (string, error) {
	var keys, values []string
	for dec.More() {
		key, err := nextText(dec)
		if err != nil {
			return "", err
		}
		value, err := nextText(dec)
		if err != nil {
			return "", err
		}
		if at := slices.Index(keys, key); at >= 0 {
			values[at] = key + "=" + value
			continue
		}
		keys, values = append(keys, key), append(values, key+"="+value)
	}
	_, err := dec.Token()
	return "{" + strings.Join(values, ", ") + "}", err
}

func number(n json.Number) string {
	if strings.ContainsAny(n.String(), ".eE") {
		if f, err := n.Float64(); err == nil {
			return string(schemas.AppendJavaFloat(nil, f, 64))
		}
	}
	return n.String()
}

// Order sorts things with names as a Java hash map lists them when it has no others: it decides in which order the
// Java worker reports errors about client settings and converters.
func Order[T any](list []T, name func(T) string) {
	buckets := 16
	for 4*len(list) > 3*buckets {
		buckets *= 2
	}
	place := func(t T) int {
		var hash uint32
		for _, c := range utf16.Encode([]rune(name(t))) {
			hash = 31*hash + uint32(c)
		}
		return int(hash^hash>>16) & (buckets - 1)
	}
	slices.SortStableFunc(list, func(a, b T) int { return place(a) - place(b) })
}
