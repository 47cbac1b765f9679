package metrics

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// rig is a registry whose time a test moves.
type rig struct {
	*Registry
	t     *testing.T
	mu    sync.Mutex
	at    time.Time
	state Worker
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, at: time.UnixMilli(1_700_000_000_000), state: Worker{Version: "1", Commit: "abc"}}
	r.Registry = newRegistry(func() time.Time {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.at
	})
	return r
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = r.at.Add(d)
}

// scrape returns the values of the lines by name and labels.
func (r *rig) scrape() map[string]string {
	r.t.Helper()
	var b bytes.Buffer
	if err := r.write(&b, &r.state); err != nil {
		r.t.Fatal(err)
	}
	values := map[string]string{}
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cut := strings.LastIndex(line, " ")
		if _, twice := values[line[:cut]]; twice {
			r.t.Errorf("%s is there twice", line[:cut])
		}
		values[line[:cut]] = strings.TrimSpace(line[cut+1:])
	}
	return values
}

func (r *rig) expect(labels string, want map[string]string) {
	r.t.Helper()
	got := r.scrape()
	for name, value := range want {
		if labels != "" {
			name += "{" + labels + "}"
		}
		if got[name] != value {
			r.t.Errorf("%s is %q, want %s", name, got[name], value)
		}
	}
}

const (
	ofA0 = `connector="a",task="0"`
	sink = "kafka_connect_sink_task_metrics_"
	work = "kafka_connect_connector_task_metrics_"
	errs = "kafka_connect_task_error_metrics_"
)

func TestWhatATaskDoesIsShown(t *testing.T) {
	r := newRig(t)
	task := r.Task("a", 0)
	task.State("RUNNING")
	r.pass(10 * time.Second)
	p := task.Assign("t", 3, 100)
	p.Bytes(5000)
	p.Ends(400)
	p.Read(50, 150)
	task.Put(50, 50, 2500*time.Microsecond)
	p.Read(30, 180)
	task.Put(30, 10, 500*time.Microsecond)
	p.Committed(160)
	task.Commit(true, 4*time.Millisecond)
	task.Commit(true, 2*time.Millisecond)
	task.Commit(true, 0)
	task.Commit(false, time.Hour)
	task.Rebalanced()
	r.expect(ofA0, map[string]string{
		sink + "sink_record_read_total": "80", sink + "sink_record_send_total": "60", sink + "sink_record_send_rate": "2",
		sink + "put_batch_max_time_ms": "2.5", sink + "put_batch_avg_time_ms": "1.5", work + "batch_size_max": "50", work + "batch_size_avg": "40",
		sink + "sink_record_active_count": "20", sink + "sink_record_active_count_max": "80", sink + "sink_record_active_count_avg": "50",
		sink + "partition_count": "1", sink + "offset_commit_seq_no": "4", sink + "offset_commit_completion_total": "3",
		sink + "offset_commit_completion_rate": "0.1", sink + "offset_commit_skip_total": "0", sink + "sink_record_lag_max": "240",
		work + "offset_commit_max_time_ms": "4", work + "offset_commit_avg_time_ms": "2",
		work + "offset_commit_success_percentage": "0.75", work + "offset_commit_failure_percentage": "0.25",
		work + "running_ratio": "1", work + "pause_ratio": "0", "sluice_sink_bytes_read_total": "5000", "sluice_sink_rebalances_total": "1",
	})
	r.expect(ofA0+`,topic="t",partition="3"`, map[string]string{"sluice_sink_partition_lag": "240"})
	r.pass(time.Minute)
	r.expect(ofA0, map[string]string{
		sink + "sink_record_read_rate": "0", sink + "put_batch_max_time_ms": "NaN", work + "batch_size_avg": "NaN",
		work + "offset_commit_success_percentage": "0", sink + "sink_record_read_total": "80", sink + "sink_record_active_count": "20",
	})
}

func TestErrorsAreShown(t *testing.T) {
	r := newRig(t)
	task := r.Task("a", 0)
	r.expect(ofA0, map[string]string{errs + "last_error_timestamp": "0"})
	r.pass(time.Second)
	for range 3 {
		task.RecordFailed()
	}
	task.Retried()
	task.Retried()
	task.RecordError()
	task.ErrorLogged()
	task.DeadLetterFailed()
	task.DeadLetterSent()
	task.RecordSkipped()
	r.expect(ofA0, map[string]string{
		errs + "total_record_failures": "3", errs + "total_record_errors": "1", errs + "total_records_skipped": "1", errs + "total_retries": "2",
		errs + "total_errors_logged": "1", errs + "deadletterqueue_produce_requests": "1", errs + "deadletterqueue_produce_failures": "1",
		errs + "last_error_timestamp": "1.700000001e+12",
	})
}

func TestOutagesAreShownFromTheFirstOn(t *testing.T) {
	r := newRig(t)
	task := r.Task("a", 0)
	task.Waiting(true)
	r.pass(3 * time.Second)
	r.expect(ofA0, map[string]string{"sluice_sink_waiting": "1", "sluice_sink_outage_seconds": "3"})
	task.Waiting(false)
	p, q := task.Assign("t", 0, 0), task.Assign("t", 1, 0)
	p.Waiting(true)
	r.pass(time.Second)
	p.Waiting(true)
	q.Waiting(true)
	r.expect(ofA0, map[string]string{"sluice_sink_waiting": "2", "sluice_sink_outage_seconds": "1"})
	p.Close()
	q.Waiting(false)
	r.expect(ofA0, map[string]string{"sluice_sink_waiting": "0", "sluice_sink_outage_seconds": "0"})
}

func TestStatesAndStarts(t *testing.T) {
	r := newRig(t)
	task := r.Task("a", 0)
	r.pass(2 * time.Second)
	task.State("RUNNING")
	r.pass(3 * time.Second)
	task.State("PAUSED")
	r.pass(5 * time.Second)
	r.expect(ofA0, map[string]string{work + "running_ratio": "0.3", work + "pause_ratio": "0.5"})
	task.State("FAILED")
	r.Task("a", 1).State("FAILED")
	r.Task("a", 2).State("PAUSED")
	r.ConnectorStarted(true)
	r.expect("", map[string]string{
		"kafka_connect_connect_worker_metrics_task_startup_attempts_total": "2", "kafka_connect_connect_worker_metrics_task_startup_success_total": "1",
		"kafka_connect_connect_worker_metrics_task_startup_failure_total": "1", "kafka_connect_connect_worker_metrics_task_startup_failure_percentage": "0.5",
		"kafka_connect_connect_worker_metrics_connector_startup_attempts_total":     "1",
		"kafka_connect_connect_worker_metrics_connector_startup_success_percentage": "1",
	})
}

func TestClosedPartitionsAreNotHeard(t *testing.T) {
	r := newRig(t)
	task := r.Task("a", 0)
	p, q := task.Assign("t", 0, 10), task.Assign("t", 1, 0)
	p.Read(20, 30)
	q.Read(5, 5)
	p.Close()
	p.Close()
	p.Read(69, 99)
	p.Committed(99)
	r.expect(ofA0, map[string]string{sink + "sink_record_active_count": "5", sink + "partition_count": "1"})
	q.Rewind(2)
	r.expect(ofA0, map[string]string{sink + "sink_record_active_count": "2"})
}

func TestHooksAllocateNothing(t *testing.T) {
	task := NewRegistry().Task("a", 0)
	p := task.Assign("t", 0, 0)
	next := int64(0)
	hooks := map[string]func(){
		"Fetched": func() { p.Bytes(1); p.Ends(next) }, "Rewind": func() { p.Rewind(next) }, "Put": func() { task.Put(2, 1, time.Second) },
		"Commit": func() { task.Commit(next%2 == 0, time.Second) }, "Rebalanced": task.Rebalanced,
		"Waiting": func() { task.Waiting(next%2 == 0); p.Waiting(next%2 == 0) }, "State": func() { task.State("RUNNING") },
		"Read": func() { next++; p.Read(1, next) }, "Committed": func() { p.Committed(next) },
		"errors": func() {
			task.RecordFailed()
			task.RecordError()
			task.RecordSkipped()
			task.Retried()
			task.ErrorLogged()
			task.DeadLetterSent()
			task.DeadLetterFailed()
		},
	}
	for name, hook := range hooks {
		if n := testing.AllocsPerRun(100, hook); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

// TestEverythingAtOnce is for the race detector.
func TestEverythingAtOnce(t *testing.T) {
	r := newRig(t)
	var work sync.WaitGroup
	task := r.Task("a", 0)
	for i := range 4 {
		work.Go(func() {
			for n := range int64(200) {
				p := task.Assign("t", int32(i), 0)
				p.Read(1, n)
				p.Bytes(1)
				p.Ends(n)
				p.Waiting(n%2 == 0)
				task.Put(1, 1, time.Millisecond)
				task.Commit(n%3 == 0, time.Millisecond)
				task.State([]string{"RUNNING", "PAUSED"}[n%2])
				p.Committed(n)
				p.Close()
				r.pass(200 * time.Millisecond)
				r.Remove(r.Task("b", i))
			}
		})
	}
	for range 50 {
		r.scrape()
	}
	work.Wait()
	r.expect(ofA0, map[string]string{sink + "sink_record_read_total": "800", sink + "sink_record_send_total": "800",
		sink + "sink_record_active_count": "0", sink + "partition_count": "0", sink + "offset_commit_seq_no": "800"})
}

// BenchmarkBatch is what a pipeline calls for each batch.
func BenchmarkBatch(b *testing.B) {
	task := NewRegistry().Task("a", 0)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		p, next := task.Assign("t", 0, 0), int64(0)
		for pb.Next() {
			next += 500
			p.Read(500, next)
			task.Put(500, 500, time.Millisecond)
			p.Waiting(false)
		}
	})
}

func BenchmarkScrape(b *testing.B) {
	r := NewRegistry()
	w := &Worker{}
	for i := range 250 {
		c := Connector{Name: fmt.Sprintf("connector-%03d", i), Class: "org.example.Sink", Type: "sink", Status: "RUNNING"}
		for j := range 4 {
			c.Tasks = append(c.Tasks, "RUNNING")
			t := r.Task(c.Name, j)
			t.State("RUNNING")
			p := t.Assign("topic-"+strconv.Itoa(i), int32(j), 0)
			p.Bytes(1)
			p.Ends(1000)
			p.Read(500, 500)
			t.Put(500, 500, time.Millisecond)
			t.Commit(true, time.Millisecond)
		}
		w.Connectors = append(w.Connectors, c)
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = r.write(io.Discard, w)
	}
}
