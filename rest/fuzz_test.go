package rest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzRequests: no request of a client makes the API panic, blame itself or answer with something clients cannot read.
// Paths that another program could read as different ones are answered in HTML, as the Java worker's container does.
func FuzzRequests(f *testing.F) {
	c := newClient(f)
	methods := []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
	for _, path := range []string{"/", "/connectors?expand=info", "/connectors/a/config", "/connectors/a%2Fb/offsets", "/connectors/a/tasks/0/restart",
		"/connectors/a/restart?includeTasks=true", "/connector-plugins/NullSink/config/validate", "/connector-plugins/X/config?version=[1,", "/admin/loggers/root?scope=cluster"} {
		for m := range methods {
			f.Add(m, path, create("a"))
		}
	}
	for _, body := range []string{"{}", "null", `{"offsets":[{"partition":{"kafka_topic":1e9,"kafka_partition":[]},"offset":{"kafka_offset":-1}}]}`,
		`{"level":"DEBUG"}`, `{"name":"","config":{"connector.class":1}}`, "[[[", `{"transforms":"a","predicates":"b","connector.class":"NullSink"}`} {
		f.Add(2, "/connectors/a/config", body)
	}
	f.Fuzz(func(t *testing.T, m int, target, body string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || !strings.HasPrefix(target, "/") {
			return // net/http refuses it before the API hears of it
		}
		method := methods[uint(m)%uint(len(methods))]
		r := httptest.NewRequestWithContext(t.Context(), method, "http://worker/", bytes.NewReader([]byte(body)))
		r.URL, r.RequestURI = u, target
		r.Header.Set("Content-Type", jsonType)
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		kind := w.Header().Get("Content-Type")
		switch {
		case w.Code >= 500 && w.Code != http.StatusServiceUnavailable && !strings.Contains(w.Body.String(), "access to Kafka"):
			t.Errorf("%s %s with %s: %d %s", method, target, body, w.Code, w.Body)
		case w.Body.Len() > 0 && method != http.MethodOptions && !json.Valid(w.Body.Bytes()) && (w.Code != 400 || !strings.HasPrefix(kind, "text/html")):
			t.Errorf("%s %s with %s: %s %s", method, target, body, kind, w.Body)
		}
	})
}
