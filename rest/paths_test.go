package rest

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestPathsAreRefused: what the Java worker's web container refuses before any resource sees it, sent as it is: Go's
// client would clean it up.
func TestPathsAreRefused(t *testing.T) {
	c := newClient(t)
	const html = "text/html;charset=iso-8859-1"
	for _, s := range []struct {
		method, path string
		status       int
		contentType  string
	}{
		{"GET", "/connectors/%2e", 400, html},
		{"HEAD", "/connectors/%2E%2e/x", 400, html},
		{"POST", "/connectors/a%2Fb", 400, html},
		{"DELETE", "/connectors/a%2Fb", 400, ""},
		{"OPTIONS", "/connectors/.%2e", 400, ""},
		{"GET", "/connectors/%2e%2e%2e", 404, "application/json"},
		{"GET", `/connectors/a"b`, 400, html},
		{"GET", "/connectors/a%22b", 404, "application/json"},
		{"PUT", "/connectors/a{b}/pause", 400, ""},
		{"GET", "/connectors?a={}", 200, "application/json"},
		{"DELETE", "/../connectors", 400, html},
		{"GET", "/x/../connectors/a", 404, "application/json"},
		{"GET", "/connectors/a/tasks/x/status", 404, "application/json"},
		{"HEAD", "/connectors/a/tasks/x/status", 404, "application/json"},
		{"GET", "/connectors/a/fence", 405, "application/json"},
		{"PUT", "/connectors/a/fence", 400, "application/json"},
		{"GET", "/connectors?expandx=info&a=expand", 200, "application/json"},
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(c.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", s.method, s.path)
		got, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: s.method})
		if err != nil {
			t.Fatal(err)
		}
		if got.StatusCode != s.status || got.Header.Get("Content-Type") != s.contentType {
			t.Errorf("%s %s: %d %q", s.method, s.path, got.StatusCode, got.Header.Get("Content-Type"))
		}
		_ = got.Body.Close()
		_ = conn.Close()
	}
}

// TestExpandIsAParameter: only a parameter of that name asks for more than names, however it is escaped.
func TestExpandIsAParameter(t *testing.T) {
	c := newClient(t)
	for query, want := range map[string]string{
		"": "[]", "expandx=info": "[]", "a=expand": "[]", "Expand=info": "[]",
		"expand": "{}", "exp%61nd=info": "{}", "expand=%zz": "{}", "expand=info;a": "{}", "a=%zz&expand=": "{}",
	} {
		if got := c.do("GET", "/connectors?"+query, ""); got.status != 200 || got.body != want {
			t.Errorf("%q: %d %s", query, got.status, got.body)
		}
	}
}
