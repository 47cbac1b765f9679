package dynamodb

import (
	"errors"
	"fmt"
	"net/http"
)

// failure is an error answer of the API.
//
// A request that cannot be answered panics with one, and Server.answer recovers it. Most of what this server does is
// refusing what DynamoDB refuses, at any depth and in DynamoDB's order; so what reads a request returns what it read
// and no errors.
type failure struct {
	code    string
	message string
	status  int  // of the answer; 0 is 400
	item    item // what made a condition fail, if the request asked for it
}

func (f *failure) Error() string { return f.code + ": " + f.message }

// object is one JSON object of an answer.
type object map[string]any

func invalid(format string, args ...any) *failure {
	return &failure{code: "ValidationException", message: fmt.Sprintf(format, args...)}
}

// malformed is for requests that do not have the shape of the protocol.
func malformed(format string, args ...any) *failure {
	return &failure{code: "SerializationException", message: fmt.Sprintf(format, args...)}
}

// check ends the request for a fault of this server, whose verb phrase it is given.
func check(doing string, err error) {
	if err != nil {
		panic(asFailure(fmt.Errorf("%s: %w", doing, err)))
	}
}

// asFailure turns an error that is no refusal into an answer.
func asFailure(err error) *failure {
	var injected *Fault
	if errors.As(err, &injected) {
		return &failure{code: injected.Code, message: injected.Message, status: injected.Status}
	}
	return &failure{code: "InternalServerError", message: err.Error(), status: http.StatusInternalServerError}
}

// rewording runs f; a ValidationException of it gets the given text, where %s stands for its own.
func rewording(format string, f func()) {
	defer func() {
		r := recover()
		if refusal, ok := r.(*failure); ok && refusal.code == "ValidationException" {
			refusal.message = fmt.Sprintf(format, refusal.message)
		}
		if r != nil {
			panic(r)
		}
	}()
	f()
}

// body renders the failure the way the JSON 1.0 protocol names errors.
func (f *failure) body() object {
	namespace := "com.amazonaws.dynamodb.v20120810#"
	switch f.code {
	case "ValidationException":
		namespace = "com.amazon.coral.validate#"
	case "SerializationException", "UnknownOperationException":
		namespace = "com.amazon.coral.service#"
	}
	out := object{"__type": namespace + f.code, "message": f.message}
	if f.item != nil {
		out["Item"] = f.item
	}
	return out
}

func (f *failure) httpStatus() int {
	if f.status != 0 {
		return f.status
	}
	return http.StatusBadRequest
}
