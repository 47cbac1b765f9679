package cli

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/schemas/keystore/certtest"
)

var adminListening = regexp.MustCompile(`"admin":\["([^"]+)"\]`)

func TestAdminListeners(t *testing.T) {
	ca := certtest.CA(t, "ca")
	store := ca.Issue(t, "server", "127.0.0.1").KeyPKCS12(t, "secret")
	const ok, missing = http.StatusOK, http.StatusNotFound
	for name, c := range map[string]struct {
		lines []string
		apart bool
		rest  int // how /admin is answered where the rest of the API is
	}{
		"unset": {nil, false, ok},
		"empty": {[]string{"admin.listeners="}, false, missing},
		"apart": {[]string{"admin.listeners=http://127.0.0.1:0", "response.http.headers.config=set X-A:b"}, true, missing},
		"https": {[]string{"admin.listeners=https://127.0.0.1:0", "admin.listeners.https.ssl.keystore.type=PKCS12",
			"admin.listeners.https.ssl.keystore.location=" + store, "admin.listeners.https.ssl.keystore.password=secret"}, true, missing},
	} {
		t.Run(name, func(t *testing.T) {
			path := properties(t, t.TempDir())
			p := start(t, write(t, path, readFile(t, path)+strings.Join(c.lines, "\n")+"\n"))
			defer p.end()
			for path, want := range map[string]int{"/": ok, "/health": ok, "/metrics": ok, "/admin/loggers": c.rest, "/admin/loggers/root": c.rest} {
				if code, body := p.request("GET", path, ""); code != want {
					t.Errorf("%s: %d %.200s, want %d", path, code, body, want)
				}
			}
			m := adminListening.FindStringSubmatch(p.out.String())
			if (m != nil) != c.apart {
				t.Fatalf("listeners of /admin: %v in %s", m, p.out.String())
			}
			if m == nil {
				return
			}
			client := trusting(t, ca)
			for path, want := range map[string]int{"/": missing, "/health": missing, "/metrics": missing, "/connectors": missing, "/admin/loggers": ok} {
				if resp := fetch(t, client, m[1]+path); resp.status != want || resp.header.Get("X-A") != "" {
					t.Errorf("%s of /admin: %+v, want %d", path, resp, want)
				}
			}
		})
	}
}

func fetch(t *testing.T, c *http.Client, url string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.ProtoMajor, resp.Header}
}

func TestAdminListenersAreBoundOrNothingStarts(t *testing.T) {
	dir := t.TempDir()
	p := start(t, properties(t, dir))
	defer p.end()
	other := filepath.Join(dir, "other")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	path := properties(t, other)
	var out output
	code := Run(t.Context(), []string{"standalone", write(t, path, readFile(t, path)+"admin.listeners="+p.url+"\n")}, io.Discard, &out)
	if code != exitStart || !strings.Contains(out.String(), "listen for REST requests") {
		t.Errorf("exit code %d: %s", code, out.String())
	}
}

// TestEveryListenerKnowsItsNames: a Host that is no name of the worker is refused, and rest.host.names adds names.
func TestEveryListenerKnowsItsNames(t *testing.T) {
	path := properties(t, t.TempDir())
	p := start(t, write(t, path, readFile(t, path)+"admin.listeners=http://127.0.0.1:0\nrest.host.names=connect.lab, *.prod\n"))
	defer p.end()
	admin := adminListening.FindStringSubmatch(p.out.String())[1]
	for _, url := range []string{p.url + "/", p.url + "/health", p.url + "/metrics", p.url + "/connectors?expand=info", admin + "/admin/loggers"} {
		for host, want := range map[string]int{"evil.example": 403, "connect.lab:8083": 200, "a.prod": 200, "prod": 403, "localhost": 200} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = host
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%s of %s: %d, want %d", url, host, resp.StatusCode, want)
			}
		}
	}
}
