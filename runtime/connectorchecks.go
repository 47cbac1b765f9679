package runtime

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-connect/sluice/connectors"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// maxTasks bounds what one request can start.
const maxTasks = 1000

var validTasksMax = cd.All(cd.AtLeast(1), func(v any) error {
	if n, _ := v.(int32); n > maxTasks {
		return fmt.Errorf("This worker runs at most %d tasks for a connector", maxTasks) //nolint:staticcheck // shown after "Invalid value ...: "
	}
	return nil
})

func validName(v any) error {
	name, _ := v.(string)
	if name == "" {
		return errors.New("String may not be empty") //nolint:staticcheck // Kafka's text
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

func validRegex(v any) error {
	if _, err := regexp.Compile(v.(string)); err != nil {
		return fmt.Errorf("Invalid regex: %w", err) //nolint:staticcheck // Kafka's text
	}
	return nil
}

func validConverter(v any) error {
	class, _ := v.(string)
	if _, isConnector := connectors.Lookup(class); isConnector {
		return nil // wrongInterface has the better text
	}
	if _, ok := converter.Lookup(class); !ok {
		return fmt.Errorf("Class %s could not be found.", class) //nolint:staticcheck // Kafka's text
	}
	return nil
}

// commonChecks are the checks whose texts stand alone, without "Invalid value V for configuration K: " before them or
// with the value in another form.
var commonChecks = []func(cd.Values) []cd.Problem{wrongInterface, duplicateAliases, duplicateTopics, sinkChecks}

func wrongInterface(v cd.Values) []cd.Problem {
	var problems []cd.Problem
	for _, key := range []string{"key.converter", "value.converter", "header.converter"} {
		class, kind := v.String(key), "Converter"
		p, known := converter.Lookup(class)
		_, isConnector := connectors.Lookup(class)
		fits := known && p.Value
		if key == "header.converter" {
			kind, fits = "HeaderConverter", known && p.Header
		}
		if (known || isConnector) && !fits {
			problems = append(problems, cd.Problem{Key: key, Message: fmt.Sprintf("Class class %s does not implement the %s interface", class, kind)})
		}
	}
	return problems
}

func duplicateAliases(v cd.Values) []cd.Problem {
	var problems []cd.Problem
	for _, key := range []string{"transforms", "predicates"} {
		if list := v.List(key); repeated(list) {
			problems = append(problems, cd.Problem{Key: key, Message: fmt.Sprintf("Invalid value [%s] for configuration %s: Duplicate alias provided.",
				strings.Join(list, ", "), key)})
		}
	}
	return problems
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
	dlq := v.String("errors.deadletterqueue.topic.name")
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
	if r, err := regexp.Compile("^(?:" + regex + ")$"); regex != "" && err == nil && r.MatchString(dlq) {
		return []cd.Problem{{Key: "topics.regex", Message: fmt.Sprintf("The DLQ topic '%s' may not be matched by the regex for the "+
			"topics ('topics.regex=%s') consumed by the connector", dlq, regex)}}
	}
	return nil
}

// duplicateTopics has a text of its own in Kafka, without the value.
func duplicateTopics(v cd.Values) []cd.Problem {
	if repeated(v.List("topics")) {
		return []cd.Problem{{Key: "topics", Message: "Configuration 'topics' values must not be duplicated."}}
	}
	return nil
}
