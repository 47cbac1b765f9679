package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/deploy/cli"
	"github.com/sluice-connect/sluice/deploy/local/kafka"
)

// receiver is the server that the webhook posts to.
type receiver struct {
	mu   sync.Mutex
	body bytes.Buffer
}

func (r *receiver) ServeHTTP(_ http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = r.body.ReadFrom(request.Body)
}

func (r *receiver) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.body.String()
}

// TestWorkerRunsItsOwnSink runs the program's command line with the files beside it, and other addresses in them.
func TestWorkerRunsItsOwnSink(t *testing.T) {
	broker, err := kafka.Start(kafka.Config{Topics: map[string]int32{"events": 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	produce(t, broker.Addr, `{"id":"a","n":1}`)
	r := &receiver{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)

	dir := t.TempDir()
	worker := changed(t, dir, "worker.properties", "localhost:9092", broker.Addr, "127.0.0.1:8083", "127.0.0.1:0", "=data", "="+filepath.Join(dir, "data"))
	connector := changed(t, dir, "webhook/example.json", "http://localhost:8000", server.URL, "${file:/etc/sluice/webhook.properties:token}", "hidden-word")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	var log bytes.Buffer
	go func() { ended <- cli.Run(ctx, []string{"standalone", worker, connector}, &log, &log) }()
	want := `{"topic":"events","partition":0,"offset":0,"key":"k","value":{"id":"a","n":1}}` + "\n"
	for deadline := time.Now().Add(30 * time.Second); r.text() != want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("the server was sent %q, want %q", r.text(), want)
			break
		}
	}
	stop()
	if code := <-ended; code != 0 || t.Failed() {
		t.Errorf("exit code %d\n%s", code, &log)
	}
}

func produce(t *testing.T, addr, value string) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "events", Key: []byte("k"), Value: []byte(value)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// changed copies a file with some of its text replaced.
func changed(t *testing.T, dir, name string, oldnew ...string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, filepath.Base(name))
	if err := os.WriteFile(path, []byte(strings.NewReplacer(oldnew...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExampleIsValid(t *testing.T) {
	text, err := os.ReadFile("webhook/example.json")
	if err != nil {
		t.Fatal(err)
	}
	var example struct{ Config map[string]string }
	if err := json.Unmarshal(text, &example); err != nil {
		t.Fatal(err)
	}
	plugin, ok := connectors.Lookup(example.Config["connector.class"])
	if !ok {
		t.Fatal("the class is not registered")
	}
	if _, problems := plugin.Connector.Config().Parse(example.Config); len(problems) > 0 {
		t.Error(problems)
	}
}

// TestContributingShowsTheSink: the template in CONTRIBUTING.md is the sink that is tested here.
func TestContributingShowsTheSink(t *testing.T) {
	page, err := os.ReadFile("../../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"config.go", "connector.go", "task.go", "writer.go", "suite_test.go"} {
		text, err := os.ReadFile(filepath.Join("webhook", name))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), "```go\n"+string(text)+"```") {
			t.Errorf("CONTRIBUTING.md shows another %s than webhook/%s: copy it", name, name)
		}
	}
}
