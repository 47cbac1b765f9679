package metrics

import (
	"fmt"
	"strings"
)

// Metric describes one metric.
type Metric struct {
	Name   string   // in Prometheus
	Kafka  string   // group and attribute in Kafka Connect, "" for those Connect does not have
	Type   string   // counter or gauge
	Labels []string // in the order in which they stand
	Help   string
}

// The types of metrics.
const (
	counter = "counter"
	gauge   = "gauge"
)

// connect describes a metric of Kafka Connect. Its name is what the JMX exporter configuration for Connect that is in
// wide use makes of group and attribute, and what Strimzi's metrics reporter does.
func connect(group, attribute, kind, help string, labels ...string) Metric {
	name := "kafka_connect_" + strings.ReplaceAll(group+"_"+attribute, "-", "_")
	return Metric{Name: name, Kafka: group + ": " + attribute, Type: kind, Labels: labels, Help: help}
}

// texts describes the text attributes of a group, which are labels of a metric that is always 1.
func texts(group, help string, labels ...string) Metric {
	return Metric{Name: "kafka_connect_" + strings.ReplaceAll(group, "-", "_"), Kafka: group + ": text attributes",
		Type: gauge, Labels: labels, Help: help}
}

// own describes a metric that Connect does not have.
func own(name, kind, help string, labels ...string) Metric {
	return Metric{Name: "sluice_" + name, Type: kind, Labels: labels, Help: help}
}

// Definitions lists all metrics in the order in which they are shown.
func Definitions() []Metric {
	list := []Metric{appInfo}
	for _, f := range workerFamilies {
		list = append(list, f.Metric)
	}
	list = append(list, connectorTexts)
	for _, f := range connectorFamilies {
		list = append(list, f.Metric)
	}
	list = append(list, taskTexts)
	for _, f := range taskFamilies {
		list = append(list, f.Metric)
	}
	return append(list, partitionLag)
}

// Markdown renders the definitions as a table.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| Metric | Type | Labels | Kafka Connect | Meaning |\n|---|---|---|---|---|\n")
	for _, m := range Definitions() {
		kafka := "–"
		if m.Kafka != "" {
			kafka = "`" + m.Kafka + "`"
		}
		labels := "–"
		if len(m.Labels) > 0 {
			labels = "`" + strings.Join(m.Labels, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Name, m.Type, labels, kafka, m.Help)
	}
	return b.String()
}
