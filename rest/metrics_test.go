package rest

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOnlyScrapesGoToTheMetrics(t *testing.T) {
	answer := func(code int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	const scrape, api = http.StatusOK, http.StatusTeapot
	handler := WithMetrics(answer(api), answer(scrape))
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/metrics", scrape}, {"HEAD", "/metrics", scrape}, {"GET", "/metrics/", scrape}, {"GET", "/metrics?name=a", scrape},
		{"POST", "/metrics", api}, {"OPTIONS", "/metrics", api}, {"GET", "/", api}, {"GET", "/metricsx", api}, {"GET", "/Metrics", api},
		{"GET", "/connectors/metrics", api}, {"GET", "/metrics/connectors", api},
	} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.want {
			t.Errorf("%s %s was answered by the wrong handler: %d", c.method, c.path, w.Code)
		}
	}
}
