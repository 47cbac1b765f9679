package rest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestForeignHosts: a page of evil.example whose name resolves to the worker sends no other sign than its Host.
func TestForeignHosts(t *testing.T) {
	c := newClient(t)
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	handler := func(hosts ...string) http.Handler {
		return NewServer(WithMetrics(c.handler, metrics), CrossSite{Hosts: hosts}, c.discard()).http.Handler
	}
	ask := func(h http.Handler, method, path, host string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
		r.Host = host
		h.ServeHTTP(w, r)
		return w
	}
	own := handler("connect.lab", "*.svc.cluster.local")
	for _, path := range []string{"/", "/health", "/metrics", "/connectors?expand=info", "/connectors", "/connector-plugins", "/admin/loggers", "/none"} {
		for _, host := range []string{"evil.example", "evil.example:8083", "127.0.0.1.evil.example", "localhost.evil.example", "connect.lab.evil.example",
			"xconnect.lab", "evil", "svc.cluster.local", "[evil]", "evil:x:y", "*", "connect.lab@evil.example"} {
			for _, method := range []string{"GET", "HEAD", "DELETE", "OPTIONS"} {
				w := ask(own, method, path, host)
				if w.Code != http.StatusForbidden || method != "HEAD" && !strings.Contains(w.Body.String(), "rest.host.names") {
					t.Errorf("%s %s of %s: %d %s", method, path, host, w.Code, w.Body)
				}
			}
		}
	}
	var body errorBody
	if err := json.Unmarshal(ask(own, "GET", "/", `evil"<b>`).Body.Bytes(), &body); err != nil || body.Code != 403 {
		t.Errorf("%+v, %v", body, err)
	}
	for _, host := range []string{"", "127.0.0.1:8083", "10.0.0.7", "[::1]:8083", "[fe80::1%25eth0]:8083", "localhost:8083", "LocalHost", "localhost.",
		"Connect.Lab:8083", "connect.lab.:8083", "connect.prod.svc.cluster.local:8083"} {
		if w := ask(own, "GET", "/connectors", host); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", host, w.Code, w.Body)
		}
	}
	if w := ask(handler("*"), "GET", "/connectors", "evil.example"); w.Code != http.StatusOK {
		t.Errorf("with * as a name: %d %s", w.Code, w.Body)
	}
	if sites := (CrossSite{Hosts: []string{"*"}}); sites.own("http://evil.example", "evil.example") {
		t.Error("with * as a name every page is the worker's own")
	}
}
