package raw

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

const encodingKey = "converter.encoding"

// The encodings of StringConverter; Java knows more under rarer names.
var (
	utf8Names  = []string{"UTF-8", "UTF8"}
	latinNames = []string{"ISO-8859-1", "ISO8859_1", "ISO8859-1", "LATIN1"}
	asciiNames = []string{"US-ASCII", "ASCII"}
)

func stringConfig() *configdef.Def {
	return typeConfig().Add(configdef.Key{
		Name: encodingKey, Type: configdef.String, Default: "UTF-8", Importance: configdef.High,
		Valid: knownEncoding, Doc: "The name of the Java character set to use for encoding strings as byte arrays: UTF-8, ISO-8859-1 or US-ASCII.",
	})
}

func knownEncoding(v any) error {
	if name, _ := v.(string); decoder(name) == nil {
		return errors.New("encoding must be one of: UTF-8, ISO-8859-1, US-ASCII")
	}
	return nil
}

// decoder returns what turns bytes in the encoding called name into UTF-8, nil for an encoding not supported.
func decoder(name string) func([]byte) []byte {
	name = strings.ToUpper(name)
	switch {
	case slices.Contains(utf8Names, name):
		return validUTF8
	case slices.Contains(latinNames, name):
		return fromLatin
	case slices.Contains(asciiNames, name):
		return fromASCII
	}
	return nil
}

// texts is StringConverter.
type texts struct {
	decode func([]byte) []byte
	slab   schemas.Slab[text]
}

var optionalString = optional(schemas.String)

func newText(v configdef.Values) converter.Converter {
	return &texts{decode: decoder(v.String(encodingKey))}
}

// Convert never fails: what is not in the encoding is replaced as Java does.
func (c *texts) Convert(_ context.Context, _ string, data []byte) (schemas.Value, error) {
	if data == nil {
		return schemas.Of(optionalString, nil), nil
	}
	t := c.slab.Next()
	t.bytes = c.decode(data)
	return schemas.LazyOf(optionalString, t), nil
}

func (c *texts) Clone() converter.Converter { return &texts{decode: c.decode} }
func (c *texts) Close() error               { return nil }

// text is UTF-8 that becomes a string on demand.
type text struct{ bytes []byte }

func (t *text) Tree() any                    { return string(t.bytes) }
func (t *text) Lookup([]string) (any, bool)  { return nil, false }
func (t *text) AppendJSON(dst []byte) []byte { return schemas.AppendJSONText(dst, t.bytes) }
func (t *text) AppendText(dst []byte) []byte { return append(dst, t.bytes...) }

// validUTF8 returns b itself unless it is malformed; then each longest piece that could begin a character, or else
// each byte, becomes U+FFFD, as in Java.
func validUTF8(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	out := make([]byte, 0, len(b)+16)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			n = brokenPiece(b)
		}
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	return out
}

// brokenPiece measures the malformed piece at the start of b: an encoded surrogate, or the bytes that could still have
// become a character.
func brokenPiece(b []byte) int {
	if len(b) >= 3 && b[0] == 0xed && b[1]&0xe0 == 0xa0 && b[2]&0xc0 == 0x80 {
		return 3
	}
	for n := min(len(b), utf8.UTFMax-1); n > 1; n-- {
		if !utf8.FullRune(b[:n]) {
			return n
		}
	}
	return 1
}

func fromLatin(b []byte) []byte {
	if isASCII(b) {
		return b
	}
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = utf8.AppendRune(out, rune(c))
	}
	return out
}

func fromASCII(b []byte) []byte {
	if isASCII(b) {
		return b
	}
	out := make([]byte, 0, 3*len(b))
	for _, c := range b {
		if c >= utf8.RuneSelf {
			out = utf8.AppendRune(out, utf8.RuneError)
			continue
		}
		out = append(out, c)
	}
	return out
}

func isASCII(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c >= utf8.RuneSelf })
}
