package herder

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/runtime/store"
)

func TestMetricsShowConnectorsAsRESTDoes(t *testing.T) {
	dir := dataDir(t)
	s, err := store.Open(dir)
	must(t, err)
	must(t, s.Put(store.Connector{Name: "c", Config: map[string]string{"name": "c", "connector.class": "gone"}, Target: "RUNNING", Tasks: 1}))
	must(t, s.Close())
	w := newWorker(t, dir)
	w.create("b", "tasks.max", "2")
	w.create("a")
	w.until("b", run, run, run)
	w.until("a", run, run)
	w.tasks.get("b", 1).fail("boom")
	w.until("b", run, run, runtime.Failed)
	must(t, w.Stop("a"))
	version, _ := w.ConnectorStatus("a")
	want := []metrics.Connector{
		{Name: "a", Class: fakeClass, Type: "sink", Version: version.Connector.Version, Status: "STOPPED"},
		{Name: "b", Class: fakeClass, Type: "sink", Version: version.Connector.Version, Status: "RUNNING", Tasks: []string{"RUNNING", "FAILED"}},
		{Name: "c", Class: "gone", Type: "unknown", Status: "FAILED"},
	}
	if got := w.Metrics().Connectors; !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

func TestSeriesLastAsLongAsTheirTask(t *testing.T) {
	w := newWorker(t, dataDir(t))
	w.opt.Metrics = metrics.NewRegistry()
	scrape := w.opt.Metrics.Handler(w.Metrics)
	shown := func(line string) bool {
		answer := httptest.NewRecorder()
		scrape.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return strings.Contains(answer.Body.String(), "\n"+line)
	}
	const count, starts = "kafka_connect_sink_task_metrics_partition_count{connector=", "kafka_connect_connect_worker_metrics_connector_startup_success_total "
	w.create("a", "tasks.max", "2")
	w.create("b")
	w.until("a", run, run, run)
	w.until("b", run, run)
	eventually(t, "series", func() bool {
		return shown(count+`"a",task="0"}`) && shown(count+`"a",task="1"}`) && shown(count+`"b",task="0"}`)
	})
	w.tasks.get("a", 0).fail("boom")
	w.until("a", run, runtime.Failed, run)
	if !shown(count + `"a",task="0"}`) {
		t.Error("the series went with the failure")
	}
	if _, err := w.RestartConnector(t.Context(), "a", true, false); err != nil {
		t.Fatal(err)
	}
	w.until("a", run, run, run)
	must(t, w.Stop("b"))
	eventually(t, "series of stopped tasks end", func() bool { return !shown(count + `"b"`) })
	must(t, w.DeleteConnector("a"))
	eventually(t, "series of deleted tasks end", func() bool { return !shown(count + `"a"`) })
	if !shown(starts + "3\n") {
		t.Error("two creations and a restart are not three starts")
	}
}
