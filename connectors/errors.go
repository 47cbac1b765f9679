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
