package metrics

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func (r *rig) answer() string {
	r.t.Helper()
	q := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	q.Header.Set("Accept", "application/openmetrics-text;version=1.0.0,application/vnd.google.protobuf,*/*;q=0.1")
	q.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	r.Handler(func() Worker { return r.state }).ServeHTTP(w, q)
	if kind := w.Header().Get("Content-Type"); w.Code != http.StatusOK || !strings.HasPrefix(kind, "text/plain; version=0.0.4") {
		r.t.Fatalf("status %d, type %s", w.Code, kind)
	}
	return w.Body.String()
}

// TestScrapeNamesWhatIsDocumented holds a scrape against testdata/metrics.txt, which dashboards are built on.
func TestScrapeNamesWhatIsDocumented(t *testing.T) {
	r := newRig(t)
	r.state.Connectors = []Connector{{Name: "a", Class: "org.example.A", Type: "sink", Version: "1", Status: "RUNNING", Tasks: []string{"RUNNING"}}}
	r.Task("a", 0).Assign("t", 0, 0).Ends(1)
	sample := regexp.MustCompile(`(?m)^([a-z_]+)(?:\{([^}]*)\})? [^ ]+$`)
	label := regexp.MustCompile(`([a-z_]+)="[^"]*"`)
	types := regexp.MustCompile(`(?m)^# TYPE ([^ ]+) ([a-z]+)$`)
	text := r.answer()
	kinds := map[string]string{}
	for _, m := range types.FindAllStringSubmatch(text, -1) {
		kinds[m[1]] = m[2]
	}
	var scraped []string
	for _, m := range sample.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "kafka_") && !strings.HasPrefix(m[1], "sluice_") {
			continue // of the process
		}
		var labels []string
		for _, l := range label.FindAllStringSubmatch(m[2], -1) {
			labels = append(labels, l[1])
		}
		scraped = append(scraped, strings.TrimSpace(m[1]+" "+kinds[m[1]]+" "+strings.Join(labels, ",")))
	}
	var documented []string
	for _, m := range Definitions() {
		documented = append(documented, strings.TrimSpace(m.Name+" "+m.Type+" "+strings.Join(m.Labels, ",")))
	}
	golden, err := os.ReadFile("testdata/metrics.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(golden)), "\n")
	for what, got := range map[string][]string{"scraped": scraped, "documented": documented} {
		if !slices.Equal(got, want) {
			t.Errorf("what is %s differs from the golden list; it is\n%s", what, strings.Join(got, "\n"))
		}
	}
	for _, name := range []string{"go_goroutines", "process_start_time_seconds"} {
		if !strings.Contains(text, "\n"+name+" ") {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestDefinitionsAreComplete(t *testing.T) {
	legal := regexp.MustCompile(`^[a-z][a-z_]*$`)
	seen := map[string]bool{}
	for _, m := range Definitions() {
		if !legal.MatchString(m.Name) || seen[m.Name] || !strings.HasSuffix(m.Help, ".") || strings.ContainsAny(m.Help, "\n\\|") {
			t.Errorf("%+v", m)
		}
		seen[m.Name] = true
		if row := "| `" + m.Name + "` |"; !strings.Contains(Markdown(), row) {
			t.Errorf("the table lacks %s", m.Name)
		}
	}
}

func TestSeriesGoWithTheirTask(t *testing.T) {
	r := newRig(t)
	first := r.Task("a", 0)
	first.Assign("t", 0, 0).Read(7, 7)
	r.Task("b", 0)
	second := r.Task("a", 0)
	r.Remove(first)
	r.expect(ofA0, map[string]string{sink + "sink_record_read_total": "0"})
	r.Remove(second)
	for series := range r.scrape() {
		if strings.Contains(series, `connector="a"`) {
			t.Errorf("%s is left", series)
		}
	}
	r.expect(`connector="b",task="0"`, map[string]string{sink + "sink_record_read_total": "0"})
}

func TestNobodyNeedsARegistryOrPartition(t *testing.T) {
	var none *Registry
	task := none.Task("a", 0)
	task.State("RUNNING")
	task.Assign("t", 0, 0).Read(1, 1)
	var nowhere *Partition
	nowhere.Read(1, 1)
	nowhere.Rewind(0)
	nowhere.Committed(1)
	nowhere.Bytes(1)
	nowhere.Ends(1)
	nowhere.Waiting(true)
	nowhere.Close()
	none.ConnectorStarted(true)
	none.Remove(task)
}

func TestConnectorsAreCounted(t *testing.T) {
	r := newRig(t)
	r.state.Connectors = []Connector{
		{Name: "a", Class: "org.example.A", Type: "sink", Version: "1", Status: "RUNNING", Tasks: []string{"RUNNING", "FAILED", "RUNNING"}},
		{Name: "b", Type: "unknown", Status: "FAILED"},
	}
	got := r.scrape()
	maps.DeleteFunc(got, func(series, _ string) bool { return strings.Contains(series, "startup") })
	const worker = "kafka_connect_connect_worker_metrics_"
	want := map[string]string{
		`kafka_connect_app_info{version="1",commit_id="abc"}`: "1", worker + "connector_count": "2", worker + "task_count": "3",
		`kafka_connect_connector_metrics{connector="a",connector_class="org.example.A",connector_type="sink",connector_version="1",status="running"}`: "1",
		`kafka_connect_connector_metrics{connector="b",connector_class="",connector_type="unknown",connector_version="",status="failed"}`:             "1",
		`kafka_connect_connector_task_metrics{connector="a",task="0",status="running"}`:                                                               "1",
		`kafka_connect_connector_task_metrics{connector="a",task="1",status="failed"}`:                                                                "1",
		`kafka_connect_connector_task_metrics{connector="a",task="2",status="running"}`:                                                               "1",
	}
	for state, counts := range map[string][2]string{"total": {"3", "0"}, "running": {"2", "0"}, "failed": {"1", "0"},
		"paused": {"0", "0"}, "unassigned": {"0", "0"}, "destroyed": {"0", "0"}, "restarting": {"0", "0"}} {
		want[worker+"connector_"+state+`_task_count{connector="a"}`] = counts[0]
		want[worker+"connector_"+state+`_task_count{connector="b"}`] = counts[1]
	}
	if !maps.Equal(got, want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
}

func TestLabelsAreEscaped(t *testing.T) {
	r := newRig(t)
	name := "a\"\\b\n\xff} 1"
	r.state.Connectors = []Connector{{Name: name, Status: "PAUSED"}}
	r.Task(name, 0)
	const escaped = `connector="a\"\\b\n` + "\uFFFD" + `} 1"`
	for _, line := range []string{sink + `partition_count{` + escaped + `,task="0"} 0`,
		`kafka_connect_connect_worker_metrics_connector_total_task_count{` + escaped + `} 0`} {
		if !strings.Contains(r.answer(), "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
}
