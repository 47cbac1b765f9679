package runtime

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime/task"
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
			_, err := w.CreateConnector(t.Context(), key, valid(key, "7"), task.Stopped)
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
	found := map[string]ConfigInfo{}
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

func TestReferencesAreResolvedForTasksAndValidatorsOnly(t *testing.T) {
	w := newWorker(t, t.TempDir())
	broken := false
	w.opt.Resolve = func(_ context.Context, config map[string]string) (map[string]string, error) {
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
	w.eventually("two tasks", func() bool { s, _ := w.ConnectorStatus("a"); return len(s.Tasks) == 2 && s.Tasks[1].State == Running })
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
	if err := w.RestartTask(TaskID{"a", 0}); err != nil {
		t.Fatal(err)
	}
	w.eventually("the task to fail", func() bool {
		s, _ := w.TaskStatus(TaskID{"a", 0})
		return s.State == Failed && strings.Contains(s.Trace, "${p:x}")
	})
	if _, err := w.CreateConnector(t.Context(), "b", valid(), task.Running); KindOf(err) != BadRequest {
		t.Error(err)
	}
}

func TestVersionRanges(t *testing.T) {
	for text, want := range map[string][3]bool{ // of 1.0, 1.5.2, 2.0
		"": {true, true, true}, "latest": {true, true, true}, "1.0": {true, false, false}, "[1.0,2.0)": {true, true, false},
		"(1.0,2.0]": {false, true, true}, "[1.5,)": {false, true, true}, "(,1.5]": {true, false, false}, "[2]": {false, false, true},
	} {
		r, err := parseVersionRange(text)
		if got := [3]bool{r.contains("1.0"), r.contains("1.5.2"), r.contains("2.0")}; err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"[1.0", "1.0]", "[2,1]", "[1,2],[3,4]", "[]", "(1)", ","} {
		if _, err := parseVersionRange(text); KindOf(err) != BadRequest || err == nil {
			t.Errorf("%s was taken", text)
		}
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
