package rest

import (
	"net/http"
	"strconv"
	"time"
)

// Header is a header that the operator wants on every answer.
type Header struct {
	// Add leaves a header of this name that is there already; otherwise it is replaced.
	Add bool
	// Date says that Value counts the milliseconds from now to the date to show.
	Date        bool
	Name, Value string
}

// WithHeaders puts headers on every answer of next, before next adds its own.
func WithHeaders(next http.Handler, headers []Header) http.Handler {
	if len(headers) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range headers {
			value := h.Value
			if h.Date {
				value = date(h.Value)
			}
			if h.Add {
				w.Header().Add(h.Name, value)
			} else {
				w.Header().Set(h.Name, value)
			}
		}
		next.ServeHTTP(w, r)
	})
}

func date(fromNow string) string {
	ms, _ := strconv.ParseInt(fromNow, 10, 64) // it was checked at the start
	return time.Now().Add(time.Duration(ms) * time.Millisecond).UTC().Format(http.TimeFormat)
}
