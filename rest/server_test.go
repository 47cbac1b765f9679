package rest

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestHeadersOfEveryAnswer(t *testing.T) {
	headers := []Header{{Name: "X-Frame-Options", Value: "SAMEORIGIN"}, {Name: "X-Frame-Options", Value: "DENY"}, {Add: true, Name: "X-A", Value: "1"},
		{Add: true, Name: "X-A", Value: "2, 3"}, {Date: true, Name: "Expires", Value: "60000"}}
	handler := WithHeaders(newClient(t).handler, headers)
	for path, status := range map[string]int{"/": 200, "/connectors/none": 404, "/none": 404} {
		w := httptest.NewRecorder()
		before := time.Now().Truncate(time.Second)
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "http://worker"+path, http.NoBody))
		h := w.Header()
		expires, err := http.ParseTime(h.Get("Expires"))
		if w.Code != status || len(h.Values("X-Frame-Options")) != 1 || h.Get("X-Frame-Options") != "DENY" || len(h.Values("X-A")) != 2 {
			t.Errorf("%s: %d %v", path, w.Code, h)
		}
		if err != nil || expires.Before(before.Add(time.Minute)) {
			t.Errorf("%s: Expires %q, %v", path, h.Get("Expires"), err)
		}
	}
}
