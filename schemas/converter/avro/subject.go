package avro

import (
	"fmt"
	"strings"

	"github.com/sluice-connect/sluice/schemas/converter"
)

// strategy says how the subject of a schema is named.
type strategy uint8

const (
	byTopic strategy = iota
	byRecord
	byTopicRecord
)

const strategyPackage = "io.confluent.kafka.serializers.subject."

var strategies = map[string]strategy{
	strategyPackage + "TopicNameStrategy":       byTopic,
	strategyPackage + "RecordNameStrategy":      byRecord,
	strategyPackage + "TopicRecordNameStrategy": byTopicRecord,
}

// subjects names the subjects whose versions become Connect versions.
type subjects struct {
	strategy strategy
	role     converter.Role
}

// hint is the subject as far as it is known without the schema.
func (s subjects) hint(topic string) string {
	if s.strategy != byTopic {
		return ""
	}
	return s.forTopic(topic)
}

func (s subjects) forTopic(topic string) string {
	if s.role == converter.ForKey {
		return topic + "-key"
	}
	return topic + "-value"
}

// of is the subject of schema n in topic.
func (s subjects) of(topic string, n *node) (string, error) {
	if s.strategy == byTopic {
		return s.forTopic(topic), nil
	}
	if n.kind != kRecord {
		return "", fmt.Errorf("the configured subject name strategy needs a record schema, not %s", n.kind)
	}
	if s.strategy == byRecord {
		return n.fullName(), nil
	}
	return topic + "-" + n.fullName(), nil
}

// strategyByName accepts class names with and without their package.
func strategyByName(name string) (strategy, error) {
	full := name
	if !strings.Contains(name, ".") {
		full = strategyPackage + name
	}
	if s, ok := strategies[full]; ok {
		return s, nil
	}
	return 0, fmt.Errorf("class %s could not be found; known are TopicNameStrategy, RecordNameStrategy and TopicRecordNameStrategy", name)
}
