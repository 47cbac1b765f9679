package runtime

import (
	"slices"
	"sort"
	"strings"

	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/runtime/workerconfig"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// The prefixes of client settings in a connector's configuration.
const (
	consumerOverride = "consumer.override."
	producerOverride = "producer.override."
	adminOverride    = "admin.override."
)

// principalKeys are what the policy Principal lets a connector override: who it is to Kafka.
var principalKeys = []string{"security.protocol", "sasl.jaas.config", "sasl.mechanism"}

// overrideFindings lists the client settings of a connector, those of the producer and the admin client only when
// there is a dead letter queue for them to serve. A value of the wrong type is refused here; one out of range fails
// the task, as in Kafka Connect, where only the client knows the ranges.
func (e *examination) overrideFindings(worker map[string]string) {
	prefixes := []string{consumerOverride}
	if e.props["errors.deadletterqueue.topic.name"] != "" {
		prefixes = []string{producerOverride, consumerOverride, adminOverride}
	}
	for _, prefix := range prefixes {
		for _, name := range namesWith(e.props, prefix) {
			e.findings = append(e.findings, e.overrideFinding(worker, prefix, strings.TrimPrefix(name, prefix)))
		}
	}
}

func (e *examination) overrideFinding(worker map[string]string, prefix, key string) finding {
	text := e.props[prefix+key]
	f := finding{name: prefix + key, value: &text, once: true}
	if k, ok := clientKeys.Key(key); ok && definedFor(prefix, key) {
		f.key = &k
		if k.Type == cd.Password {
			hidden := cd.Hidden
			f.value = &hidden
		}
	}
	if !overridable(worker, key) {
		f.errors = append(f.errors, "The '"+workerconfig.Policy(worker[workerconfig.OverridePolicy])+"' policy does not allow '"+key+
			"' to be overridden in the connector configuration.")
	} else if message := wrongType(key, text); message != "" && prefix == consumerOverride {
		f.errors = append(f.errors, message)
	}
	return f
}

// overridable asks the worker's policy.
func overridable(worker map[string]string, key string) bool {
	switch workerconfig.Policy(worker[workerconfig.OverridePolicy]) {
	case "None":
		return false
	case "Principal":
		return slices.Contains(principalKeys, key)
	case "Allowlist":
		for _, allowed := range strings.Split(worker[workerconfig.OverrideAllowlist], ",") {
			if strings.TrimSpace(allowed) == key {
				return true
			}
		}
		return false
	}
	return true
}

func namesWith(config map[string]string, prefix string) []string {
	var names []string
	for name := range config {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
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
