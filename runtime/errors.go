package runtime

import (
	"fmt"

	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// Kind classifies the errors a herder answers with; rest maps each kind to a status code in one table.
type Kind uint8

// The kinds of herder errors.
const (
	BadRequest    Kind = iota + 1 // the request can never succeed: 400
	Forbidden                     // the worker's configuration does not allow it: 403
	NotFound                      // the connector, task or plugin does not exist: 404
	AlreadyExists                 // the connector exists: 409
	Conflict                      // try again: the worker is changing: 409
	Unavailable                   // the worker is stopping: 503
	Internal                      // 500
)

// Error is an error with a text for the user of the REST API.
type Error struct {
	Kind    Kind
	Message string
	// Problems are what the message says, by the keys it is about; nil when it is not about values of keys.
	Problems []cd.Problem
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Errorf builds an Error.
func Errorf(k Kind, format string, a ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, a...)}
}
