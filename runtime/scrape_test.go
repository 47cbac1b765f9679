package runtime

import (
	"reflect"
	"testing"

	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/runtime/store"
	"github.com/sluice-connect/sluice/runtime/task"
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
	w.until("b", run, run, task.Failed)
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
