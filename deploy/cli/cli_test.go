package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/sluice-connect/sluice/connectors/all"
)

// output collects what a worker says while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is a worker that runs inside the test.
type process struct {
	t    *testing.T
	out  output
	stop context.CancelFunc
	code chan int
	url  string
}

var listening = regexp.MustCompile(`"listeners":\["(http://[^"]+)"`)

func start(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{t: t, stop: cancel, code: make(chan int, 1)}
	go func() {
		p.code <- Run(ctx, append([]string{"standalone", "--log.format=json"}, args...), io.Discard, &p.out)
	}()
	t.Cleanup(cancel)
	for deadline := time.Now().Add(20 * time.Second); p.url == ""; time.Sleep(time.Millisecond) {
		if m := listening.FindStringSubmatch(p.out.String()); m != nil {
			p.url = m[1]
		}
		if time.Now().After(deadline) {
			t.Fatalf("the worker did not start: %s", p.out.String())
		}
	}
	return p
}

func (p *process) end() {
	p.t.Helper()
	p.stop()
	select {
	case code := <-p.code:
		if code != 0 {
			p.t.Errorf("exit code %d: %s", code, p.out.String())
		}
	case <-time.After(30 * time.Second):
		p.t.Fatalf("the worker did not stop: %s", p.out.String())
	}
}

func (p *process) request(method, path, body string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// properties of a worker whose broker is not there: port 9 discards, and nobody listens on it.
func properties(t *testing.T, dir string) string {
	return write(t, filepath.Join(dir, "worker.properties"), "bootstrap.servers=127.0.0.1:9\nlisteners=http://127.0.0.1:0\n"+
		"key.converter=org.apache.kafka.connect.storage.StringConverter\nvalue.converter=org.apache.kafka.connect.json.JsonConverter\n"+
		"value.converter.schemas.enable=false\nplugin.path=/plugins\nmade.up=1\nsluice.data.dir="+filepath.Join(dir, "data")+"\n")
}

func connector(dir, name, out string) string {
	text, _ := json.Marshal(map[string]string{"name": name, "connector.class": "FileStreamSink", "topics": "t", "file": filepath.Join(dir, out)})
	return string(text)
}

func TestStandaloneWithoutABroker(t *testing.T) {
	dir := t.TempDir()
	worker := properties(t, dir)
	p := start(t, worker)
	for _, name := range []string{"rest", "both"} {
		if code, body := p.request("PUT", "/connectors/"+name+"/config", connector(dir, name, "stored")); code != 201 {
			t.Fatalf("%d %s", code, body)
		}
	}
	if code, body := p.request("GET", "/", ""); code != 200 || !strings.Contains(body, `"version":"4.3.1","commit":"sluice `+version+" ") {
		t.Errorf("%d %s", code, body)
	}
	for _, want := range []string{"plugin.path", "made.up", "trying again"} {
		for deadline := time.Now().Add(20 * time.Second); !strings.Contains(p.out.String(), want); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the log never says %q: %s", want, p.out.String())
			}
		}
	}
	p.end()

	p = start(t, worker, write(t, filepath.Join(dir, "both.json"), connector(dir, "both", "given")))
	defer p.end()
	if _, body := p.request("GET", "/connectors", ""); body != `["both","rest"]` {
		t.Errorf("after a restart: %s", body)
	}
	if _, body := p.request("GET", "/connectors/both/config", ""); !strings.Contains(body, "given") {
		t.Errorf("the file does not win: %s", body)
	}
	if !strings.Contains(p.out.String(), "connector file wins over the stored connector") {
		t.Error("the log does not say that the file wins")
	}
}

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	worker := properties(t, dir)
	bad := write(t, filepath.Join(dir, "bad.properties"), "value.converter=org.apache.kafka.connect.json.JsonConverter\n")
	clients := write(t, filepath.Join(dir, "clients.properties"), readFile(t, worker)+"consumer.auto.offset.reset=nowhere\nproducer.acks=7\n")
	untrusting := write(t, filepath.Join(dir, "untrusting.properties"), readFile(t, worker)+"security.protocol=SSL\nssl.truststore.location="+dir+"/none.jks\n")
	noName := write(t, filepath.Join(dir, "no-name.properties"), "topics=t\n")
	invalid := write(t, filepath.Join(dir, "invalid.json"), `{"name":"a","connector.class":"FileStreamSink","tasks.max":"0"}`)
	for name, c := range map[string]struct {
		args []string
		code int
		text string
	}{
		"no file":                  {[]string{"standalone"}, exitUsage, "name its properties file"},
		"unknown command":          {[]string{"sing"}, exitUsage, "unknown command"},
		"unknown format":           {[]string{"standalone", "--log.format=xml", worker}, exitUsage, "text or json"},
		"missing file":             {[]string{"standalone", filepath.Join(dir, "none")}, exitStart, "read worker configuration"},
		"missing converter":        {[]string{"standalone", bad}, exitStart, `Missing required configuration "key.converter" which has no default value.` + "\n"},
		"file of a wrong property": {[]string{"standalone", bad}, exitStart, "check worker configuration " + bad + ": "},
		"client properties": {[]string{"standalone", clients}, exitStart, "check worker configuration " + clients +
			": Invalid value nowhere for configuration consumer.auto.offset.reset: The value must be either 'earliest', 'latest', 'none' or"},
		"all client properties": {[]string{"standalone", clients}, exitStart, "\nInvalid value 7 for configuration producer.acks: String must be one of: all, -1, 0, 1"},
		"nameless":              {[]string{"standalone", worker, noName}, exitConnector, "is missing the mandatory 'name' configuration"},
		"invalid connector":     {[]string{"standalone", worker, invalid}, exitConnector, "Value must be at least 1"},
		"trust store of its client": {[]string{"standalone", untrusting}, exitStart, "check worker configuration " + untrusting +
			": make the worker's own Kafka client: configure TLS: read ssl.truststore.location: open " + dir + "/none.jks: no such file or directory"},
		"version": {[]string{"version"}, 0, ""},
		"plugins": {[]string{"plugins"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr output
			code := Run(t.Context(), c.args, &stdout, &stderr)
			if code != c.code || !strings.Contains(stderr.String(), c.text) {
				t.Errorf("exit code %d, want %d: %s", code, c.code, stderr.String())
			}
			if code == 0 && stdout.String() == "" {
				t.Error("nothing is printed")
			}
		})
	}
}

func TestSecondWorkerOfADirectory(t *testing.T) {
	dir := t.TempDir()
	worker := properties(t, dir)
	p := start(t, worker)
	defer p.end()
	var stderr output
	if code := Run(t.Context(), []string{"standalone", worker}, io.Discard, &stderr); code != exitStart || !strings.Contains(stderr.String(), "another worker uses it") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
}
