package task

import (
	"bufio"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/schemas"
)

// scrape returns the values of task 0 of connector c by name, those of its only partition too.
func scrape(t *testing.T, r *metrics.Registry) map[string]string {
	t.Helper()
	w := httptest.NewRecorder()
	r.Handler(func() metrics.Worker { return metrics.Worker{} }).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	values := map[string]string{}
	for lines := bufio.NewScanner(w.Body); lines.Scan(); {
		name, rest, found := strings.Cut(lines.Text(), `{connector="c",task="0"`)
		if _, value, _ := strings.Cut(rest, "} "); found {
			values[name] = value
		}
	}
	return values
}

// counted waits until the metrics have these values.
func counted(t *testing.T, r *metrics.Registry, want map[string]string) {
	t.Helper()
	for name, value := range want {
		eventually(t, name+" "+value, func() bool { return scrape(t, r)[name] == value })
	}
}

const (
	ofSink   = "kafka_connect_sink_task_metrics_"
	ofErrors = "kafka_connect_task_error_metrics_"
)

func TestRunIsCounted(t *testing.T) {
	r := newRig(t, numbers(20)...)
	series := metrics.NewRegistry()
	r.run(&script{}, map[string]string{"consumer.override.metadata.max.age.ms": "100"}, func(s *Spec) { s.Metrics = series.Task("c", 0) })
	r.waitCommitted(20)
	counted(t, series, map[string]string{ofSink + "sink_record_read_total": "20", ofSink + "sink_record_send_total": "20",
		ofSink + "partition_count": "1", ofSink + "sink_record_active_count": "0", ofSink + "sink_record_lag_max": "0",
		"sluice_sink_partition_lag": "0", "sluice_sink_bytes_read_total": "150", "sluice_sink_waiting": "0"})
	got := scrape(t, series)
	if n := got[ofSink+"offset_commit_completion_total"]; n == "" || n == "0" || n != got[ofSink+"offset_commit_seq_no"] {
		t.Errorf("%s commits succeeded of %s", n, got[ofSink+"offset_commit_seq_no"])
	}
	r.task.Pause()
	eventually(t, "state PAUSED", func() bool { return r.state() == runtime.Paused })
	r.produce(numbers(7)...)
	counted(t, series, map[string]string{"sluice_sink_partition_lag": "7", ofSink + "sink_record_read_total": "20"})
}

func TestOutageIsCounted(t *testing.T) {
	r := newRig(t, numbers(5)...)
	series := metrics.NewRegistry()
	var away atomic.Bool
	away.Store(true)
	s := &script{write: func(batch []schemas.Record) (int, error) {
		if away.Load() {
			return 0, connectors.Retriable(errors.New("sink is away"))
		}
		return len(batch), nil
	}}
	r.run(s, nil, func(s *Spec) { s.Metrics = series.Task("c", 0) })
	counted(t, series, map[string]string{"sluice_sink_waiting": "1", ofSink + "sink_record_active_count": "5", "sluice_sink_partition_lag": "5"})
	away.Store(false)
	counted(t, series, map[string]string{"sluice_sink_waiting": "0", ofSink + "sink_record_active_count": "0", ofSink + "sink_record_send_total": "5"})
}

func TestBadRecordIsCounted(t *testing.T) {
	r := newRig(t, append(numbers(3), "{")...)
	series := metrics.NewRegistry()
	r.run(&script{}, nil, func(s *Spec) { s.Metrics = series.Task("c", 0) })
	r.failedWith("offset 3")
	counted(t, series, map[string]string{ofErrors + "total_record_failures": "1", ofErrors + "total_record_errors": "1",
		ofSink + "partition_count": "0", ofSink + "sink_record_send_total": "3"})
}

func TestLettersThatArrivedDoNotCountAsFailed(t *testing.T) {
	series := metrics.NewRegistry()
	arrived, under := &letter{gone: true}, &letter{}
	d := &deadLetters{metrics: series.Task("c", 0)}
	d.failed([]*letter{arrived, under, arrived})
	const name = "kafka_connect_task_error_metrics_deadletterqueue_produce_failures"
	if got := scrape(t, series)[name]; got != "1" {
		t.Errorf("one letter of three did not arrive, counted are %s", got)
	}
}
