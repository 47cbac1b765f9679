package examine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/connectorconfig"
	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/runtime/javatext"
	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/runtime/workerconfig"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// The prefixes of client settings in a connector's configuration.
const (
	ConsumerOverride = "consumer.override."
	producerOverride = "producer.override."
	adminOverride    = "admin.override."
)

// principalKeys are what the policy Principal lets a connector override: who it is to Kafka.
var principalKeys = []string{"security.protocol", "sasl.jaas.config", "sasl.mechanism"}

// overridden are the settings of the client that each prefix belongs to.
var overridden = map[string]*cd.Def{ConsumerOverride: kafka.ConsumerKeys, producerOverride: kafka.ProducerKeys, adminOverride: kafka.AdminKeys}

// overrideFindings lists the client settings of a connector, those of the producer and the admin client only when
// there is a dead letter queue for them to serve. A value of the wrong type makes the request a bad one, whatever else
// there is to say; one out of range fails the task, as in Kafka Connect, where only the client knows the ranges.
func (e *Examination) overrideFindings(worker map[string]string, raw runtime.RawConfig) {
	prefixes := []string{ConsumerOverride}
	if strings.TrimSpace(e.props[connectorconfig.DeadLetterTopic]) != "" {
		prefixes = []string{producerOverride, ConsumerOverride, adminOverride}
	}
	for _, prefix := range prefixes {
		names := namesWith(raw, prefix)
		javatext.Order(names, func(name string) string { return strings.TrimPrefix(name, prefix) })
		for _, name := range names {
			e.findings = append(e.findings, e.overrideFinding(worker, prefix, strings.TrimPrefix(name, prefix)))
		}
	}
}

func (e *Examination) overrideFinding(worker map[string]string, prefix, key string) finding {
	f := finding{name: prefix + key, once: true, part: true}
	text, set := e.props[f.name]
	if set {
		f.value = &text
	}
	k, known := overridden[prefix].Key(key)
	if known {
		f.key = &k
	}
	if known && set {
		parsed := typeOnly(k, prefix+key).Validate(e.props)[0]
		f.value = parsed.Value
		for _, message := range parsed.Errors {
			e.mistyped = append(e.mistyped, cd.Problem{Key: f.name, Message: message})
		}
	}
	if !overridable(worker, key) {
		f.errors = append(f.errors, "The '"+workerconfig.Policy(worker[workerconfig.OverridePolicy])+"' policy does not allow '"+key+
			"' to be overridden in the connector configuration.")
	}
	return f
}

// typeOnly defines a setting by another name, with any value of its type.
func typeOnly(k cd.Key, name string) *cd.Def {
	k.Name, k.Valid = name, nil
	if k.Type == cd.Class {
		k.Valid = inPackage
	}
	return cd.New(k)
}

// inPackage refuses what cannot be the name of a class that Java would find.
func inPackage(value any) error {
	if class, _ := value.(string); !strings.Contains(class, ".") {
		return fmt.Errorf("Class %s could not be found.", class) //nolint:staticcheck // Kafka's text
	}
	return nil
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

// namesWith lists the names in config that continue prefix, sorted.
func namesWith(config runtime.RawConfig, prefix string) []string {
	var names []string
	for name := range config {
		if strings.HasPrefix(name, prefix) && name != prefix {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// CheckClients returns an error that names every value among a worker's properties which no client of Kafka could be
// made with: those of its own clients, of sinks (consumer.*) and of dead letter queues (producer.*, admin.*). It reads
// no store of keys or certificates: one that is missing is the business of the client that needs it.
func CheckClients(worker map[string]string) error {
	problems := ownProblems(worker)
	problems = append(problems, consume.Check("consumer.", worker)...)
	problems = append(problems, kafka.CheckValues(kafka.ProducerKeys, "producer.", worker)...)
	problems = append(problems, kafka.CheckValues(kafka.AdminKeys, "admin.", worker)...)
	if len(problems) == 0 {
		problems = loginProblems(worker)
	}
	if len(problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(texts(problems), "\n"))
}

// ownProblems are those of the properties without prefix, other than the ones that the worker's definition covers.
func ownProblems(worker map[string]string) []cd.Problem {
	own := maps.Clone(worker)
	for _, k := range workerconfig.Standalone.Keys() {
		delete(own, k.Name)
	}
	return kafka.CheckValues(kafka.AdminKeys, "", own)
}

// loginProblems looks at TLS and logins as each kind of client gets them.
func loginProblems(worker map[string]string) []cd.Problem {
	own := kafka.CheckSecurity(worker)
	problems := securityProblem("", own)
	problems = append(problems, securityProblem("consumer.", kafka.CheckSecurity(cd.WithPrefix(worker, "consumer.")))...)
	problems = append(problems, securityProblem("producer.", kafka.CheckSecurity(cd.WithPrefix(worker, "producer.")))...)
	if own == nil { // admin clients inherit what the worker's own have
		problems = append(problems, securityProblem("admin.", kafka.CheckSecurity(kafka.AdminProps(worker, nil, "")))...)
	}
	return problems
}

func securityProblem(prefix string, err error) []cd.Problem {
	if err == nil {
		return nil
	}
	return []cd.Problem{{Key: prefix + "security.protocol", Message: fmt.Sprintf("Invalid values for %ssecurity.*, sasl.* or ssl.*: %v", prefix, err)}}
}
