package dynamodb

import (
	"encoding/json"
	"os"
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
		{map[string]string{keyAccessKey: "id"}, keySecretKey, "belong together"},
		{map[string]string{keySecretKey: "geheim"}, keyAccessKey, "belong together"},
		{map[string]string{keyEndpoint: "localhost:8000"}, keyEndpoint, "http"},
		{map[string]string{keyProxyURL: "http://me:geheim@proxy"}, keyProxyURL, "must not hold"},
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
		for _, p := range problems {
			if strings.Contains(p.Message, "geheim") {
				t.Error("shows a secret:", p.Message)
			}
		}
	}
}

func TestExampleIsValid(t *testing.T) {
	text, err := os.ReadFile("example.json")
	if err != nil {
		t.Fatal(err)
	}
	var example struct{ Config map[string]string }
	if err := json.Unmarshal(text, &example); err != nil {
		t.Fatal(err)
	}
	if _, problems := definition.Parse(example.Config); len(problems) > 0 {
		t.Error(problems)
	}
	if p, ok := connectors.Lookup(example.Config["connector.class"]); !ok || p.Class != Class {
		t.Error("the class is not this one")
	}
}

func TestClassNames(t *testing.T) {
	for _, name := range []string{Class, "dynamodb", "DynamoDbSinkConnector", "DynamoDbSink"} {
		if p, ok := connectors.Lookup(name); !ok || p.TaskClass != TaskClass {
			t.Error(name)
		}
	}
}
