package task

import (
	"fmt"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// contractError is a sink that breaks the contract of connectors.Writer. It is fatal: to call such a sink again would be
// to go round in circles, or to lose records.
type contractError struct {
	class  string // of the connector
	at     schemas.TopicPartition
	offset int64
	how    error  // what the sink did
	rule   string // what the contract says
}

func (e *contractError) Error() string {
	return fmt.Sprintf("sink %s breaks the contract of connectors.Writer at topic %s, partition %d, offset %d: %v; the contract says: %s",
		e.class, e.at.Topic, e.at.Partition, e.offset, e.how, e.rule)
}

func (e *contractError) Unwrap() error { return e.how }

// What the contract says.
const (
	ruleAccepted = "Write returns how many records it took from the front of the batch, and an error when it left any"
	ruleRejected = "Rejected names, once and with a reason, records that the writer was offered; they are not pending any more and not offered again"
	ruleRewind   = "Rewind goes back to an offset that the writer was offered"
)

func (pl *pipeline) breach(offset int64, rule, how string, args ...any) error {
	return &contractError{class: pl.task.spec.Plugin.Class, at: pl.part.TopicPartition, offset: offset, rule: rule, how: fmt.Errorf(how, args...)}
}

// miscounted says what is wrong with what Write returned, nil if nothing is.
func (pl *pipeline) miscounted(batch []schemas.Record, accepted int, err error) error {
	switch n := len(batch); {
	case accepted < 0 || accepted > n:
		return pl.breach(batch[0].Offset, ruleAccepted, "Write took %d of %d records", accepted, n)
	case accepted < n && err == nil:
		return pl.breach(batch[accepted].Offset, ruleAccepted, "Write took %d of %d records without saying why", accepted, n)
	}
	return nil
}

// misnamed says what is wrong with a rejection, nil if nothing is.
func (pl *pipeline) misnamed(r *connectors.Rejection) error {
	switch {
	case pl.safety.hasFailed(r.Offset):
		return pl.breach(r.Offset, ruleRejected, "it rejects a record that was dropped or rejected before")
	case !pl.intake.wasOffered(r.Offset):
		return pl.breach(r.Offset, ruleRejected, "it rejects a record that it was not offered")
	case r.Err == nil:
		return pl.breach(r.Offset, ruleRejected, "it rejects a record without a reason")
	}
	return nil
}
