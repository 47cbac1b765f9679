package configdef

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Hidden is what a password shows instead of itself, as in Kafka.
const Hidden = "[hidden]"

// Secret is the value of a Password key. It prints as [hidden]; Reveal is the only way to its text.
type Secret struct{ text string }

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{text: text} }

// Reveal returns the secret text, for handing it to a client.
func (s Secret) Reveal() string { return s.text }

// String masks the secret.
func (s Secret) String() string { return Hidden }

// GoString masks the secret under %#v.
func (s Secret) GoString() string { return Hidden }

// MarshalText masks the secret in JSON and in logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Hidden), nil }

// IsSet reports whether the secret holds any text.
func (s Secret) IsSet() bool { return s.text != "" }

// Values are the parsed values of a definition. Getters of keys that the definition lacks, or that failed to parse,
// return the zero value: check the problems of Parse first.
type Values struct {
	def    *Def
	props  map[string]string
	parsed map[string]any
}

// Originals returns the properties that were parsed, also those the definition does not know. It must not be changed.
func (v Values) Originals() map[string]string { return v.props }

// IsSet reports whether the user set key.
func (v Values) IsSet(key string) bool { _, ok := v.props[key]; return ok }

// Has reports whether key has a value, set or by default.
func (v Values) Has(key string) bool { return v.parsed[key] != nil }

// String returns the value of a String or Class key, "" when null.
func (v Values) String(key string) string { s, _ := v.parsed[key].(string); return s }

// Bool returns the value of a Boolean key.
func (v Values) Bool(key string) bool { b, _ := v.parsed[key].(bool); return b }

// Int returns the value of an Int, Short or Long key.
func (v Values) Int(key string) int64 {
	switch n := v.parsed[key].(type) {
	case int16:
		return int64(n)
	case int32:
		return int64(n)
	case int64:
		return n
	}
	return 0
}

// longest is what a Duration is at most. It leaves room to be added to a time.
const longest = 100 * 365 * 24 * time.Hour

// Duration returns the value of an Int or Long key that counts units of time; more than a hundred years are a hundred
// years. For Java's clients the largest number stands for never.
func (v Values) Duration(key string, unit time.Duration) time.Duration {
	most := int64(longest / unit)
	return time.Duration(max(-most, min(v.Int(key), most))) * unit
}

// Double returns the value of a Double key.
func (v Values) Double(key string) float64 { f, _ := v.parsed[key].(float64); return f }

// List returns the value of a List key; nil when empty or null.
func (v Values) List(key string) []string { l, _ := v.parsed[key].([]string); return l }

// Secret returns the value of a Password key.
func (v Values) Secret(key string) Secret { s, _ := v.parsed[key].(Secret); return s }

// WithPrefix returns the original properties whose names start with prefix, with the prefix cut off.
func (v Values) WithPrefix(prefix string) map[string]string { return WithPrefix(v.props, prefix) }

// WithPrefix returns the properties whose names start with prefix, with the prefix cut off.
func WithPrefix(props map[string]string, prefix string) map[string]string {
	out := map[string]string{}
	for k, text := range props {
		if rest, ok := strings.CutPrefix(k, prefix); ok {
			out[rest] = text
		}
	}
	return out
}

// parse reads text as Kafka's ConfigDef.parseType does: values are trimmed, lists are split on commas.
func parse(t Type, text string) (any, error) {
	trimmed := strings.TrimFunc(text, func(r rune) bool { return r <= ' ' }) // as Java's String.trim does
	switch t {
	case Boolean:
		switch strings.ToLower(trimmed) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return nil, errors.New("Expected value to be either true or false") //nolint:staticcheck // Kafka's text
	case Int:
		n, err := strconv.ParseInt(trimmed, 10, 32)
		return int32(n), notANumber(t, err)
	case Short:
		n, err := strconv.ParseInt(trimmed, 10, 16)
		return int16(n), notANumber(t, err)
	case Long:
		n, err := strconv.ParseInt(trimmed, 10, 64)
		return n, notANumber(t, err)
	case Double:
		f, err := strconv.ParseFloat(trimmed, 64)
		return f, notANumber(t, err)
	case List:
		return splitList(trimmed), nil
	case Password:
		return Secret{text: trimmed}, nil
	}
	return trimmed, nil
}

func notANumber(t Type, err error) error {
	if err == nil {
		return nil
	}
	return errors.New("Not a number of type " + string(t)) //nolint:staticcheck // Kafka's text
}

func splitList(text string) []string {
	if text == "" {
		return nil
	}
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.Trim(parts[i], " \t\n\v\f\r")
	}
	return parts
}
