package cli

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWorkerPropertiesAreResolved: a reference in worker.properties stands for what its provider knows.
func TestWorkerPropertiesAreResolved(t *testing.T) {
	t.Setenv("SLUICE_TEST_BROKERS", "broker:9092")
	path := filepath.Join(t.TempDir(), "worker.properties")
	lines := []string{"bootstrap.servers=${env:SLUICE_TEST_BROKERS}", "key.converter=ByteArrayConverter", "value.converter=ByteArrayConverter",
		"config.providers=env", "config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider"}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := loadWorker(t.Context(), path, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil || config.Props["bootstrap.servers"] != "broker:9092" {
		t.Errorf("bootstrap.servers is %q, %v", config.Props["bootstrap.servers"], err)
	}
}

// TestNothingShowsWhatAReferenceStandsFor: not the answers, not the state of a task that fails with it, not the log.
func TestNothingShowsWhatAReferenceStandsFor(t *testing.T) {
	dir := t.TempDir()
	hidden := write(t, filepath.Join(dir, "hidden.properties"), "n=canary-number\nfile=/canary-dir/none/out.txt\ntopic=canary-topic\n")
	path := properties(t, dir)
	p := start(t, write(t, path, readFile(t, path)+"config.providers=file\nconfig.providers.file.class=FileConfigProvider\nconfig.providers.file.param.allowed.paths="+dir+"\n"))
	defer p.end()
	ref := func(key string) string { return "${file:" + hidden + ":" + key + "}" }
	config := func(tasks, file string) string {
		return `{"name":"a","connector.class":"FileStreamSink","topics":"` + ref("topic") + `","tasks.max":"` + tasks + `","file":"` + file + `"}`
	}
	said := func(method, path, body string, want int) string {
		t.Helper()
		code, text := p.request(method, path, body)
		if code != want || strings.Contains(text, "canary") {
			t.Errorf("%s %s: %d %s", method, path, code, text)
		}
		return text
	}
	if text := said("PUT", "/connectors/a/config", config(ref("n"), ref("file")), 400); !strings.Contains(text, ref("n")) {
		t.Errorf("the refusal does not name the reference: %s", text)
	}
	said("PUT", "/connector-plugins/FileStreamSink/config/validate", config(ref("n"), ref("file")), 200)
	if text := said("PUT", "/connector-plugins/FileStreamSink/config/validate", config("1", ref("unset")), 200); !strings.Contains(text, `"error_count":1`) {
		t.Errorf("a reference that stands for nothing: %s", text)
	}
	if text := said("PUT", "/connector-plugins/FileStreamSink/config/validate", config("1", "${file:"+dir+"/none:x}"), 200); !strings.Contains(text, "no such file") {
		t.Errorf("a file that is not there: %s", text)
	}
	said("PUT", "/connectors/a/config", config("1", ref("file")), 201)
	said("GET", "/connectors?expand=info&expand=status", "", 200)
	said("GET", "/connectors/a/tasks", "", 200)
	said("GET", "/metrics", "", 200)
	if log := p.out.String(); strings.Contains(log, "canary") {
		t.Errorf("the log: %s", log)
	}
}
