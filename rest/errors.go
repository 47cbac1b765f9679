package rest

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/sluice-connect/sluice/runtime"
)

// statusOf is the one place where kinds of errors become status codes.
var statusOf = map[runtime.Kind]int{
	runtime.BadRequest:    http.StatusBadRequest,
	runtime.Forbidden:     http.StatusForbidden,
	runtime.NotFound:      http.StatusNotFound,
	runtime.AlreadyExists: http.StatusConflict,
	runtime.Conflict:      http.StatusConflict,
	runtime.Unavailable:   http.StatusServiceUnavailable,
	runtime.Internal:      http.StatusInternalServerError,
}

// statusError is an error of the HTTP layer itself.
type statusError struct {
	code    int
	message string
}

func (e *statusError) Error() string { return e.message }

// errStatus has the text of the Java worker's HTTP layer.
func errStatus(code int) error {
	reason := http.StatusText(code)
	if code == http.StatusRequestEntityTooLarge {
		reason = "Request Entity Too Large"
	}
	return &statusError{code: code, message: fmt.Sprintf("HTTP %d %s", code, reason)}
}

// errNoWords answers 400 without a body, to a client that does not say in a readable way what it accepts.
var errNoWords = errors.New("the Accept header cannot be read")

// errorBody is the body of every error.
type errorBody struct {
	Code    int    `json:"error_code"`
	Message string `json:"message"`
}

// fail answers with err. Errors without a kind are not for the client: their text stays in the log. A refusal of the
// HTTP layer has no type when it has no body, as in the Java worker.
func (a *api) fail(c *gin.Context, err error) {
	body := errorBody{Code: http.StatusInternalServerError, Message: "The worker could not do this; its log says why."}
	var own *statusError
	var known *runtime.Error
	switch {
	case errors.Is(err, errNoWords):
		c.AbortWithStatus(http.StatusBadRequest)
		return
	case errors.As(err, &own):
		c.Set(answerType, jsonType)
		if isHead(c.Request) {
			c.AbortWithStatus(own.code)
			return
		}
		body = errorBody{Code: own.code, Message: own.message}
	case errors.As(err, &known):
		body = errorBody{Code: statusOf[known.Kind], Message: known.Message}
	default:
		a.log.Error("request failed", "connector", c.Param("connector"), "route", c.FullPath(), "error", err)
	}
	if c.Writer.Written() {
		return
	}
	if c.GetString(answerType) == "" {
		c.Set(answerType, jsonType)
	}
	write(c, body.Code, body)
	c.Abort()
}
