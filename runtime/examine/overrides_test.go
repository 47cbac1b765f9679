package examine

import (
	"maps"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/connectorconfig"
)

func TestOverridePolicies(t *testing.T) {
	const setting, login = "consumer.override.max.poll.records", "consumer.override.sasl.jaas.config"
	for policy, allowed := range map[string]map[string]bool{
		"":          {setting: true, login: true},
		"all":       {setting: true, login: true},
		"None":      {setting: false, login: false},
		"Principal": {setting: false, login: true},
		"Allowlist": {setting: true, login: false},
		"org.apache.kafka.connect.connector.policy.NoneConnectorClientConfigOverridePolicy": {setting: false, login: false},
	} {
		x := newExaminer()
		x.Worker["connector.client.config.override.policy"] = policy
		x.Worker["connector.client.config.override.allowlist"] = "fetch.min.bytes, max.poll.records"
		for key, ok := range allowed {
			err := refused(t, x, key, valid(key, "7"))
			says := err != nil && strings.Contains(err.Error(), "policy does not allow '"+strings.TrimPrefix(key, consumerOverride)+"' to be overridden in the connector configuration.")
			if ok && err != nil || !ok && !says {
				t.Errorf("policy %q, %s: %v", policy, key, err)
			}
		}
	}
}

func TestOverridesInValidations(t *testing.T) {
	x := newExaminer()
	infos, err := x.Validate(t.Context(), "FakeSink", valid("name", "a", "consumer.override.sasl.jaas.config", "hunter2", "consumer.override.no.such", "1",
		"producer.override.acks", "1"))
	if err != nil || infos.ErrorCount != 0 {
		t.Fatal(infos.ErrorCount, err)
	}
	found := map[string]runtime.ConfigInfo{}
	for _, c := range infos.Configs {
		found[c.Value.Name] = c
	}
	if c := found["consumer.override.sasl.jaas.config"]; c.Definition == nil || c.Definition.DisplayName != "sasl.jaas.config" || *c.Value.Value == "hunter2" {
		t.Errorf("%+v", c)
	}
	if c := found["consumer.override.no.such"]; c.Definition != nil || *c.Value.Value != "1" {
		t.Errorf("%+v", c)
	}
	if _, ok := found["producer.override.acks"]; ok {
		t.Error("producer settings count without a dead letter queue")
	}
}

// TestOverridesAreShownAsParsed: as in Kafka Connect, known settings are shown as they parse, and null is none of
// their values but no mistake of theirs.
func TestOverridesAreShownAsParsed(t *testing.T) {
	x := newExaminer()
	config := valid("name", "a", connectorconfig.DeadTopic, " d ", "consumer.override.max.poll.records", " 10 ", "consumer.override.interceptor.classes", " a , b",
		"consumer.override.no.such", " x ", "consumer.override.", "x", "producer.override.max.poll.records", " 1", "producer.override.linger.ms", " 7",
		"admin.override.retries", "1", "consumer.override.key.deserializer", "a.B")
	config["consumer.override.group.id"] = nil
	infos, err := x.Validate(t.Context(), "FakeSink", config)
	if err != nil || infos.ErrorCount != 1 || infos.Configs[0].Definition != nil || infos.Configs[0].Value.Errors[0] != notNull {
		t.Fatal(infos.ErrorCount, err)
	}
	shown := map[string]string{}
	for _, c := range infos.Configs {
		if strings.Contains(c.Value.Name, ".override.") {
			text := "null"
			if c.Value.Value != nil {
				text = *c.Value.Value
			}
			if c.Definition != nil {
				text += " " + c.Definition.Type
			}
			shown[c.Value.Name] = text
		}
	}
	want := map[string]string{"consumer.override.max.poll.records": "10 INT", "consumer.override.interceptor.classes": "a,b LIST",
		"consumer.override.no.such": " x ", "producer.override.max.poll.records": " 1", "producer.override.linger.ms": "7 LONG",
		"admin.override.retries": "1 INT", "consumer.override.key.deserializer": "a.B CLASS", "consumer.override.group.id": "null STRING"}
	if !maps.Equal(shown, want) {
		t.Errorf("%v", shown)
	}
	if _, err := x.Validate(t.Context(), "FakeSink", valid(connectorconfig.DeadTopic, " ", "producer.override.linger.ms", "x")); err != nil {
		t.Error(err)
	}
	if _, err := x.Validate(t.Context(), "FakeSink", nulled(connectorconfig.DeadTopic)); kindOf(err) != runtime.BadRequest {
		t.Error(err)
	}
}

// TestOverridesOfTheWrongType: Kafka Connect answers 500 to them whatever else is wrong, to validations too.
func TestOverridesOfTheWrongType(t *testing.T) {
	x := newExaminer()
	dead := []string{"errors.deadletterqueue.topic.name", "dead"}
	for name, c := range map[string]struct {
		config runtime.RawConfig
		want   string
	}{
		"int":     {valid("consumer.override.max.poll.records", "abc", "tasks.max", "abc"), "Invalid value abc for configuration consumer.override.max.poll.records: Not a number of type INT"},
		"boolean": {valid("consumer.override.check.crcs", "maybe"), "Invalid value maybe for configuration consumer.override.check.crcs: Expected value to be either true or false"},
		"double":  {valid("consumer.override.sasl.login.refresh.window.factor", "x"), "Not a number of type DOUBLE"},
		"long":    {valid("consumer.override.metadata.max.age.ms", "9999999999999999999999"), "Not a number of type LONG"},
		"class":   {valid("consumer.override.key.deserializer", "foo"), "Class foo could not be found."},
		"empty":   {valid("consumer.override.fetch.min.bytes", ""), "Invalid value  for configuration consumer.override.fetch.min.bytes: Not a number of type INT"},
		"two": {valid("consumer.override.fetch.min.bytes", "1.5", "consumer.override.max.poll.records", "x"),
			"Invalid value x for configuration consumer.override.max.poll.records: Not a number of type INT\n" +
				"Invalid value 1.5 for configuration consumer.override.fetch.min.bytes: Not a number of type INT"},
		"producer": {valid(append(dead, "producer.override.linger.ms", "abc")...), "Invalid value abc for configuration producer.override.linger.ms: Not a number of type LONG"},
		"admin":    {valid(append(dead, "admin.override.request.timeout.ms", "abc")...), "Invalid value abc for configuration admin.override.request.timeout.ms: Not a number of type INT"},
	} {
		t.Run(name, func(t *testing.T) {
			_, validated := x.Validate(t.Context(), "FakeSink", c.config)
			for _, err := range []error{refused(t, x, "a", c.config), validated} {
				if err == nil || kindOf(err) != runtime.BadRequest || !strings.HasSuffix(err.Error(), c.want) {
					t.Errorf("got %v\nwant %s", err, c.want)
				}
			}
		})
	}
	for name, config := range map[string]runtime.RawConfig{ // what only the client knows to be wrong fails the task
		"range":            valid("consumer.override.max.poll.records", "-1", "consumer.override.auto.offset.reset", "nowhere"),
		"no dead letters":  valid("producer.override.linger.ms", "abc", "admin.override.request.timeout.ms", "abc"),
		"other's settings": valid(append(dead, "consumer.override.linger.ms", "abc", "admin.override.fetch.min.bytes", "abc")...),
		"blanks":           valid("consumer.override.max.poll.records", " 5 "),
	} {
		config["name"] = &name
		infos, err := x.Validate(t.Context(), "FakeSink", config)
		if err != nil || infos.ErrorCount != 0 {
			t.Errorf("%s: %+v, %v", name, infos.ErrorCount, err)
		}
		for _, c := range infos.Configs {
			if c.Value.Name == "consumer.override.max.poll.records" && *c.Value.Value != strings.TrimSpace(*config[c.Value.Name]) {
				t.Errorf("%s: the value is shown as %q", name, *c.Value.Value)
			}
		}
	}
}
