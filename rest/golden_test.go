package rest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	_ "github.com/sluice-connect/sluice/connectors/all"
	broker "github.com/sluice-connect/sluice/deploy/local/kafka"
	"github.com/sluice-connect/sluice/runtime/herder"
	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/runtime/secrets"
	"github.com/sluice-connect/sluice/runtime/store"
	"github.com/sluice-connect/sluice/runtime/task"
	_ "github.com/sluice-connect/sluice/schemas/converter/json"
	_ "github.com/sluice-connect/sluice/schemas/converter/raw"
)

// goldenFile holds requests to the worker of Apache Kafka 4.3.1 and what it answered, distributed and standalone.
// Definitions that occur many times are recorded once and named by number.
type goldenFile struct {
	Definitions []map[string]any `json:"definitions"`
	Scenarios   []goldenScenario `json:"scenarios"`
}

type goldenScenario struct {
	ID      string       `json:"id"`
	Cleanup []string     `json:"cleanup"`
	Steps   []goldenStep `json:"steps"`
}

// goldenStep is one request. Without a case it only prepares for others.
type goldenStep struct {
	Case    string             `json:"case"`
	Method  string             `json:"method"`
	Path    string             `json:"path"`
	Query   string             `json:"query"`
	Headers map[string]*string `json:"headers"`
	Body    json.RawMessage    `json:"body"`
	Raw     *string            `json:"raw"`
	Until   [][]any            `json:"until"` // what to wait for
	Expect  []int              `json:"expect"`
	Match   goldenRules        `json:"match"`
	Want    []goldenAnswer     `json:"want"` // any of them will do
}

type goldenAnswer struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	JSON    any               `json:"json"`
	Text    *string           `json:"text"`
}

// goldenPatience bounds the wait for one state.
const goldenPatience = 30 * time.Second

func TestRecordedAnswers(t *testing.T) {
	replayRecorded(t, goldenBroker(t))
}

// goldenBroker starts an embedded broker with the goldenTopics and returns its address.
func goldenBroker(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("runs a worker on a broker")
	}
	b, err := broker.Start(broker.Config{Topics: goldenTopics})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b.Addr
}

// goldenTopics are the topics of the recording and how many partitions they have.
var goldenTopics = map[string]int32{"lab-orders": 3, "lab-items": 2, "lab-poison": 1, "lab-empty": 1}

// replayRecorded holds a worker on the broker, which has the empty goldenTopics, against every recorded answer.
func replayRecorded(t *testing.T, brokerAddr string) {
	t.Helper()
	fillTopics(t, brokerAddr)
	addr, file := goldenWorker(t, brokerAddr)
	paths, err := filepath.Glob("testdata/golden/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, path := range paths {
		var recorded goldenFile
		data, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(data, &recorded)
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		for i, s := range recorded.Scenarios {
			t.Run(name+"/"+s.ID, func(t *testing.T) {
				t.Parallel()
				r := &replay{t: t, addr: addr, run: fmt.Sprintf("r%s%02dx", name[:2], i), file: file, definitions: recorded.Definitions}
				defer r.cleanup(s.Cleanup)
				for _, step := range s.Steps {
					r.step(step)
				}
			})
		}
	}
}

// goldenWorker runs a worker set up as the recorded one was. It returns its address and the file that all sinks write
// to.
func goldenWorker(t *testing.T, brokerAddr string) (addr, file string) {
	t.Helper()
	dir := t.TempDir()
	state, err := store.Open(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	listeners, err := Listen(t.Context(), []string{"127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	addr = listeners[0].Addr().String()
	const converter = "org.apache.kafka.connect.json.JsonConverter"
	worker := map[string]string{"bootstrap.servers": brokerAddr, "offset.flush.interval.ms": "50",
		"key.converter": converter, "key.converter.schemas.enable": "false", "value.converter": converter, "value.converter.schemas.enable": "false"}
	t.Setenv("LAB_TOPIC", "lab-orders")
	t.Setenv("LAB_SECRET", "env-s3cr3t")
	worker["config.providers"] = "env"
	worker["config.providers.env.class"] = "org.apache.kafka.common.config.provider.EnvVarConfigProvider"
	worker["config.providers.env.param.allowlist.pattern"] = "LAB_.*"
	providers, err := secrets.New(worker)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(providers.Close)
	log := slog.New(slog.DiscardHandler)
	h := herder.New(herder.Options{Worker: worker, Store: state, WorkerID: addr, InstanceID: "golden", Version: "4.3.1", Commit: "c",
		Graceful: 5 * time.Second, Settle: 500 * time.Millisecond, StartTask: func(s task.Spec) herder.Task { return task.Start(s) }, CheckTask: task.Check,
		ClusterID: kafka.ClusterID(worker), Offsets: kafka.Offsets{}, Resolve: providers.Resolve, Logger: log})
	if err := h.Start(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	server := NewServer(NewHandler(h, log, CrossSite{}), CrossSite{}, log)
	server.Serve(listeners)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := errors.Join(h.Close(ctx), server.Shutdown(ctx), state.Close()); err != nil {
			t.Error(err)
		}
	})
	return addr, filepath.Join(dir, "out.txt")
}

func fillTopics(t *testing.T, addr string) {
	t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var records []*kgo.Record
	for i := range int32(30) {
		records = append(records, &kgo.Record{Topic: "lab-orders", Partition: i % 3, Key: fmt.Appendf(nil, `"o%d"`, i), Value: fmt.Appendf(nil, `{"id":%d}`, i)})
	}
	for i := range int32(4) {
		records = append(records, &kgo.Record{Topic: "lab-items", Partition: i % 2, Value: fmt.Appendf(nil, `{"item":%d}`, i)})
	}
	for i := range 5 {
		value := fmt.Appendf(nil, `{"id":%d}`, i)
		if i == 2 {
			value = []byte("{not json")
		}
		records = append(records, &kgo.Record{Topic: "lab-poison", Key: fmt.Appendf(nil, `"p%d"`, i), Value: value})
	}
	if err := c.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// replay sends the requests of one scenario.
type replay struct {
	t           *testing.T
	addr, run   string
	file        string
	definitions []map[string]any
}

// got is an answer of the worker under test.
type got struct {
	status int
	header http.Header
	body   []byte
	doc    any // nil when the body is not JSON
}

func (r *replay) step(s goldenStep) {
	r.t.Helper()
	answer := r.send(s)
	for deadline := time.Now().Add(goldenPatience); !holds(r.fill(s.Until), answer) && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
		answer = r.send(s)
	}
	what := fmt.Sprintf("%s (%s %s?%s)", s.Case, s.Method, s.Path, s.Query)
	if len(s.Expect) > 0 && !slices.Contains(s.Expect, answer.status) {
		r.t.Fatalf("%s answered %d %s, want %v", what, answer.status, answer.body, s.Expect)
	}
	if s.Case == "" {
		return
	}
	differences := r.compare(s, answer)
	// What a task has done by now is a matter of its pace: whoever only reads may read again.
	for deadline := time.Now().Add(goldenPatience); len(differences) > 0 && s.reads() && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
		answer = r.send(s)
		differences = r.compare(s, answer)
	}
	if len(differences) > 0 {
		r.t.Errorf("%s answered %d %.300s\n\t%s", what, answer.status, answer.body, strings.Join(differences, "\n  or\n\t"))
	}
}

func (s goldenStep) reads() bool { return s.Method == "" || s.Method == http.MethodGet }

// compare returns how the answer differs from each of those wanted, nothing when it equals one of them.
func (r *replay) compare(s goldenStep, answer got) []string {
	r.t.Helper()
	var all []string
	for _, want := range s.Want {
		differences := r.differences(want, answer, s)
		if len(differences) == 0 {
			return nil
		}
		all = append(all, strings.Join(differences, "\n\t"))
	}
	return all
}

// fill puts the names of this run into a recorded value.
func (r *replay) fill(v any) any {
	return mapStrings(v, func(s string) string { return strings.ReplaceAll(s, "${RUN}", r.run) })
}

// general is the opposite: what differs from run to run becomes a placeholder.
func (r *replay) general(v any) any {
	replacer := strings.NewReplacer("http://"+r.addr, "${BASE}", r.addr, "${HOSTPORT}", r.run, "${RUN}")
	return mapStrings(v, replacer.Replace)
}

func mapStrings(v any, f func(string) string) any {
	switch v := v.(type) {
	case string:
		return f(v)
	case [][]any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = mapStrings(v[i], f)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = mapStrings(v[i], f)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[f(k)] = mapStrings(e, f)
		}
		return out
	}
	return v
}

// The sinks of the recording write to standard output; here they get a file, which answers must not show.
func (r *replay) withFile(v any) any {
	return eachObject(v, func(m map[string]any) {
		class, _ := m["connector.class"].(string)
		if _, set := m["file"]; !set && slices.Contains([]string{"org.apache.kafka.connect.file.FileStreamSinkConnector", "FileStreamSinkConnector", "FileStreamSink"}, class) {
			m["file"] = r.file
		}
	})
}

func withoutFile(v any) any {
	return eachObject(v, func(m map[string]any) {
		if m["connector.class"] != nil || m["task.class"] != nil {
			delete(m, "file")
		}
	})
}

func eachObject(v any, f func(map[string]any)) any {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			eachObject(e, f)
		}
	case map[string]any:
		for _, e := range v {
			eachObject(e, f)
		}
		f(v)
	}
	return v
}

// send writes the request as it was recorded, without a client that would tidy up its path.
func (r *replay) send(s goldenStep) got {
	r.t.Helper()
	method := s.Method
	if method == "" {
		method = http.MethodGet
	}
	target, _ := r.fill(s.Path).(string)
	if s.Query != "" {
		target += "?" + s.Query
	}
	var body []byte
	if s.Raw != nil {
		text, _ := r.fill(*s.Raw).(string)
		body = []byte(text)
	} else if s.Body != nil {
		var value any
		dec := json.NewDecoder(bytes.NewReader(s.Body))
		dec.UseNumber() // numbers become text in configurations: every digit counts
		err := dec.Decode(&value)
		if err == nil {
			body, err = json.Marshal(r.withFile(r.fill(value)))
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", method, target, r.addr)
	typed := false
	for name, value := range s.Headers {
		typed = typed || strings.EqualFold(name, "Content-Type")
		if value != nil {
			fmt.Fprintf(&text, "%s: %s\r\n", name, *value)
		}
	}
	if body != nil && !typed {
		text.WriteString("Content-Type: application/json\r\n")
	}
	if body != nil || method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch {
		fmt.Fprintf(&text, "Content-Length: %d\r\n", len(body))
	}
	text.WriteString("\r\n")
	text.Write(body)
	return r.exchange(method, text.Bytes())
}

func (r *replay) exchange(method string, request []byte) got {
	r.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(r.t.Context(), "tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * goldenPatience))
	if _, err := conn.Write(request); err != nil {
		r.t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		r.t.Fatalf("%.100s: %v", request, err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	g := got{status: answer.StatusCode, header: answer.Header, body: data}
	if json.Unmarshal(data, &g.doc) == nil {
		g.doc = withoutFile(g.doc)
	}
	return g
}

func (r *replay) cleanup(names []string) {
	for _, name := range names {
		path := "/connectors/" + escapeSegment(name)
		path = strings.ReplaceAll(path, escapeSegment("${RUN}"), "${RUN}")
		r.send(goldenStep{Method: http.MethodDelete, Path: path})
	}
}
