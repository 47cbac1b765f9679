package dynamodb

import (
	"errors"
	"fmt"
	"net/http"
)

// failure is an error answer of the API. details are members of the answer beside type and message.
type failure struct {
	code    string
	message string
	status  int
	details object
	// perItem errors cancel a transaction; others refuse it before it starts.
	perItem bool
}

func (f *failure) Error() string { return f.code + ": " + f.message }

// object is one JSON object of an answer.
type object map[string]any

func invalid(format string, args ...any) error {
	return &failure{code: "ValidationException", message: fmt.Sprintf(format, args...)}
}

// malformed is for requests that do not have the shape of the protocol.
func malformed(format string, args ...any) error {
	return &failure{code: "SerializationException", message: fmt.Sprintf(format, args...)}
}

func refused(code, format string, args ...any) error {
	return &failure{code: code, message: fmt.Sprintf(format, args...)}
}

// asFailure turns any error into an answer; one that is not a failure is a fault of this server.
func asFailure(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	var injected *Fault
	if errors.As(err, &injected) {
		return &failure{code: injected.Code, message: injected.Message, status: injected.Status}
	}
	return &failure{code: "InternalServerError", message: err.Error(), status: http.StatusInternalServerError}
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
	for name, v := range f.details {
		out[name] = v
	}
	return out
}

func (f *failure) httpStatus() int {
	if f.status != 0 {
		return f.status
	}
	return http.StatusBadRequest
}
