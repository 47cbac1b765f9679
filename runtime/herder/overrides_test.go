package herder

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
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
		w := newWorker(t, t.TempDir())
		w.opt.Worker["connector.client.config.override.policy"] = policy
		w.opt.Worker["connector.client.config.override.allowlist"] = "fetch.min.bytes, max.poll.records"
		for key, ok := range allowed {
			_, err := w.CreateConnector(t.Context(), key, valid(key, "7"), runtime.Stopped)
			refused := err != nil && strings.Contains(err.Error(), "policy does not allow '"+strings.TrimPrefix(key, consumerOverride)+"' to be overridden in the connector configuration.")
			if ok && err != nil || !ok && !refused {
				t.Errorf("policy %q, %s: %v", policy, key, err)
			}
		}
	}
}

func TestOverridesInValidations(t *testing.T) {
	w := newWorker(t, t.TempDir())
	infos, err := w.Validate(t.Context(), "FakeSink", valid("name", "a", "consumer.override.sasl.jaas.config", "hunter2", "consumer.override.no.such", "1",
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

// TestOverridesOfTheWrongType: Kafka Connect answers 500 to them whatever else is wrong, to validations too.
func TestOverridesOfTheWrongType(t *testing.T) {
	w := newWorker(t, t.TempDir())
	w.create("there")
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
			_, created := w.CreateConnector(t.Context(), "a", c.config, runtime.Running)
			_, _, put := w.PutConnectorConfig(t.Context(), "there", c.config)
			_, patched := w.PatchConnectorConfig(t.Context(), "there", c.config)
			_, validated := w.Validate(t.Context(), "FakeSink", c.config)
			for _, err := range []error{created, put, patched, validated} {
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
		infos, err := w.Validate(t.Context(), "FakeSink", config)
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

// TestOverridesAreShownAsParsed: as in Kafka Connect, known settings are shown as they parse, and null is none of
// their values but no mistake of theirs.
func TestOverridesAreShownAsParsed(t *testing.T) {
	w := newWorker(t, t.TempDir())
	config := valid("name", "a", dlqTopic, " d ", "consumer.override.max.poll.records", " 10 ", "consumer.override.interceptor.classes", " a , b",
		"consumer.override.no.such", " x ", "consumer.override.", "x", "producer.override.max.poll.records", " 1", "producer.override.linger.ms", " 7",
		"admin.override.retries", "1", "consumer.override.key.deserializer", "a.B")
	config["consumer.override.group.id"] = nil
	infos, err := w.Validate(t.Context(), "FakeSink", config)
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
	if _, err := w.Validate(t.Context(), "FakeSink", valid(dlqTopic, " ", "producer.override.linger.ms", "x")); err != nil {
		t.Error(err)
	}
	if _, err := w.Validate(t.Context(), "FakeSink", nulled(dlqTopic)); kindOf(err) != runtime.BadRequest {
		t.Error(err)
	}
}

func TestReferencesAreResolvedForTasksAndValidatorsOnly(t *testing.T) {
	w := newWorker(t, t.TempDir())
	broken := false
	w.examiner.Resolve = func(_ context.Context, config map[string]string) (map[string]string, error) {
		if broken {
			return nil, errors.New("read ${p:x}: no such thing")
		}
		out := maps.Clone(config)
		for k, v := range out {
			out[k] = strings.ReplaceAll(v, "${p:n}", "2")
		}
		return out, nil
	}
	w.create("a", "size", "${p:n}", "tasks.max", "${p:n}")
	w.eventually("two tasks", func() bool {
		s, _ := w.ConnectorStatus("a")
		return len(s.Tasks) == 2 && s.Tasks[1].State == runtime.Running
	})
	if got := w.tasks.get("a", 1).spec.Props["size"]; got != "2" {
		t.Errorf("the task got %s", got)
	}
	if config, _ := w.ConnectorConfig("a"); config["size"] != "${p:n}" {
		t.Error(config)
	}
	if tasks, _ := w.TaskConfigs("a"); tasks[0].Config["size"] != "${p:n}" {
		t.Error(tasks)
	}
	broken = true
	if err := w.RestartTask(t.Context(), runtime.TaskID{Connector: "a", Task: 0}); err != nil {
		t.Fatal(err)
	}
	w.eventually("the task to fail", func() bool {
		s, _ := w.TaskStatus(runtime.TaskID{Connector: "a", Task: 0})
		return s.State == runtime.Failed && strings.Contains(s.Trace, "${p:x}")
	})
	if _, err := w.CreateConnector(t.Context(), "b", valid(), runtime.Running); kindOf(err) != runtime.BadRequest {
		t.Error(err)
	}
}

func TestBusyHerderIsNotResponsive(t *testing.T) {
	w := newWorker(t, t.TempDir())
	if err := w.Responsive(t.Context()); err != nil || w.Stage() != "" {
		t.Error(err, w.Stage())
	}
	if err := w.begin("doing something"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Responsive(ctx); err == nil || !strings.HasPrefix(err.Error(), "The worker is currently doing something, which began at ") {
		t.Error(err)
	}
	w.end()
}
