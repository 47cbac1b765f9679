package configdef

import (
	"maps"
	"strconv"
	"strings"

	"github.com/sluice-connect/sluice/schemas"
)

// Result is what validation says about one key.
type Result struct {
	Key Key
	// Value is the parsed value, set or by default, in Kafka's string form; nil when it is null or cannot be parsed.
	// Passwords are [hidden].
	Value  *string
	Errors []string // of parsing, of the key's validator and of the definition's checks, in this order
}

// Validate reports on every key of d, in order. A check's problem with a key that d does not define comes last, under
// a Key that has nothing but the name.
func (d *Def) Validate(props map[string]string) []Result {
	results := make([]Result, 0, len(d.keys))
	places := make(map[string]int, len(d.keys))
	for _, k := range d.keys {
		r := Result{Key: k}
		if value, err := k.parse(props); err == nil {
			r.Value = Text(value)
		}
		places[k.Name] = len(results)
		results = append(results, r)
	}
	_, problems := d.Parse(props)
	for _, p := range problems {
		at, ok := places[p.Key]
		if !ok {
			at = len(results)
			places[p.Key] = at
			results = append(results, Result{Key: Key{Name: p.Key}})
		}
		results[at].Errors = append(results[at].Errors, p.Message)
	}
	return results
}

// Text renders a parsed value as Kafka's ConfigDef.convertToString does; nil is null.
func Text(value any) *string {
	var text string
	switch v := value.(type) {
	case nil:
		return nil
	case bool:
		text = strconv.FormatBool(v)
	case int16:
		text = strconv.FormatInt(int64(v), 10)
	case int32:
		text = strconv.FormatInt(int64(v), 10)
	case int64:
		text = strconv.FormatInt(v, 10)
	case float64:
		text = string(schemas.AppendJavaFloat(nil, v, 64))
	case []string:
		text = strings.Join(v, ",")
	case Secret:
		text = Hidden
	case string:
		text = v
	}
	return &text
}

// secretWords give away, in the name of a key no definition knows, that its value may be a secret.
var secretWords = []string{"password", "passphrase", "secret", "token", "credential", "jaas", "user.info", "private.key", "access.key", "api.key"}

// Mask returns a copy of props fit for logs: the values of Password keys, and of keys that d does not define and
// whose names sound secret, are [hidden]. References to config providers stay, they are no secrets.
func (d *Def) Mask(props map[string]string) map[string]string {
	masked := maps.Clone(props)
	for name, text := range props {
		if d.isSecret(name) && !isReference(text) {
			masked[name] = Hidden
		}
	}
	return masked
}

func (d *Def) isSecret(name string) bool {
	if k, ok := d.Key(name); ok {
		return k.Type == Password
	}
	name = strings.ToLower(name)
	for _, word := range secretWords {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// isReference reports whether text is nothing but one ${provider:key}.
func isReference(text string) bool {
	return strings.HasPrefix(text, "${") && strings.IndexByte(text, '}') == len(text)-1
}
