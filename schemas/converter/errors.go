package converter

import "errors"

// retriableError marks an error as temporary.
type retriableError struct{ err error }

func (e *retriableError) Error() string { return e.err.Error() }
func (e *retriableError) Unwrap() error { return e.err }

// Retriable marks err as temporary: the same bytes may convert later.
func Retriable(err error) error { return &retriableError{err: err} }

// IsRetriable reports whether err was marked by Retriable.
func IsRetriable(err error) bool {
	var r *retriableError
	return errors.As(err, &r)
}

// fatalError marks an error that is no record's fault.
type fatalError struct{ err error }

func (e *fatalError) Error() string { return e.err.Error() }
func (e *fatalError) Unwrap() error { return e.err }

// Fatal marks err as one that every record meets until somebody changes a configuration, such as refused credentials:
// no record may be dropped for it.
func Fatal(err error) error { return &fatalError{err: err} }

// IsFatal reports whether err was marked by Fatal.
func IsFatal(err error) bool {
	var f *fatalError
	return errors.As(err, &f)
}

// CausedError is bad data as converters of Kafka Connect report it: the message of their exception and, apart from
// it, the cause.
type CausedError struct {
	Message string // ends as Java's does, usually with ": "
	Err     error
}

// Error returns the message and the text of the cause.
func (e *CausedError) Error() string { return e.Message + e.Err.Error() }

// Unwrap returns the cause.
func (e *CausedError) Unwrap() error { return e.Err }
