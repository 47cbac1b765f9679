package runtime

import (
	"sort"
	"strings"

	"github.com/sluice-connect/sluice/runtime/consume"
)

const consumerOverride = "consumer.override."

// overrideFindings lists the consumer settings of a connector. A value of the wrong type is refused here; one out of
// range fails the task, as in Kafka Connect, where only the client knows the ranges.
func (e *examination) overrideFindings() {
	var names []string
	for name := range e.config {
		if strings.HasPrefix(name, consumerOverride) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		text := e.config[name]
		f := finding{name: name, value: &text}
		if message := wrongType(strings.TrimPrefix(name, consumerOverride), text); message != "" {
			f.errors = append(f.errors, message)
		}
		e.findings = append(e.findings, f)
	}
}

func wrongType(key, text string) string {
	_, err := consume.NewConfig(map[string]string{"bootstrap.servers": "localhost:9092", key: text}, "validate", "validate")
	if err == nil {
		return ""
	}
	message := err.Error()
	at := strings.Index(message, "Invalid value ")
	if at < 0 || !(strings.Contains(message, "Not a number of type") || strings.Contains(message, "Expected value to be either")) {
		return ""
	}
	return message[at:]
}
