package s3

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"
	"go.uber.org/goleak"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const bucket = "lake"

var tp = schemas.TopicPartition{Topic: "trips", Partition: 3}

// fault decides about a request before the S3 server sees it; true means that it answered.
type fault func(w http.ResponseWriter, r *http.Request) bool

// tb is what tests, benchmarks and property tests share.
type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Cleanup(f func())
}

// bench is an S3 server with faults in front of it, and the configuration of a sink that uses it.
type bench struct {
	t       tb
	backend gofakes3.Backend
	server  http.Handler
	props   map[string]string

	mu       sync.Mutex
	fault    fault
	requests map[string]int // by method and kind
}

func newBench(t tb, props map[string]string) *bench {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(context.Background(), bucket); err != nil {
		t.Fatal(err)
	}
	server := gofakes3.New(backend).Server()
	b := &bench{t: t, backend: backend, server: server, requests: map[string]int{}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		f := b.fault
		b.requests[kind(r)]++
		b.mu.Unlock()
		if f == nil || !f(w, r) {
			server.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	b.props = map[string]string{
		"format.class": classJSON, "storage.class": storageClass, "flush.size": "10", "s3.bucket.name": bucket,
		"store.url": front.URL, "aws.access.key.id": "id", "aws.secret.access.key": "secret", "s3.retry.backoff.ms": "1",
	}
	maps.Copy(b.props, props)
	return b
}

// kind names a request for counting.
func kind(r *http.Request) string {
	q := r.URL.Query()
	switch {
	case r.Method == http.MethodPost && q.Has("uploads"):
		return "create"
	case r.Method == http.MethodPost:
		return "complete"
	case r.Method == http.MethodPut && q.Has("partNumber"):
		return "part"
	case r.Method == http.MethodDelete:
		return "abort"
	}
	return r.Method
}

func (b *bench) break_(f fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = f
}

// swallow does what the request asks and breaks the connection instead of answering.
func (b *bench) swallow(_ http.ResponseWriter, r *http.Request) bool {
	b.server.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

func (b *bench) count(kind string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.requests[kind]
}

func (b *bench) config() connectors.Config {
	b.t.Helper()
	v, problems := definition.Parse(b.props)
	if len(problems) > 0 {
		b.t.Fatalf("configuration: %v", problems)
	}
	return connectors.Config{Values: v, Name: "trips-to-s3"}
}

// task starts a task that is closed with the test.
func (b *bench) task() *task {
	b.t.Helper()
	tc := connectors.TaskContext{Connector: "trips-to-s3", Logger: slog.New(slog.DiscardHandler),
		Wake: func(schemas.TopicPartition) {}, RequestCommit: func() {}}
	made, err := Connector{}.NewTask(context.Background(), tc, b.config())
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = made.Close(context.Background()) })
	return made.(*task)
}

func (b *bench) writer(t *task) *writer {
	b.t.Helper()
	w, err := t.Open(context.Background(), tp, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	return w.(*writer)
}

// objects reads the whole bucket, decompressed, by key.
func (b *bench) objects() map[string]string {
	b.t.Helper()
	found := map[string]string{}
	list, err := b.backend.ListBucket(context.Background(), bucket, nil, gofakes3.ListBucketPage{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, o := range list.Contents {
		got, err := b.backend.GetObject(context.Background(), bucket, o.Key, nil)
		if err != nil {
			b.t.Fatal(err)
		}
		found[o.Key] = b.read(got.Contents, b.props["s3.compression.type"] == "gzip")
	}
	return found
}

func (b *bench) read(r io.ReadCloser, zipped bool) string {
	b.t.Helper()
	defer r.Close()
	var from io.Reader = r
	if zipped {
		z, err := gzip.NewReader(r)
		if err != nil {
			b.t.Fatal(err)
		}
		from = z
	}
	data, err := io.ReadAll(from)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(data)
}

// record builds a record whose value is already JSON-like data.
func record(offset int64, at time.Time, fields ...any) schemas.Record {
	m := schemas.Map{{Key: "n", Value: offset}}
	for i := 0; i+1 < len(fields); i += 2 {
		m = append(m, schemas.Entry{Key: fields[i], Value: fields[i+1]})
	}
	return schemas.Record{Topic: tp.Topic, Source: tp, Offset: offset, Timestamp: at, TimestampType: schemas.CreateTime,
		Value: schemas.Of(nil, m), Raw: schemas.Raw{Value: fmt.Appendf(nil, "raw %d", offset)}}
}

func records(from, to int64) []schemas.Record {
	var out []schemas.Record
	for o := from; o < to; o++ {
		out = append(out, record(o, time.UnixMilli(1700000000000+o*1000)))
	}
	return out
}

// mustWrite writes everything, in one call.
func mustWrite(t tb, w connectors.Writer, batch []schemas.Record) {
	t.Helper()
	if n, err := w.Write(context.Background(), batch); err != nil || n != len(batch) {
		t.Fatalf("wrote %d of %d: %v", n, len(batch), err)
	}
}

func closeWriter(t tb, w connectors.Writer, reason connectors.CloseReason) {
	t.Helper()
	if err := w.Close(context.Background(), reason); err != nil {
		t.Fatal(err)
	}
}

func keys(objects map[string]string) []string { return slices.Sorted(maps.Keys(objects)) }

// lines counts the records of all objects.
func lines(objects map[string]string) (n int) {
	for _, text := range objects {
		n += bytes.Count([]byte(text), []byte("\n"))
	}
	return n
}
