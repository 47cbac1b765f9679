package secrets

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/magiconair/properties"
)

// parseProperties reads a properties file as Kafka's FileConfigProvider does: in UTF-8, unlike the worker's own file.
// Its error never quotes the file.
func parseProperties(data []byte) (map[string]string, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("parse properties: the file is not UTF-8")
	}
	// The library ends a value at CR LF even when a backslash continues it, and loses characters beyond U+FFFF that are
	// written as two escapes.
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	loader := properties.Loader{Encoding: properties.UTF8, DisableExpansion: true}
	parsed, err := loader.LoadBytes(joinSurrogates(data))
	if err != nil {
		return nil, errors.New("parse properties: an escape or a line is malformed")
	}
	return parsed.Map(), nil
}

// joinSurrogates writes pairs of \uXXXX escapes that make one character as that character.
func joinSurrogates(data []byte) []byte {
	if !bytes.Contains(data, []byte(`\u`)) {
		return data
	}
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); {
		if data[i] != '\\' {
			out = append(out, data[i])
			i++
			continue
		}
		if r := utf16.DecodeRune(unit(data[i:]), unit(data[min(i+6, len(data)):])); r != utf8.RuneError {
			out = utf8.AppendRune(out, r)
			i += 12
			continue
		}
		end := min(i+2, len(data)) // what a backslash escapes starts no escape itself
		out = append(out, data[i:end]...)
		i = end
	}
	return out
}

// unit returns the \uXXXX escape that text begins with, -1 for none.
func unit(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}
