package dynamodb

import (
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
)

func TestConfigurationProblems(t *testing.T) {
	for _, c := range []struct {
		props map[string]string
		key   string
		text  string
	}{
		{map[string]string{}, "", ""},
		{map[string]string{keyHash: ""}, keyHash, "non-empty"},
		{map[string]string{keyHash: "topic"}, keyHash, "a key reference is"},
		{map[string]string{keyHash: "value.a.b.c", keyDepth: "2"}, keyHash, "deeper"},
		{map[string]string{keyHash: "value.a", keySort: "key.a"}, keySort, "alias"},
		{map[string]string{keyNulls: "delete"}, keySort, "offset of its own"},
		{map[string]string{keyNulls: "delete", keyHash: "key", keySort: ""}, "", ""},
		{map[string]string{keyNulls: "drop"}, keyNulls, "must be one of"},
		{map[string]string{keyTable: "a b"}, keyTable, "no table name"},
		{map[string]string{keyProvider: "com.acme.Mine"}, keyProvider, "no such credentials provider"},
		{map[string]string{"confluent.topic.replication.factor": "1", "confluent.topic.ssl.truststore.location": "x", "confluent.license": ""}, "", ""},
	} {
		_, problems := definition.Parse(c.props)
		if c.key == "" && len(problems) > 0 ||
			c.key != "" && (len(problems) != 1 || problems[0].Key != c.key || !strings.Contains(problems[0].Message, c.text)) {
			t.Error(c.props, problems)
		}
	}
}

func TestClassNames(t *testing.T) {
	for _, name := range []string{Class, "dynamodb", "DynamoDbSinkConnector", "DynamoDbSink"} {
		if p, ok := connectors.Lookup(name); !ok || p.TaskClass != TaskClass {
			t.Error(name)
		}
	}
}
