package rest

import (
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
		w := c.serve(t, method, u, target, body)
		kind := w.Header().Get("Content-Type")
		switch {
		case w.Code >= 500 && w.Code != http.StatusServiceUnavailable:
			t.Errorf("%s %s with %s: %d %s", method, target, body, w.Code, w.Body)
		case w.Body.Len() > 0 && method != http.MethodOptions && !json.Valid(w.Body.Bytes()) && (w.Code != 400 || !strings.HasPrefix(kind, "text/html")):
			t.Errorf("%s %s with %s: %s %s", method, target, body, kind, w.Body)
		}
	})
}

// FuzzBodies: no body makes a route that reads it panic, blame itself or answer with something that is not JSON.
func FuzzBodies(f *testing.F) {
	c := newClient(f)
	if got := c.do("POST", "/connectors", create("there")); got.status != http.StatusCreated {
		f.Fatalf("%d %s", got.status, got.body)
	}
	if got := c.do("PUT", "/connectors/there/stop", ""); got.status != http.StatusNoContent {
		f.Fatalf("%d %s", got.status, got.body)
	}
	replacer := strings.NewReplacer(":connector", "there", ":plugin", "NullSink", ":logger", "root")
	var reading []route
	for _, r := range new(api).routes() {
		if r.body {
			reading = append(reading, r)
		}
	}
	for _, body := range []string{"", "{}", "null", "[]", `"a"`, `{"a":1}`, `{"name":"b","config":{"connector.class":"NullSink","topics":"t","tasks.max":"2"},"initial_state":"STOPPED"}`,
		`{"connector.class":"NullSink","topics":"t","name":"there"}`, `{"topics":null}`, `{"level":"TRACE"}`, `{"level":{}}`, "{\"a\":\"\x00\"}", "\xff", `{"a":"\ud800"}`,
		`{"offsets":[{"partition":{"kafka_topic":"t","kafka_partition":0},"offset":{"kafka_offset":7}}]}`, `{"offsets":[null]}`, `{"offsets":{}}`} {
		for n := range reading {
			f.Add(uint(n), body)
		}
	}
	f.Fuzz(func(t *testing.T, n uint, body string) {
		r := reading[n%uint(len(reading))]
		path := replacer.Replace(r.path)
		w := c.serve(t, r.method, &url.URL{Path: path}, path, body)
		if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s %s with %q: %d %s", r.method, path, body, w.Code, w.Body)
		}
		if w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s with %q: %q", r.method, path, body, w.Body)
		}
	})
}

// serve hands a request to the API past the network, so that also what net/http would refuse to send arrives.
func (c *client) serve(t *testing.T, method string, u *url.URL, target, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://worker/", strings.NewReader(body))
	r.URL, r.RequestURI = u, target
	r.Header.Set("Content-Type", jsonType)
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return w
}
