//go:build real

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

// connectClient is a command line client of Kafka Connect that others wrote. A verb is a list of arguments in which
// NAME and FILE stand for the connector and for the file of its configuration.
type connectClient struct {
	program                                        string
	create, update, pause, resume, restart, remove string
	wrapped                                        bool // create takes the body of a request, not a configuration
}

var connectClients = map[string]connectClient{
	"kafka-connect-py": {program: "kc", wrapped: true,
		create: "create -f FILE", update: "update NAME -f FILE", pause: "pause NAME", resume: "resume NAME",
		restart: "restart NAME --include-tasks", remove: "delete NAME"},
	"kafkaconnect": {program: "kafkaconnect",
		create: "upload FILE --name NAME", update: "upload FILE --name NAME", pause: "pause NAME", resume: "resume NAME",
		restart: "restart NAME", remove: "delete NAME"},
}

// TestPublicClientsManageConnectors: programs that were written for the Java worker, as their registry has them, notice
// no difference. They end well also after errors, so the worker is asked what they have achieved.
func TestPublicClientsManageConnectors(t *testing.T) {
	w := startWorker(t, parts.Kafka(t).Addr)
	for name, client := range connectClients {
		t.Run(name, func(t *testing.T) {
			connector := "by-" + name
			config := map[string]string{"name": connector, "connector.class": "FileStreamSink", "topics": "t", "tasks.max": "1",
				"file": filepath.Join(w.dir, connector)}
			var body any = config
			if client.wrapped {
				body = map[string]any{"name": connector, "config": config}
			}
			client.run(t, w, client.create, connector, body)
			w.waitRunning(connector, 1)

			config["tasks.max"] = "2"
			client.run(t, w, client.update, connector, config)
			w.waitRunning(connector, 2)

			client.run(t, w, client.pause, connector, nil)
			w.waitState(connector, "PAUSED")
			client.run(t, w, client.resume, connector, nil)
			w.waitState(connector, "RUNNING")

			before := w.connectorStarts()
			client.run(t, w, client.restart, connector, nil)
			eventually(t, 30*time.Second, "restart", func() bool { return w.connectorStarts() != before })
			w.waitRunning(connector, 2)

			client.run(t, w, client.remove, connector, nil)
			if code, answer := w.call(http.MethodGet, "/connectors/"+connector, ""); code != http.StatusNotFound {
				t.Errorf("after it was deleted: %d %s", code, answer)
			}
		})
	}
}

// run has the client do verb; body is what the file holds that it is given.
func (c connectClient) run(t *testing.T, w *worker, verb, connector string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "connector.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	args := strings.Fields(verb)
	for i, arg := range args {
		args[i] = strings.NewReplacer("NAME", connector, "FILE", file).Replace(arg)
	}
	cmd := exec.CommandContext(t.Context(), clientPath(t, c.program), args...)
	cmd.Env = append(os.Environ(), "KAFKA_CONNECT_URL="+w.url)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "Error") || strings.Contains(string(out), "Oops") {
		t.Fatalf("%s %s: %v\n%s", c.program, strings.Join(args, " "), err, out)
	}
}

// clientPath finds a client where fetch-parts has put it.
func clientPath(t *testing.T, program string) string {
	t.Helper()
	root := os.Getenv("SLUICE_PARTS")
	if root == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		root = filepath.Join(cache, "sluice-parts")
	}
	path := filepath.Join(root, "clients", "bin", program)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("run deploy/e2e/fetch-parts first: %v", err)
	}
	return path
}

// waitState waits until the connector and all its tasks are in a state.
func (w *worker) waitState(name, state string) {
	w.t.Helper()
	eventually(w.t, 30*time.Second, state+" tasks of "+name, func() bool {
		s := w.status(name)
		for _, task := range s.Tasks {
			if task.State != state {
				return false
			}
		}
		return s.Connector.State == state
	})
}

var startAttempts = regexp.MustCompile(`(?m)^kafka_connect_connect_worker_metrics_connector_startup_attempts_total (\S+)$`)

// connectorStarts is how often the worker has started a connector, as its metrics show it.
func (w *worker) connectorStarts() string {
	w.t.Helper()
	_, body := w.call(http.MethodGet, "/metrics", "")
	m := startAttempts.FindSubmatch(body)
	if m == nil {
		w.t.Fatal("the metrics do not count starts of connectors")
	}
	return string(m[1])
}
