package herder

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/loggers"
)

// hiding makes a worker whose references ${p:topic} and ${p:host} stand for texts that nobody may see, and its log.
func hiding(t *testing.T) (*worker, *journal) {
	w, j := journalled(t, t.TempDir())
	w.opt.Loggers = loggers.New(w.opt.Logger.Handler())
	w.opt.Resolve = func(_ context.Context, config map[string]string) (map[string]string, error) {
		out := maps.Clone(config)
		for key, text := range out {
			out[key] = strings.NewReplacer("${p:topic}", "canary-topic", "${p:host}", "canary.host:6379").Replace(text)
		}
		return out, nil
	}
	return w, j
}

// all returns what was logged.
func (j *journal) all() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// TestTracesAndLogsShowReferences of what the configuration refers to, whoever wrote them.
func TestTracesAndLogsShowReferences(t *testing.T) {
	w, j := hiding(t)
	w.create("a", "topics", "${p:topic}", "file", "redis://${p:host}/0")
	w.until("a", run, run)
	spec := w.tasks.get("a", 0).spec
	if spec.Props["topics"] != "canary-topic" {
		t.Fatalf("the task got %s", spec.Props["topics"])
	}
	spec.Waiting("dial canary.host:6379: connection refused")
	spec.Logger.Warn("no leader of canary-topic", "error", errors.New("read canary-topic"))
	spec.SinkLogger.With("at", "redis://canary.host:6379/0").Info("connected")
	if got := spec.Redact("write canary-topic to canary.host"); got != "write ${p:topic} to ${p:host}" {
		t.Errorf("texts of records: %s", got)
	}
	status, err := w.ConnectorStatus("a")
	if err != nil || status.Tasks[0].Trace != "dial ${p:host}: connection refused" {
		t.Errorf("%+v, %v", status, err)
	}
	w.tasks.get("a", 0).fail("topic canary-topic: lookup canary.host: no such host")
	w.until("a", run, runtime.Failed)
	if status, _ := w.ConnectorStatus("a"); status.Tasks[0].Trace != "topic ${p:topic}: lookup ${p:host}: no such host" {
		t.Errorf("%+v", status)
	}
	if log := j.all(); strings.Contains(log, "canary") || !strings.Contains(log, "no leader of ${p:topic}") || !strings.Contains(log, "${p:host}") {
		t.Errorf("the log: %s", log)
	}
}

// TestDanglingReferencesAreTold with connector and key, and accepted as Kafka Connect does.
func TestDanglingReferencesAreTold(t *testing.T) {
	w, j := hiding(t)
	w.create("a", "file", "${p:unset}", "other", "${nobody:x}")
	w.until("a", run, run)
	for _, want := range []string{"connector=a property=file", "${p:unset}", "connector=a property=other", "${nobody:x}"} {
		if !strings.Contains(j.all(), want) {
			t.Errorf("the log lacks %s: %s", want, j.all())
		}
	}
	none := valid("size", "0")
	none["secret"] = nil
	if _, err := w.CreateConnector(t.Context(), "b", none, runtime.Running); kindOf(err) != runtime.BadRequest {
		t.Error(err)
	}
	if !strings.Contains(j.all(), `connector=b keys="[secret size]"`) && !strings.Contains(j.all(), `connector=b keys="[size secret]"`) {
		t.Errorf("the log does not name the keys that are wrong: %s", j.all())
	}
}
