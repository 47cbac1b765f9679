package raw

import (
	"context"
	"strings"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// headers is SimpleHeaderConverter.
type headers struct{}

// Convert guesses the type of a header's text; what looks like nothing else is a string, so it never fails.
func (headers) Convert(_ context.Context, _ string, data []byte) (schemas.Value, error) {
	if data == nil {
		return schemas.Value{}, nil
	}
	return ParseValue(string(validUTF8(data))), nil
}

func (c headers) Clone() converter.Converter { return c }
func (headers) Close() error                 { return nil }

// ParseValue guesses what text stands for by the rules of Connect's Values.parseString: true, false, the smallest
// integer type, FLOAT32 or FLOAT64, Decimal, an ISO date, time or timestamp with milliseconds, an array or a map of
// these, else the text itself as STRING. Unlike Connect it takes null for null, and text of which only the beginning
// could be parsed for a STRING.
func ParseValue(text string) schemas.Value {
	trimmed := trim(text)
	if trimmed == "" {
		return schemas.Of(requiredString, text)
	}
	if trimmed == "null" {
		return schemas.Value{}
	}
	if v, ok := literal(text, trimmed); ok {
		return v
	}
	if trimmed[0] == '[' || trimmed[0] == '{' {
		p := containerParser{text: trimmed}
		if v, ok := p.value(0); ok && p.pos == len(p.text) {
			return v
		}
	}
	return schemas.Of(requiredString, text)
}

// literal reads what is no container; token is text without the white space around it.
func literal(text, token string) (schemas.Value, bool) {
	switch token {
	case "true":
		return schemas.Of(requiredBoolean, true), true
	case "false":
		return schemas.Of(requiredBoolean, false), true
	}
	if c := token[0]; c != '+' && c != '-' && (c < '0' || c > '9') {
		return schemas.Value{}, false
	}
	if v, ok := temporal(strings.TrimLeft(text, blanks)); ok {
		return v, true
	}
	return parseNumber(token)
}

// blanks are the characters that Java's String.trim cuts off.
const blanks = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f "

func trim(s string) string { return strings.Trim(s, blanks) }
