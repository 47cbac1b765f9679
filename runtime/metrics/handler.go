package metrics

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Handler answers scrapes in Prometheus' text format: the process and the Go runtime as client_golang shows them, and
// what Definitions lists. worker is asked for the state of the worker by each scrape.
func (r *Registry) Handler(worker func() Worker) http.Handler {
	process := prometheus.NewRegistry()
	process.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	own := promhttp.HandlerFor(process, promhttp.HandlerOpts{DisableCompression: true, ErrorHandling: promhttp.ContinueOnError})
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		plain := q.Clone(q.Context())
		plain.Header.Del("Accept") // what comes below is text whatever the client prefers
		own.ServeHTTP(w, plain)
		state := worker()
		_ = r.write(w, &state) // the client has gone
	})
}

// write shows all metrics.
func (r *Registry) write(out io.Writer, w *Worker) error {
	e := &exposition{out: out, buf: make([]byte, 0, flushAt+1024)}
	now := r.clock.ms()
	e.header(&appInfo)
	e.line(appInfo.Name, pairs("version", w.Version, "commit_id", w.Commit), 1)
	for i := range workerFamilies {
		f := &workerFamilies[i]
		e.header(&f.Metric)
		e.line(f.Name, "", f.value(r, w, now))
	}
	e.connectors(w.Connectors)
	e.tasks(r.sorted(), now)
	e.flush()
	return e.err
}

func (e *exposition) connectors(list []Connector) {
	e.header(&connectorTexts)
	names := make([]string, len(list))
	for i := range list {
		c := &list[i]
		names[i] = pairs("connector", c.Name)
		e.line(connectorTexts.Name, names[i]+","+pairs("connector_class", c.Class, "connector_type", c.Type,
			"connector_version", c.Version, "status", strings.ToLower(c.Status)), 1)
	}
	for i := range connectorFamilies {
		f := &connectorFamilies[i]
		e.header(&f.Metric)
		for j := range list {
			e.line(f.Name, names[j], f.value(&list[j]))
		}
	}
	e.header(&taskTexts)
	for i := range list {
		for task, state := range list[i].Tasks {
			e.line(taskTexts.Name, names[i]+","+pairs("task", strconv.Itoa(task), "status", strings.ToLower(state)), 1)
		}
	}
}

func (e *exposition) tasks(list []*Task, now int64) {
	for i := range taskFamilies {
		f := &taskFamilies[i]
		e.header(&f.Metric)
		for _, t := range list {
			e.line(f.Name, t.labels, f.value(t, now))
		}
	}
	e.header(&partitionLag)
	for _, t := range list {
		for _, p := range *t.partitions.Load() {
			if lag, known := p.lag(); known {
				e.line(partitionLag.Name, p.labels, float64(lag))
			}
		}
	}
}
