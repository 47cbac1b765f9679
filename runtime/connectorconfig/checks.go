package connectorconfig

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-connect/sluice/runtime/javatext"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/javaregex"
)

// MaxTasks bounds what one request can start, whatever its tasks.max: a connector may make fewer tasks than that.
const MaxTasks = 1000

// maxName bounds a connector's name as it stands in a URL: requests with much longer ones are refused by HTTP servers,
// ours too, before anybody looks at them.
const maxName = 8000

func validName(v any) error {
	name, _ := v.(string)
	if name == "" {
		return errors.New("String may not be empty") //nolint:staticcheck // Kafka's text
	}
	if len(url.PathEscape(name)) > maxName {
		return fmt.Errorf("String may not be longer than %d bytes in a URL, or no request could name the connector", maxName) //nolint:staticcheck // shown after "Invalid value ...: "
	}
	var codes []string
	for _, r := range name {
		if r < 0x20 || (r >= 0x7f && r < 0xa0) {
			codes = append(codes, strconv.Itoa(int(r)))
		}
	}
	if len(codes) > 0 {
		return errors.New("String may not contain control sequences but had the following ASCII chars: " + strings.Join(codes, ", ")) //nolint:staticcheck // Kafka's text
	}
	return nil
}

// ValidTopicsRegex is the validator of topics.regex.
func ValidTopicsRegex(v any) error {
	pattern, _ := v.(string)
	if wrong := javatext.TopicsRefusal(pattern); wrong != "" {
		return errors.New("Invalid regex: " + wrong) //nolint:staticcheck // Kafka's text
	}
	return nil
}

// Checks are the checks whose texts stand alone, without "Invalid value V for configuration K: " before them.
var Checks = []func(cd.Values) []cd.Problem{topicNames, sinkChecks}

func uniqueAliases(v any) error {
	if list, _ := v.([]string); repeated(list) {
		return errors.New("Duplicate alias provided.") //nolint:staticcheck // Kafka's text
	}
	return nil
}

func repeated(list []string) bool {
	seen := make(map[string]bool, len(list))
	for _, entry := range list {
		if seen[entry] {
			return true
		}
		seen[entry] = true
	}
	return false
}

// sinkChecks are the checks over several common keys, as SinkConnectorConfig makes them.
func sinkChecks(v cd.Values) []cd.Problem {
	topics, regex := v.List("topics"), v.String("topics.regex")
	dlq := v.String(DeadLetterTopic)
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
	case repeated(topics):
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
