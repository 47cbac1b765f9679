package secrets

import (
	"regexp"
	"strings"
)

// pattern is the one of Kafka's ConfigTransformer: ${provider:key} or ${provider:path:key}, none with a brace inside.
var pattern = regexp.MustCompile(`\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}`)

// reference is what stands for a value.
type reference struct{ provider, path, key string }

func (r reference) String() string {
	if r.path == "" {
		return "${" + r.provider + ":" + r.key + "}"
	}
	return "${" + r.provider + ":" + r.path + ":" + r.key + "}"
}

// references returns the references in a value.
func references(value string) []reference {
	if !strings.Contains(value, "${") {
		return nil
	}
	var refs []reference
	for _, m := range pattern.FindAllStringSubmatch(value, -1) {
		refs = append(refs, reference{m[1], m[3], m[4]})
	}
	return refs
}

// replace puts what lookup knows in place of references. It looks at value once: text that was put in is not a
// reference, whatever it looks like.
func replace(value string, lookup func(reference) (string, bool)) string {
	if !strings.Contains(value, "${") {
		return value
	}
	return pattern.ReplaceAllStringFunc(value, func(text string) string {
		m := pattern.FindStringSubmatch(text)
		if found, ok := lookup(reference{m[1], m[3], m[4]}); ok {
			return found
		}
		return text
	})
}
