package rest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/herder"
	"github.com/sluice-connect/sluice/runtime/store"
	"github.com/sluice-connect/sluice/runtime/task"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const class = "org.example.rest.NullSinkConnector"

type nullSink struct{}

var nullDef = configdef.New(configdef.Key{Name: "secret", Type: configdef.Password, Null: true, Doc: "A secret."}).
	Check(func(v configdef.Values) []configdef.Problem {
		if v.Originals()["panic"] != "" {
			panic("the sink has a flaw, and " + v.Originals()["panic"])
		}
		return nil
	})

func (nullSink) Config() *configdef.Def { return nullDef }

func (nullSink) Check(context.Context, connectors.Config) []configdef.Problem { return nil }

func (nullSink) NewTask(context.Context, connectors.TaskContext, connectors.Config) (connectors.Task, error) {
	return nil, errors.New("not used")
}

func init() {
	connectors.Register(connectors.Plugin{Class: class, TaskClass: "org.example.rest.NullSinkTask", Connector: nullSink{}})
}

// nullTask runs and does nothing.
type nullTask struct {
	spec task.Spec
	done chan struct{}
}

func startTask(s task.Spec) herder.Task {
	t := &nullTask{spec: s, done: make(chan struct{})}
	s.Report(runtime.Running, "")
	return t
}

func (t *nullTask) Pause()                { t.spec.Report(runtime.Paused, "") }
func (t *nullTask) Resume()               { t.spec.Report(runtime.Running, "") }
func (t *nullTask) Done() <-chan struct{} { return t.done }
func (t *nullTask) Stop(context.Context)  { close(t.done) }

// client talks to a worker under test.
type client struct {
	t   testing.TB
	url string
	log *strings.Builder
	// handler is what the worker serves.
	handler http.Handler
}

func newClient(t testing.TB) *client {
	t.Helper()
	return newClientFor(t, CrossSite{})
}

func newClientFor(t testing.TB, sites CrossSite) *client {
	t.Helper()
	s, err := store.Open(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	log := slog.New(slog.NewJSONHandler(&text, nil))
	h := herder.New(herder.Options{Store: s, WorkerID: "w:1", Version: "v", Commit: "c", Graceful: time.Second,
		StartTask: startTask, Logger: slog.New(slog.DiscardHandler)})
	if err := h.Start(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	handler := NewHandler(h, log, sites)
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := errors.Join(h.Close(ctx), s.Close()); err != nil {
			t.Error(err)
		}
	})
	return &client{t: t, url: server.URL, log: &text, handler: handler}
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (c *client) do(method, path, body string, headers ...string) answer {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(data)}
}

func create(name string) string {
	return `{"name":` + quote(name) + `,"config":{"connector.class":"` + class + `","topics":"t","tasks.max":1}}`
}

func quote(s string) string {
	data, _ := json.Marshal(s)
	return string(data)
}

func TestVerbs(t *testing.T) {
	c := newClient(t)
	info := `{"name":"a","config":{"connector.class":"` + class + `","name":"a","tasks.max":"1","topics":"t"},"tasks":[{"connector":"a","task":0}],"type":"sink"}`
	config := `{"connector.class":"` + class + `","name":"a","tasks.max":"1","topics":"t"}`
	status := func(state string) string {
		one := `"worker_id":"w:1","version":"v"}`
		return `{"name":"a","connector":{"state":"` + state + `",` + one + `,"tasks":[{"id":0,"state":"` + state + `",` + one + `],"type":"sink"}`
	}
	for _, step := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/", "", 200, `{"version":"4.3.1","commit":"sluice v c","kafka_cluster_id":""}`},
		{"GET", "/health", "", 200, `{"status":"healthy","message":"Worker has completed startup and is ready to handle requests."}`},
		{"GET", "/connectors", "", 200, `[]`},
		{"POST", "/connectors", create(" a "), 201, info},
		{"POST", "/connectors", create("a"), 409, `{"error_code":409,"message":"Connector a already exists"}`},
		{"GET", "/connectors/", "", 200, `["a"]`},
		{"GET", "/connectors?expand=info", "", 200, `{"a":{"info":` + info + `}}`},
		{"GET", "/connectors?expand=nope", "", 200, `{"a":{}}`},
		{"GET", "/connectors?expand", "", 200, `{"a":{}}`},
		{"GET", "/connectors/a", "", 200, info},
		{"GET", "/connectors/a/config", "", 200, config},
		{"PUT", "/connectors/a/config", config, 200, info},
		{"PATCH", "/connectors/a/config", `{"x":1.50,"y":true,"z":12345678901234567890}`, 200, strings.Replace(info, `"t"}`, `"t","x":"1.50","y":"true","z":"12345678901234567890"}`, 1)},
		{"PATCH", "/connectors/a/config", `{"x":null,"y":null,"z":null}`, 200, info},
		{"GET", "/connectors/a/tasks", "", 200, `[{"id":{"connector":"a","task":0},"config":` + strings.Replace(config, `"tasks.max"`, `"task.class":"org.example.rest.NullSinkTask","tasks.max"`, 1) + `}]`},
		{"PUT", "/connectors/a/pause", "", 202, ""},
		{"GET", "/connectors/a/status", "", 200, status("PAUSED")},
		{"GET", "/connectors?expand=status", "", 200, `{"a":{"status":` + status("PAUSED") + `}}`},
		{"PUT", "/connectors/a/resume", `{}`, 202, ""},
		{"GET", "/connectors/a/status", "", 200, status("RUNNING")},
		{"GET", "/connectors/a/tasks/+0/status", "", 200, `{"id":0,"state":"RUNNING","worker_id":"w:1","version":"v"}`},
		{"POST", "/connectors/a/restart", "", 204, ""},
		{"POST", "/connectors/a/restart?includeTasks=TRUE", "", 202, status("RESTARTING")},
		{"GET", "/connectors/a/status", "", 200, status("RUNNING")},
		{"POST", "/connectors/a/tasks/0/restart", "", 204, ""},
		{"POST", "/connectors/a/tasks/5/restart", "", 404, `{"error_code":404,"message":"Task a-5 not found"}`},
		{"GET", "/connectors/a/tasks/5/status", "", 404, `{"error_code":404,"message":"No status found for task a-5"}`},
		{"GET", "/connectors/a/tasks/x/status", "", 404, `{"error_code":404,"message":"HTTP 404 Not Found"}`},
		{"PUT", "/connectors/a/stop", "", 204, ""},
		{"GET", "/connectors/a/tasks", "", 200, `[]`},
		{"DELETE", "/connectors/a", "", 204, ""},
		{"DELETE", "/connectors/a", "", 404, `{"error_code":404,"message":"Connector a not found"}`},
		{"GET", "/connectors/a/status", "", 404, `{"error_code":404,"message":"No status found for connector a"}`},
		{"GET", "/connector-plugins/nope/config", "", 404, `{"error_code":404,"message":"Unknown plugin nope."}`},
		{"PUT", "/connector-plugins/Other/config/validate", config, 400, `{"error_code":400,"message":"Included connector type ` + class + ` does not match request type Other"}`},
		{"POST", "/", "", 405, `{"error_code":405,"message":"HTTP 405 Method Not Allowed"}`},
		{"GET", "/nope", "", 404, `{"error_code":404,"message":"HTTP 404 Not Found"}`},
	} {
		got := c.do(step.method, step.path, step.body)
		// The states of tasks follow on their own; a poll stands for the reader's patience.
		for deadline := time.Now().Add(10 * time.Second); got.body != step.want && step.method == "GET" && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
			got = c.do(step.method, step.path, step.body)
		}
		if got.status != step.status || got.body != step.want {
			t.Fatalf("%s %s answered %d %s\nwant %d %s", step.method, step.path, got.status, got.body, step.status, step.want)
		}
		if got.body != "" && got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: content type %q", step.method, step.path, got.header.Get("Content-Type"))
		}
		if got.header.Get("Allow") != "" {
			t.Errorf("%s %s: Allow header", step.method, step.path)
		}
	}
}

func TestValidateAnswer(t *testing.T) {
	c := newClient(t)
	got := c.do("PUT", "/connector-plugins/NullSink/config/validate", `{"connector.class":"`+class+`","secret":"hunter2","name":"<a>","topics":"t"}`)
	var infos runtime.ConfigInfos
	if err := json.Unmarshal([]byte(got.body), &infos); err != nil || got.status != 200 || infos.ErrorCount != 0 {
		t.Fatalf("%d %s %v", got.status, got.body, err)
	}
	if strings.Contains(got.body, "hunter2") || !strings.Contains(got.body, `"value":"<a>"`) || !strings.Contains(got.body, `"order_in_group":1`) {
		t.Error(got.body)
	}
}

func TestLocation(t *testing.T) {
	c := newClient(t)
	for name, want := range map[string]string{
		"plain": "/connectors/plain", "ü €": "/connectors/%C3%BC%20%E2%82%AC", "a/b": "/connectors/a%2Fb",
		"q?#": "/connectors/q%3F%23", "a;b=c": "/connectors/a;b=c", `"'<>|`: "/connectors/%22'%3C%3E%7C",
	} {
		if got := c.do("POST", "/connectors", create(name)); got.status != 201 || got.header.Get("Location") != c.url+want {
			t.Errorf("%q: %d at %q, want %q", name, got.status, got.header.Get("Location"), want)
		}
	}
	if got := c.do("GET", "/connectors/%C3%BC%20%E2%82%AC/config", ""); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := c.do("GET", "/connectors/a%3Bb=c", ""); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestNegotiation(t *testing.T) {
	c := newClient(t)
	for _, s := range []struct {
		method, path, body, header, value string
		status                            int
		contentType                       string
	}{
		{"GET", "/", "", "Accept", "*/*", 200, "application/json"},
		{"GET", "/", "", "Accept", "application/json; charset=utf-8", 200, "application/json;charset=utf-8"},
		{"GET", "/", "", "Accept", "text/html,application/xml;q=0.9,*/*;q=0.8", 200, "application/json"},
		{"GET", "/", "", "Accept", "text/plain", 406, "application/json"},
		{"GET", "/", "", "Accept", "application/json;q=0", 200, "application/json"},
		{"GET", "/", "", "Accept", "*", 200, "application/json"},
		{"GET", "/", "", "Accept", "*/json", 200, "application/json"},
		{"GET", "/", "", "Accept", "json", 406, "application/json"},
		{"GET", "/", "", "Accept", "*/*, application/json; b=C; A=\"x y\"", 200, "application/json;a=\"x y\";b=C"},
		{"GET", "/", "", "Accept", "application/json;level=1;q=0.3, application/*;q=0.3", 200, "application/json;level=1"},
		{"GET", "/", "", "Accept", "application/json;charset=UTF-8", 200, "application/json;charset=utf-8"},
		{"GET", "/", "", "Accept", "application/json;q=2", 400, ""},
		{"GET", "/nope", "", "Accept", "application/json;q=2", 404, "application/json"},
		{"GET", "/connectors/a", "", "Accept", "application/json;charset=utf-8", 404, "application/json;charset=utf-8"},
		{"HEAD", "/connectors/a", "", "Accept", "application/json", 404, "application/json"},
		{"HEAD", "/nope", "", "Accept", "application/json", 404, ""},
		{"HEAD", "/connectors/a/pause", "", "Accept", "application/json", 405, ""},
		{"HEAD", "/connectors", "", "Accept", "text/plain", 406, ""},
		{"OPTIONS", "/", "", "Accept", "text/*", 200, "text/plain"},
		{"OPTIONS", "/", "", "Accept", "image/png;q=0.5", 200, "image/png;q=0.5"},
		{"GET", "/", "", "Content-Type", "text/plain", 200, "application/json"},
		{"GET", "/connectors", "", "Content-Type", "text/plain", 415, "application/json"},
		{"GET", "/connectors", "", "Content-Type", "*/*", 200, "application/json"},
		{"GET", "/nope", "", "Content-Type", "json", 400, "text/html;charset=iso-8859-1"},
		{"HEAD", "/", "", "Content-Type", "application/json;charset=", 400, "text/html;charset=iso-8859-1"},
		{"PUT", "/connectors/a/pause", "", "Content-Type", "/json", 400, ""},
		{"PUT", "/connectors/a/pause", "x", "Content-Type", "application/*", 404, "application/json"},
		{"POST", "/connectors", create("a"), "Content-Type", "application/*", 415, "application/json"},
		{"POST", "/connectors", "", "Content-Type", "", 400, "application/json"},
		{"PATCH", "/connectors/a/config", "", "Content-Type", "", 404, "application/json"},
		{"PATCH", "/connectors/a/config", "null", "Content-Type", "application/json", 404, "application/json"},
		{"GET", "/nope", "", "Accept", "text/plain", 404, "application/json"},
		{"POST", "/connectors", create("a"), "Accept", "text/plain", 406, "application/json"},
		{"POST", "/connectors", create("a"), "Content-Type", "", 415, "application/json"},
		{"POST", "/connectors", create("a"), "Content-Type", "text/plain", 415, "application/json"},
		{"POST", "/connectors", create("a"), "Content-Type", "application/vnd.kafka.v2+json", 415, "application/json"},
		{"PUT", "/connectors/a/pause", "x", "Content-Type", "text/plain", 415, "application/json"},
		{"GET", "/connectors/a", "", "Accept", "application/json", 404, "application/json"},
		{"POST", "/connectors", create("a"), "Content-Type", "APPLICATION/JSON; charset=utf-8", 201, "application/json"},
	} {
		got := c.do(s.method, s.path, s.body, s.header, s.value)
		if got.status != s.status || got.header.Get("Content-Type") != s.contentType {
			t.Errorf("%s %s with %s %q: %d %q", s.method, s.path, s.header, s.value, got.status, got.header.Get("Content-Type"))
		}
	}
	if got := c.do("PUT", "/connectors/a/config", "\ufeff{}"); !strings.Contains(got.body, "contains no connector type") {
		t.Errorf("a byte order mark: %+v", got)
	}
	if got := c.do("HEAD", "/connectors", ""); got.status != 200 || got.body != "" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("HEAD: %+v", got)
	}
	if got := c.do("OPTIONS", "/connectors", ""); got.status != 200 || got.header.Get("Allow") != "HEAD,POST,GET,OPTIONS" || got.body != "HEAD, POST, GET, OPTIONS" || got.header.Get("Content-Type") != "text/plain" {
		t.Errorf("OPTIONS: %+v", got)
	}
}

func TestPanicDoesNotLeak(t *testing.T) {
	c := newClient(t)
	got := c.do("POST", "/connectors", strings.Replace(create("a"), `"topics"`, `"panic":"hunter2","topics"`, 1))
	if got.status != 500 || got.body != `{"error_code":500,"message":"HTTP 500 Internal Server Error"}` {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := c.do("GET", "/", ""); got.status != 200 {
		t.Errorf("after a panic: %d", got.status)
	}
}

func TestAccessLog(t *testing.T) {
	c := newClient(t)
	c.do("POST", "/connectors?token=hunter2", strings.Replace(create("b\u2028ü"), `"topics"`, `"secret":"hunter2","topics"`, 1))
	c.do("GET", "/connectors/b%E2%80%A8%C3%BC/tasks/0/status", "")
	text := c.log.String()
	if strings.Contains(text, "hunter2") {
		t.Errorf("a query or body is in the log: %s", text)
	}
	if lines := strings.Count(text, "\n"); lines != 2 || !strings.Contains(text, `"route":"/connectors/:connector/tasks/:task/status","status":200`) ||
		!strings.Contains(text, `"connector":"b\u2028ü","task":"0"`) {
		t.Errorf("%d lines: %s", lines, text)
	}
}

func TestServerShutsDown(t *testing.T) {
	listeners, err := Listen(t.Context(), []string{"127.0.0.1:0", "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), []string{listeners[0].Addr().String()}); err == nil {
		t.Error("a taken address was bound twice")
	}
	s := NewServer(http.NotFoundHandler(), CrossSite{}, slog.New(slog.DiscardHandler))
	s.Serve(listeners)
	for _, addr := range Addresses(listeners) {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, addr, nil)
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != 404 {
			t.Fatalf("%v", err)
		}
		resp.Body.Close()
	}
	http.DefaultClient.CloseIdleConnections()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func (c *client) discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
