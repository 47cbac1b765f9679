package workerconfig

import (
	"bytes"
	"fmt"
	"unicode/utf16"

	"github.com/magiconair/properties"
)

// ParseProperties reads a Java properties file: ISO-8859-1 bytes, \uXXXX escapes, continued lines, no expansion of
// ${...}, which belongs to the config providers.
func ParseProperties(data []byte) (map[string]string, error) {
	// The library ends a value at CR LF even when a backslash continues it.
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	loader := properties.Loader{Encoding: properties.ISO_8859_1, DisableExpansion: true}
	parsed, err := loader.LoadBytes(joinSurrogates(data))
	if err != nil {
		return nil, fmt.Errorf("parse properties: %w", err)
	}
	props := make(map[string]string, parsed.Len())
	for _, key := range parsed.Keys() {
		value, _ := parsed.Get(key)
		props[restoreSurrogates(key)] = restoreSurrogates(value)
	}
	return props, nil
}

// The library decodes every \uXXXX as a character of its own, which loses the two halves of characters beyond U+FFFF.
// They travel through it as characters of the private use area instead.
const (
	privateHigh = 0xE000 // stands for U+D800, the first high surrogate
	surrogates  = 0x800  // how many halves there are
)

func joinSurrogates(data []byte) []byte {
	out := bytes.Clone(data)
	for i := 0; i+5 < len(out); i++ {
		if out[i] != '\\' {
			continue
		}
		if out[i+1] == 'u' && (out[i+2] == 'd' || out[i+2] == 'D') && isSurrogateDigit(out[i+3]) {
			out[i+2], out[i+3] = 'E', out[i+3]&^0x20
			if out[i+3] >= 'A' && out[i+3] <= 'F' {
				out[i+3] = out[i+3] - 'A' + '2'
			} else {
				out[i+3] = data[i+3] - '8' + '0'
			}
		}
		i++ // what a backslash escapes starts no escape itself
	}
	return out
}

func isSurrogateDigit(c byte) bool { return bytes.IndexByte([]byte("89abcdefABCDEF"), c) >= 0 }

func restoreSurrogates(text string) string {
	runes := []rune(text)
	var out []rune
	for i := 0; i < len(runes); i++ {
		if i+1 < len(runes) && isPrivate(runes[i]) && isPrivate(runes[i+1]) {
			r := utf16.DecodeRune(runes[i]-privateHigh+0xD800, runes[i+1]-privateHigh+0xD800)
			if r != '\uFFFD' {
				out = append(out, r)
				i++
				continue
			}
		}
		out = append(out, runes[i])
	}
	return string(out)
}

func isPrivate(r rune) bool { return r >= privateHigh && r < privateHigh+surrogates }
