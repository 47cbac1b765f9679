package herder

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
)

// TestMissingTargetDoesNotRefuseTheConnector: what the world lacks is the task's to say, which can be restarted.
func TestMissingTargetDoesNotRefuseTheConnector(t *testing.T) {
	w := newWorker(t, dataDir(t))
	if _, err := w.CreateConnector(t.Context(), "a", valid("file", "refused"), runtime.Running); err != nil {
		t.Errorf("the connector was refused: %v", err)
	}
}

func TestNames(t *testing.T) {
	w := newWorker(t, dataDir(t))
	for name, want := range map[string]string{
		"":       "Invalid value  for configuration name: String may not be empty",
		"a\x00b": "String may not contain control sequences but had the following ASCII chars: 0",
		"a\nb":   "String may not contain control sequences but had the following ASCII chars: 10",
	} {
		if _, err := w.CreateConnector(t.Context(), name, valid(), runtime.Running); kindOf(err) != runtime.BadRequest || !strings.Contains(err.Error(), want) {
			t.Errorf("name %q: %v", name, err)
		}
	}
	for _, name := range []string{strings.Repeat("x", 8001), strings.Repeat("/", 2667)} {
		_, err := w.CreateConnector(t.Context(), name, valid(), runtime.Running)
		if kindOf(err) != runtime.BadRequest || !strings.Contains(err.Error(), "String may not be longer than 8000 bytes in a URL") {
			t.Errorf("a name of %d bytes: %v", len(name), err)
		}
	}
	for _, name := range []string{"a b", "ünï€", "a/b", "..", strings.Repeat("x", 600), strings.Repeat("x", 8000), "%2e"} {
		w.create(name)
		w.until(name, run, run)
		if id := w.tasks.get(name, 0).spec.InstanceID; !legalMember.MatchString(id) {
			t.Errorf("name %q has the member id %q, which Kafka refuses", name, id)
		}
	}
	if _, err := w.CreateConnector(t.Context(), "a", valid("name", "b"), runtime.Running); err == nil ||
		err.Error() != "Connector name configuration (b) doesn't match connector name in the URL (a)" {
		t.Errorf("another name in the configuration: %v", err)
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

// TestRefusedConfigurationsChangeNothing: every verb asks the same examination.
func TestRefusedConfigurationsChangeNothing(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.create("there")
	before, _ := w.ConnectorInfo("there")
	none := valid()
	none["topics"] = nil
	for name, config := range map[string]runtime.RawConfig{
		"out of range": valid("tasks.max", "0"),
		"mistyped":     valid("consumer.override.max.poll.records", "abc"),
		"no topics":    none,
	} {
		_, created := w.CreateConnector(t.Context(), "a", config, runtime.Running)
		_, _, put := w.PutConnectorConfig(t.Context(), "there", config)
		_, patched := w.PatchConnectorConfig(t.Context(), "there", config)
		for verb, err := range map[string]error{"create": created, "put": put, "patch": patched} {
			if kindOf(err) != runtime.BadRequest {
				t.Errorf("%s, %s: %v", name, verb, err)
			}
		}
		if _, err := w.ConnectorInfo("a"); kindOf(err) != runtime.NotFound {
			t.Errorf("%s: a refused connector exists", name)
		}
		if after, _ := w.ConnectorInfo("there"); !reflect.DeepEqual(after, before) {
			t.Errorf("%s: %+v became %+v", name, before, after)
		}
	}
}
