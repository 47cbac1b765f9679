package cli

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestScrapesSeeConnectorsAndTasks(t *testing.T) {
	dir := t.TempDir()
	p := start(t, properties(t, dir))
	defer p.end()
	if code, body := p.request("PUT", "/connectors/a/config", connector(dir, "a", "out")); code != http.StatusCreated {
		t.Fatalf("%d %s", code, body)
	}
	for _, line := range []string{
		"kafka_connect_connect_worker_metrics_connector_count 1",
		"kafka_connect_connect_worker_metrics_connector_startup_attempts_total 1",
		"kafka_connect_connect_worker_metrics_task_startup_success_total 1",
		`kafka_connect_connect_worker_metrics_connector_running_task_count{connector="a"} 1`,
		`kafka_connect_sink_task_metrics_sink_record_read_total{connector="a",task="0"} 0`,
	} {
		for deadline := time.Now().Add(20 * time.Second); ; <-time.After(time.Millisecond) {
			code, body := p.request("GET", "/metrics", "")
			if code == http.StatusOK && strings.Contains(body, "\n"+line+"\n") {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("no line %s in the answer %d", line, code)
			}
		}
	}
}
