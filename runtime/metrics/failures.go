package metrics

import "sync/atomic"

// failures are the counters of task-error-metrics.
type failures struct {
	failed, errors, skipped, retries, logged atomic.Int64
	deadLetters, deadLettersLost             atomic.Int64
	last                                     atomic.Int64 // epoch ms; 0 for never
}

// RecordFailed counts an attempt to convert, transform or write a record that failed; each retry counts.
func (t *Task) RecordFailed() {
	t.errors.failed.Add(1)
	t.errors.last.Store(t.registry.clock.now().UnixMilli())
}

// RecordError counts a record that failed for good.
func (t *Task) RecordError() { t.errors.errors.Add(1) }

// RecordSkipped counts a record that was dropped because errors.tolerance says so.
func (t *Task) RecordSkipped() { t.errors.skipped.Add(1) }

// RecordsSkipped counts records that were dropped unseen, with the batch that holds them, because errors.tolerance says
// so: they failed, and were skipped.
func (t *Task) RecordsSkipped(n int64) {
	t.errors.failed.Add(n)
	t.errors.errors.Add(n)
	t.errors.skipped.Add(n)
	t.errors.last.Store(t.registry.clock.now().UnixMilli())
}

// Retried counts an attempt at something that failed before.
func (t *Task) Retried() { t.errors.retries.Add(1) }

// ErrorLogged counts an error report written to the log.
func (t *Task) ErrorLogged() { t.errors.logged.Add(1) }

// DeadLetterSent counts a record sent to the dead letter queue.
func (t *Task) DeadLetterSent() { t.errors.deadLetters.Add(1) }

// DeadLetterFailed counts a record that the dead letter queue did not take.
func (t *Task) DeadLetterFailed() { t.errors.deadLettersLost.Add(1) }
