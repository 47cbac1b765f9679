package connectors

import (
	"errors"
	"fmt"

	"github.com/sluice-connect/sluice/schemas"
)

// RetriableError says that the same call may succeed later.
type RetriableError struct{ Err error }

// Error returns the text of the cause.
func (e *RetriableError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *RetriableError) Unwrap() error { return e.Err }

// Retriable marks err as temporary: throttling, timeouts, a sink that is away.
func Retriable(err error) error { return &RetriableError{Err: err} }

// Rejection is one record the sink refuses, with the reason.
type Rejection struct {
	Offset int64
	// Raw are the record's original bytes, owned by the rejection (see CloneRaw), and Timestamp, Headers and so on as
	// consumed: what the dead-letter topic needs. Record.Key and Record.Value need not be set.
	Record schemas.Record
	Err    error
}

// RejectedError names records that the sink will never take. Their batch mates are not affected.
type RejectedError struct{ Rejections []Rejection }

// Error describes the first rejection and counts the others.
func (e *RejectedError) Error() string {
	if len(e.Rejections) == 0 {
		return "reject no record"
	}
	r := e.Rejections[0]
	text := fmt.Sprintf("reject record at %s offset %d: %v", r.Record.Source, r.Offset, r.Err)
	if n := len(e.Rejections) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// Unwrap returns the reason of the first rejection.
func (e *RejectedError) Unwrap() error {
	if len(e.Rejections) == 0 {
		return nil
	}
	return e.Rejections[0].Err
}

// Reject returns a RejectedError for one record; it copies what it keeps.
func Reject(r *schemas.Record, err error) *RejectedError {
	return &RejectedError{Rejections: []Rejection{NewRejection(r, err)}}
}

// NewRejection copies what a dead-letter topic needs of r.
func NewRejection(r *schemas.Record, err error) Rejection {
	c := *r
	c.Key, c.Value, c.Headers = schemas.Value{}, schemas.Value{}, nil
	c.Raw = r.Raw.Clone()
	return Rejection{Offset: r.Offset, Record: c, Err: err}
}

// Rejections collects the bad records of a batch. The zero value is empty.
type Rejections struct{ list []Rejection }

// Add notes that the sink will never take r, and why; it copies what it keeps.
func (rs *Rejections) Add(r *schemas.Record, err error) {
	rs.list = append(rs.list, NewRejection(r, err))
}

// Result returns a RejectedError that names the records in the order they were added, nil if there are none, and starts anew.
func (rs *Rejections) Result() error {
	if len(rs.list) == 0 {
		return nil
	}
	err := &RejectedError{Rejections: rs.list}
	rs.list = nil
	return err
}

// RewindError asks the runtime to read the partition again from Offset.
type RewindError struct {
	Offset int64
	Err    error
}

// Error says where to and why.
func (e *RewindError) Error() string { return fmt.Sprintf("rewind to offset %d: %v", e.Offset, e.Err) }

// Unwrap returns the cause.
func (e *RewindError) Unwrap() error { return e.Err }

// Rewind asks for the partition to be read again from offset because of err: an upload that was lost, a conditional
// write that was refused. The writer has dropped everything from offset on when it returns this.
func Rewind(offset int64, err error) error { return &RewindError{Offset: offset, Err: err} }

// IsRetriable reports whether err is a RetriableError.
func IsRetriable(err error) bool {
	var r *RetriableError
	return errors.As(err, &r)
}

// CorrectableError says that nothing will succeed until a person has corrected something outside the worker: a missing
// table, a refused login. It is fatal; the runtime adds to its text how the task is restarted afterwards.
type CorrectableError struct{ Err error }

// Error returns the text of the cause.
func (e *CorrectableError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *CorrectableError) Unwrap() error { return e.Err }

// Correctable marks err as one that a person must correct; its text names what: "bucket b does not exist in region r: create it".
func Correctable(err error) error { return &CorrectableError{Err: err} }

// Verdict is what an answer of a sink's service means for the records it is about.
type Verdict uint8

// The verdicts. Later is the zero value because doubt means that the records are not safe and not to blame.
const (
	// Later: the same request may succeed later.
	Later Verdict = iota
	// Safe: the records are in the sink.
	Safe
	// Refused: the service will never take the records, and says so of them alone.
	Refused
	// Hopeless: no request will succeed until somebody changes something.
	Hopeless
)

// String names the verdict for logs and tests.
func (v Verdict) String() string { return [...]string{"later", "safe", "refused", "hopeless"}[v] }
