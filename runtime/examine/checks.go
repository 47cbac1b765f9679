package examine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-connect/sluice/runtime/connectorconfig"
	"github.com/sluice-connect/sluice/runtime/javatext"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/javaregex"
)

// MaxTasks bounds what one request can start, whatever its tasks.max: a connector may make fewer tasks than that.
const MaxTasks = 1000

// commonChecks are the checks whose texts stand alone, without "Invalid value V for configuration K: " before them.
var commonChecks = []func(cd.Values) []cd.Problem{topicNames, sinkChecks}

// sinkChecks are the checks over several common keys, as SinkConnectorConfig makes them.
func sinkChecks(v cd.Values) []cd.Problem {
	topics, regex := v.List("topics"), v.String("topics.regex")
	dlq := v.String(connectorconfig.DeadTopic)
	both := func(text string) []cd.Problem {
		return []cd.Problem{{Key: "topics", Message: text}, {Key: "topics.regex", Message: text}}
	}
	text, _ := v.Originals()["topics.regex"]
	switch {
	case len(topics) > 0 && strings.TrimSpace(text) != "":
		return both("topics and topics.regex are mutually exclusive options, but both are set.")
	case len(topics) == 0 && strings.TrimSpace(text) == "":
		return both("Must configure one of topics or topics.regex")
	}
	if dlq == "" {
		return nil
	}
	if slices.Contains(topics, dlq) {
		return []cd.Problem{{Key: "topics", Message: fmt.Sprintf("The DLQ topic '%s' may not be included in the list of topics "+
			"('topics=[%s]') consumed by the connector", dlq, strings.Join(topics, ", "))}}
	}
	if regex == "" || len(dlq) > javatext.MaxTopic {
		return nil
	}
	if matchesTopic(regex, dlq) {
		return []cd.Problem{{Key: "topics.regex", Message: fmt.Sprintf("The DLQ topic '%s' may not be matched by the regex for the "+
			"topics ('topics.regex=%s') consumed by the connector", dlq, regex)}}
	}
	return nil
}

// matchesTopic is false for a pattern that is no pattern, which its own check says, and for one that takes too long.
func matchesTopic(regex, topic string) bool {
	p, err := javaregex.Compile(regex)
	if err != nil {
		return false
	}
	matches, err := p.Matches(topic)
	return err == nil && matches
}

// topicNames looks at the list of topics, for which Kafka has texts without the value.
func topicNames(v cd.Values) []cd.Problem {
	topics := v.List("topics")
	switch {
	case connectorconfig.Repeated(topics):
		return []cd.Problem{{Key: "topics", Message: "Configuration 'topics' values must not be duplicated."}}
	case slices.Contains(topics, ""):
		return []cd.Problem{{Key: "topics", Message: "Configuration 'topics' values must not be empty."}}
	}
	for _, name := range topics {
		// A reference that nothing has replaced is another mistake.
		if !javatext.LegalTopic(name) && !strings.Contains(name, "${") {
			return []cd.Problem{{Key: "topics", Message: fmt.Sprintf("No topic can be called '%s': a name has at most %d characters, which are "+
				"ASCII letters, digits, '.', '_' and '-', and is not '.' or '..'. For a pattern of names use topics.regex instead.", name, javatext.MaxTopic)}}
		}
	}
	return nil
}

const notYet = " is " + cd.NotYet

// unsupported refuses what this version would otherwise drop silently: a connector that asks for it must not start.
func unsupported(v cd.Values) []cd.Problem {
	var problems []cd.Problem
	refuse := func(key, what string) {
		problems = append(problems, cd.Problem{Key: key, Message: "Invalid value " + v.Originals()[key] + " for configuration " + key + ": " + what + notYet})
	}
	if len(v.List("transforms")) > 0 {
		refuse("transforms", "transforming records")
	}
	if len(v.List("predicates")) > 0 {
		refuse("predicates", "transforming records")
	}
	return problems
}
