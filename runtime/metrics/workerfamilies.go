package metrics

import "strings"

// Connector is what a worker says about a connector when it is asked for a scrape.
type Connector struct {
	Name, Class, Type, Version string
	Status                     string   // as Connect calls it
	Tasks                      []string // states by task number
}

// Worker is what a worker says about itself.
type Worker struct {
	Version, Commit string
	Connectors      []Connector // in the order in which they are shown
}

// workerFamily is a metric of which there is one.
type workerFamily struct {
	Metric
	value func(r *Registry, w *Worker, now int64) float64
}

// connectorFamily is a metric that every connector has.
type connectorFamily struct {
	Metric
	value func(c *Connector) float64
}

const (
	workerGroup    = "connect-worker-metrics"
	connectorGroup = "connector-metrics"
)

var appInfo = texts("app-info", "Always 1; the labels say what is running.", "version", "commit_id")

var connectorTexts = texts(connectorGroup, "Always 1; the labels are what Connect has as text attributes, the state in lower case.",
	"connector", "connector_class", "connector_type", "connector_version", "status")

var workerFamilies = append(append([]workerFamily{
	{connect(workerGroup, "connector-count", gauge, "Connectors on this worker."),
		func(_ *Registry, w *Worker, _ int64) float64 { return float64(len(w.Connectors)) }},
	{connect(workerGroup, "task-count", gauge, "Tasks on this worker, failed ones too."),
		func(_ *Registry, w *Worker, _ int64) float64 {
			n := 0
			for i := range w.Connectors {
				n += len(w.Connectors[i].Tasks)
			}
			return float64(n)
		}},
}, startFamilies("connector", func(r *Registry) *starts { return &r.connectorStarts })...),
	startFamilies("task", func(r *Registry) *starts { return &r.taskStarts })...)

// startFamilies are the five metrics about starts of connectors or tasks.
func startFamilies(what string, of func(*Registry) *starts) []workerFamily {
	family := func(attribute, kind, help string, value func(s *starts, now int64) float64) workerFamily {
		return workerFamily{connect(workerGroup, what+"-startup-"+attribute, kind, help),
			func(r *Registry, _ *Worker, now int64) float64 { return value(of(r), now) }}
	}
	return []workerFamily{
		family("attempts-total", counter, "Starts of a "+what+".",
			func(s *starts, _ int64) float64 { return float64(s.successes.Load() + s.failures.Load()) }),
		family("success-total", counter, "Starts of a "+what+" that succeeded.",
			func(s *starts, _ int64) float64 { return float64(s.successes.Load()) }),
		family("failure-total", counter, "Starts of a "+what+" that failed.",
			func(s *starts, _ int64) float64 { return float64(s.failures.Load()) }),
		family("success-percentage", gauge, "Fraction, 0 to 1, of the starts of a "+what+" in the window that succeeded; 0 when there was none.",
			func(s *starts, now int64) float64 { return s.results.frequency(now, 1) }),
		family("failure-percentage", gauge, "Fraction, 0 to 1, of the starts of a "+what+" in the window that failed; 0 when there was none.",
			func(s *starts, now int64) float64 { return s.results.frequency(now, 0) }),
	}
}

var connectorFamilies = append([]connectorFamily{
	{connect(workerGroup, "connector-total-task-count", gauge, "Tasks of the connector.", "connector"),
		func(c *Connector) float64 { return float64(len(c.Tasks)) }},
}, tasksInStates("running", "paused", "failed", "unassigned", "destroyed", "restarting")...)

func tasksInStates(states ...string) []connectorFamily {
	list := make([]connectorFamily, len(states))
	for i, state := range states {
		wanted := strings.ToUpper(state)
		list[i] = connectorFamily{connect(workerGroup, "connector-"+state+"-task-count", gauge, "Tasks of the connector that are "+state+".", "connector"),
			func(c *Connector) float64 {
				n := 0
				for _, s := range c.Tasks {
					if s == wanted {
						n++
					}
				}
				return float64(n)
			}}
	}
	return list
}
