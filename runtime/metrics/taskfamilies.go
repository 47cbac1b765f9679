package metrics

import (
	"math"
	"sync/atomic"
)

// taskFamily is a metric that every task has.
type taskFamily struct {
	Metric
	value func(t *Task, now int64) float64
}

// The groups of Kafka Connect with metrics of tasks.
const (
	sinkGroup  = "sink-task-metrics"
	taskGroup  = "connector-task-metrics"
	errorGroup = "task-error-metrics"
)

var taskLabels = []string{"connector", "task"}

func ofTask(group, attribute, kind, help string, value func(t *Task, now int64) float64) taskFamily {
	return taskFamily{connect(group, attribute, kind, help, taskLabels...), value}
}

// total is an error counter.
func total(attribute, help string, count func(*Task) *atomic.Int64) taskFamily {
	return ofTask(errorGroup, attribute, counter, help, func(t *Task, _ int64) float64 { return float64(count(t).Load()) })
}

var taskTexts = texts(taskGroup, "Always 1; the label `status` is the state of the task in lower case.", "connector", "task", "status")

const usPerMs = 1000

var taskFamilies = []taskFamily{
	ofTask(taskGroup, "running-ratio", gauge, "Fraction of the time since its start that the task was running.",
		func(t *Task, now int64) float64 { r, _ := t.states.ratios(now); return r }),
	ofTask(taskGroup, "pause-ratio", gauge, "Fraction of the time since its start that the task was paused.",
		func(t *Task, now int64) float64 { _, p := t.states.ratios(now); return p }),
	ofTask(taskGroup, "offset-commit-max-time-ms", gauge, "Longest successful offset commit of the window.",
		func(t *Task, now int64) float64 { return t.commitTime.maximum(now) / usPerMs }),
	ofTask(taskGroup, "offset-commit-avg-time-ms", gauge, "Mean time of the successful offset commits of the window.",
		func(t *Task, now int64) float64 { return t.commitTime.average(now) / usPerMs }),
	ofTask(taskGroup, "offset-commit-success-percentage", gauge, "Fraction, 0 to 1, of the commits of the window that succeeded; 0 when there was none.",
		func(t *Task, now int64) float64 { return t.commits.frequency(now, 1) }),
	ofTask(taskGroup, "offset-commit-failure-percentage", gauge, "Fraction, 0 to 1, of the commits of the window that failed; 0 when there was none.",
		func(t *Task, now int64) float64 { return t.commits.frequency(now, 0) }),
	ofTask(taskGroup, "batch-size-max", gauge, "Most records offered to the sink at a time in the window.",
		func(t *Task, now int64) float64 { return t.batchSize.maximum(now) }),
	ofTask(taskGroup, "batch-size-avg", gauge, "Mean number of records offered to the sink at a time in the window.",
		func(t *Task, now int64) float64 { return t.batchSize.average(now) }),

	ofTask(sinkGroup, "sink-record-read-rate", gauge, "Records per second read from Kafka, before transforms.",
		func(t *Task, now int64) float64 { return t.reads.rate(now) }),
	ofTask(sinkGroup, "sink-record-read-total", counter, "Records read from Kafka, before transforms.",
		func(t *Task, _ int64) float64 { return float64(t.readTotal.Load()) }),
	ofTask(sinkGroup, "sink-record-send-rate", gauge, "Records per second that the sink took.",
		func(t *Task, now int64) float64 { return t.sends.rate(now) }),
	ofTask(sinkGroup, "sink-record-send-total", counter, "Records that the sink took.",
		func(t *Task, _ int64) float64 { return float64(t.sendTotal.Load()) }),
	ofTask(sinkGroup, "sink-record-active-count", gauge, "Records read whose offsets are not committed.",
		func(t *Task, _ int64) float64 { return float64(max(t.active.Load(), 0)) }),
	ofTask(sinkGroup, "sink-record-active-count-max", gauge, "Most records read and not committed in the window.",
		func(t *Task, now int64) float64 { return t.actives.maximum(now) }),
	ofTask(sinkGroup, "sink-record-active-count-avg", gauge, "Mean number of records read and not committed in the window.",
		func(t *Task, now int64) float64 { return t.actives.average(now) }),
	ofTask(sinkGroup, "sink-record-lag-max", gauge, "Largest lag of a partition; NaN while none is known. Connect declares it and never publishes it.",
		func(t *Task, _ int64) float64 {
			if lag, known := t.lag(); known {
				return float64(lag)
			}
			return math.NaN()
		}),
	ofTask(sinkGroup, "partition-count", gauge, "Partitions assigned to the task.",
		func(t *Task, _ int64) float64 { return float64(len(*t.partitions.Load())) }),
	ofTask(sinkGroup, "offset-commit-seq-no", gauge, "Rounds of offset commits.",
		func(t *Task, _ int64) float64 { return float64(t.commitRounds.Load()) }),
	ofTask(sinkGroup, "offset-commit-completion-rate", gauge, "Successful offset commits per second.",
		func(t *Task, now int64) float64 { return t.completions.rate(now) }),
	ofTask(sinkGroup, "offset-commit-completion-total", counter, "Successful offset commits.",
		func(t *Task, _ int64) float64 { return float64(t.completed.Load()) }),
	ofTask(sinkGroup, "offset-commit-skip-rate", gauge, "Offset commits per second that were overtaken by others: 0, a task has one at a time.",
		never),
	ofTask(sinkGroup, "offset-commit-skip-total", counter, "Offset commits that were overtaken by others: 0, a task has one at a time.",
		never),
	ofTask(sinkGroup, "put-batch-max-time-ms", gauge, "Longest time the sink took for a batch in the window.",
		func(t *Task, now int64) float64 { return t.putTime.maximum(now) / usPerMs }),
	ofTask(sinkGroup, "put-batch-avg-time-ms", gauge, "Mean time the sink took for a batch in the window.",
		func(t *Task, now int64) float64 { return t.putTime.average(now) / usPerMs }),

	total("total-record-failures", "Attempts at a record that failed; each retry counts.", func(t *Task) *atomic.Int64 { return &t.errors.failed }),
	total("total-record-errors", "Records that failed for good.", func(t *Task) *atomic.Int64 { return &t.errors.errors }),
	total("total-records-skipped", "Records dropped because `errors.tolerance` is `all`.", func(t *Task) *atomic.Int64 { return &t.errors.skipped }),
	total("total-retries", "Attempts at something that had failed before.", func(t *Task) *atomic.Int64 { return &t.errors.retries }),
	total("total-errors-logged", "Error reports written to the log.", func(t *Task) *atomic.Int64 { return &t.errors.logged }),
	total("deadletterqueue-produce-requests", "Records sent to the dead letter queue.", func(t *Task) *atomic.Int64 { return &t.errors.deadLetters }),
	total("deadletterqueue-produce-failures", "Records that the dead letter queue did not take.", func(t *Task) *atomic.Int64 { return &t.errors.deadLettersLost }),
	ofTask(errorGroup, "last-error-timestamp", gauge, "When an attempt last failed, in ms since 1970; 0 for never.",
		func(t *Task, _ int64) float64 { return float64(t.errors.last.Load()) }),

	{own("sink_bytes_read_total", counter, "Bytes of keys, values and headers fetched from Kafka.", taskLabels...),
		func(t *Task, _ int64) float64 { return float64(t.bytesTotal.Load()) }},
	{own("sink_rebalances_total", counter, "Rebalances of the consumer group that took the partitions away.", taskLabels...),
		func(t *Task, _ int64) float64 { return float64(t.rebalances.Load()) }},
	{own("sink_waiting", gauge, "Partitions, or the task itself before it has started, that wait for the sink or a schema registry to come back.", taskLabels...),
		func(t *Task, _ int64) float64 { n, _ := t.outages(); return float64(n) }},
	{own("sink_outage_seconds", gauge, "How long the first of them has been waiting; 0 when none is.", taskLabels...),
		func(t *Task, now int64) float64 {
			if _, first := t.outages(); first > 0 {
				return float64(now-first) / 1000
			}
			return 0
		}},
}

// never is the value of what cannot happen here and dashboards ask for.
func never(*Task, int64) float64 { return 0 }

var partitionLag = own("sink_partition_lag", gauge, "Offsets between the committed one and the end of the log, which is looked up every 30 s when nothing is fetched, as while the sink is away.", "connector", "task", "topic", "partition")
