// Package crash turns panics into errors: what records and answers of services hold is untrusted, and one of them must not
// take the worker with it.
package crash

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// Error is a panic that was caught. It does not unwrap to what the code panicked with: an error that nobody handled is not one
// that the caller may take for an answer.
type Error struct {
	// Value is what the code panicked with.
	Value any
	// Stack is where, as debug.Stack prints it.
	Stack []byte
}

// Error says what the code panicked with, without the stack.
func (e *Error) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Guard calls f. When f panics it returns an *Error, else what f returns.
func Guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Error{Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}

// In returns the panic that err comes from, nil if it comes from none.
func In(err error) *Error {
	var e *Error
	errors.As(err, &e)
	return e
}
