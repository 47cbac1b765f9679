package redis

import (
	"time"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/javatime"
	"github.com/sluice-connect/sluice/schemas/template"
)

// textOptions is how values are stored: numbers in full, times as Connect's numbers, containers as JSON.
var textOptions = schemas.TextOptions{JSON: schemas.JSONOptions{NumericDecimals: true}}

// keyGrammar is that of redis.key.template.
var keyGrammar = template.Grammar{
	Accept: func(ref template.Reference) bool {
		return ref.Source != template.Offset && (ref.Source != template.Value || len(ref.Path) > 0)
	},
	Usage: "use ${topic}, ${partition}, ${key}, ${key.field}, ${value.field}, ${header.name} or ${timestamp:yyyy-MM-dd}",
	Date:  func(pattern string) (*javatime.Pattern, error) { return javatime.Fixed(pattern, time.UTC) },
	Text:  textOptions,
}

// keyspaceGrammar is that of redis.keyspace, which knows the topic and nothing else.
var keyspaceGrammar = template.Grammar{
	Accept:  func(ref template.Reference) bool { return ref.Source == template.Topic },
	Lenient: true,
}

// newKey reads a key template.
func newKey(text string) (*template.Template, error) { return template.Parse(text, keyGrammar) }

// newKeyspace makes keys as Redis Inc's connector does: the keyspace, the separator and the record key. Without a
// keyspace the record key stands alone.
func newKeyspace(keyspace, separator string) *template.Template {
	key, _ := newKey("${key}") // it is right
	if keyspace == "" {
		return key
	}
	prefix, _ := template.Parse(keyspace, keyspaceGrammar) // a lenient grammar refuses nothing
	return template.Join(prefix, template.Literal(separator), key)
}

func validTemplate(v any) error {
	s, _ := v.(string)
	_, err := newKey(s)
	return err
}
