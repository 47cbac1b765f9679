package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sluice-connect/sluice/schemas/converter"
)

// ErrUnknown is wrapped when the registry works but does not have what was asked for: the record that names it is bad.
var ErrUnknown = errors.New("not registered")

// ErrRefused is wrapped when the registry will not serve this client until somebody changes a configuration: bad
// credentials, missing rights, a URL that is no registry's. It says nothing about the record.
var ErrRefused = errors.New("refused by the schema registry")

// Error is an answer of the registry other than success. It wraps ErrUnknown, ErrRefused, or is wrapped by
// converter.Retriable, as are network errors and timeouts. Whoever is refused for what he is, not for what he asks, gets
// it wrapped by converter.Fatal.
type Error struct {
	Status  int    // of HTTP
	Code    int    // error_code of the answer, 0 if it had none
	Message string // of the answer, shortened
	kind    error
}

// Error names the status, the registry's code and its text.
func (e *Error) Error() string {
	text := fmt.Sprintf("schema registry answered %d", e.Status)
	if e.Code != 0 && e.Code != e.Status {
		text += fmt.Sprintf(" (code %d)", e.Code)
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	switch {
	case e.Status == http.StatusUnauthorized:
		text += "; check basic.auth.* or bearer.auth.* of the converter"
	case e.Status == http.StatusForbidden:
		text += "; the configured user may not read this subject"
	case e.Status == http.StatusNotFound && e.Code == 0:
		text += "; is schema.registry.url the address of a schema registry?"
	}
	return text
}

// Unwrap returns the sentinel the answer belongs to.
func (e *Error) Unwrap() error { return e.kind }

// answerError judges an answer that is no success.
func answerError(status int, body []byte) error {
	e := &Error{Status: status}
	var said struct {
		Code    int    `json:"error_code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) == nil {
		e.Code, e.Message = said.Code, clean(said.Message)
	}
	switch {
	case status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= 500:
		return converter.Retriable(e)
	case status == http.StatusNotFound && e.Code >= 40400 && e.Code < 40500:
		e.kind = ErrUnknown
	case status == http.StatusUnprocessableEntity: // about what was asked
		e.kind = ErrRefused
	default:
		e.kind = ErrRefused
		return converter.Fatal(e)
	}
	return e
}

// clean makes foreign text fit for an error: one line, short, valid.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}
