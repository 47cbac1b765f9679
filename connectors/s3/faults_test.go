package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

func answer(w http.ResponseWriter, status int, code string) bool {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>no</Message></Error>`, code)
	return true
}

// cut breaks the connection in the middle of the request.
func cut(_ http.ResponseWriter, r *http.Request) bool {
	_, _ = io.CopyN(io.Discard, r.Body, 10)
	panic(http.ErrAbortHandler)
}

func slowDown(w http.ResponseWriter, _ *http.Request) bool { return answer(w, 503, "SlowDown") }

// big returns n records of 64 KiB that hardly compress.
func big(n int) []schemas.Record { return allBig()[:n] }

var allBig = sync.OnceValue(func() []schemas.Record {
	rnd := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 64<<10)
	var out []schemas.Record
	for i := range 330 {
		for j := range text {
			text[j] = byte('0' + rnd.IntN(75))
		}
		out = append(out, record(int64(i), t0, "text", string(text)))
	}
	return out
})

// persist offers batch until all is taken, as the runtime does after Retriable and Rewind.
func persist(t *testing.T, w connectors.Writer, log []schemas.Record, onRetry func()) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for next := 0; next < len(log); {
		if time.Now().After(deadline) {
			t.Fatal("it does not get through")
		}
		n, err := w.Write(context.Background(), log[next:])
		if next += n; err == nil {
			_, err = w.Advance(context.Background(), t0)
		}
		var rewind *connectors.RewindError
		switch {
		case errors.As(err, &rewind):
			next = int(rewind.Offset)
		case connectors.IsRetriable(err):
			onRetry()
		case err != nil:
			t.Fatal(err)
		}
	}
}

func TestRetriesKeepTheFiles(t *testing.T) {
	for name, f := range map[string]fault{"503": slowDown, "cut": cut, "500": func(w http.ResponseWriter, _ *http.Request) bool { return answer(w, 500, "InternalError") }} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, map[string]string{"partitioner.class": classField, "partition.field.name": "region", "flush.size": "4", "s3.part.retries": "2"})
			w := b.writer(b.task())
			b.break_(f)
			batch := []schemas.Record{record(0, t0, "region", "a"), record(1, t0, "region", "b"), record(2, t0, "region", "c"),
				record(3, t0, "region", "a"), record(4, t0, "region", "a")}
			n, err := w.Write(context.Background(), batch)
			if n != 4 || !connectors.IsRetriable(err) {
				t.Fatalf("took %d: %v", n, err)
			}
			if n, err := w.Write(context.Background(), batch[4:]); n != 0 || !connectors.IsRetriable(err) {
				t.Fatalf("took %d: %v", n, err)
			}
			wake, err := w.Advance(context.Background(), t0)
			if !connectors.IsRetriable(err) || !wake.Equal(t0.Add(5*time.Second)) {
				t.Fatalf("wake %s: %v", wake, err)
			}
			if first, any := w.Pending(); first != 0 || !any {
				t.Errorf("pending %d, %v", first, any)
			}
			b.break_(nil)
			if _, err := w.Advance(context.Background(), t0); err != nil {
				t.Fatal(err)
			}
			if _, any := w.Pending(); any {
				t.Error("still pending")
			}
			mustWrite(t, w, batch[4:])
			closeWriter(t, w, connectors.Stopping)
			if objects := b.objects(); len(objects) != 3 || lines(objects) != 4 {
				t.Errorf("%v", objects)
			}
		})
	}
}

// TestPartOfACutIsNotSafe: as long as one file of a cut is missing, nothing of it counts.
func TestPartOfACutIsNotSafe(t *testing.T) {
	b := newBench(t, map[string]string{"partitioner.class": classField, "partition.field.name": "region", "flush.size": "2", "s3.part.retries": "1"})
	w := b.writer(b.task())
	b.break_(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Path, "region=b") && slowDown(w, r)
	})
	_, err := w.Write(context.Background(), []schemas.Record{record(0, t0, "region", "a"), record(1, t0, "region", "b")})
	if !connectors.IsRetriable(err) || len(b.objects()) != 1 {
		t.Fatalf("%v", err)
	}
	if first, any := w.Pending(); first != 0 || !any {
		t.Errorf("pending %d, %v", first, any)
	}
	puts := b.count("PUT")
	b.break_(nil)
	if _, err := w.Advance(context.Background(), t0); err != nil || b.count("PUT") != puts+1 {
		t.Errorf("%d requests: %v", b.count("PUT")-puts, err)
	}
	closeWriter(t, w, connectors.Stopping)
}

func partProps(compression string) map[string]string {
	return map[string]string{"flush.size": "330", "s3.part.size": "5242880", "s3.compression.type": compression, "s3.part.retries": "2"}
}

func TestMultipart(t *testing.T) {
	for _, compression := range []string{"none", "gzip"} {
		t.Run(compression, func(t *testing.T) {
			b := newBench(t, partProps(compression))
			w := b.writer(b.task())
			log := big(330)
			mustWrite(t, w, log)
			if b.count("part") < 4 || b.count("complete") != 1 || b.count("PUT") != 0 {
				t.Errorf("requests %v", b.requests)
			}
			checkContent(t, b, log)
			closeWriter(t, w, connectors.Stopping)
			if b.count("abort") != 0 {
				t.Error("a complete upload was aborted")
			}
		})
	}
}

func checkContent(t *testing.T, b *bench, log []schemas.Record) {
	t.Helper()
	var want []byte
	for i := range log {
		want = append(log[i].Value.AppendJSON(want), '\n')
	}
	objects := b.objects()
	for key, text := range objects {
		if text != string(want) {
			t.Errorf("%s has %d bytes, want %d", key, len(text), len(want))
		}
	}
	if len(objects) != 1 {
		t.Errorf("%v", keys(objects))
	}
}

func TestMultipartWithFaults(t *testing.T) {
	for name, f := range map[string]fault{"503": slowDown, "cut": cut} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, partProps("none"))
			w := b.writer(b.task())
			rnd := rand.New(rand.NewPCG(3, 4)) // guarded by the bench's lock
			flaky := func(w http.ResponseWriter, r *http.Request) bool {
				b.mu.Lock()
				broken := rnd.IntN(100) < 60
				b.mu.Unlock()
				return broken && f(w, r)
			}
			b.break_(flaky)
			log, retries := big(330), 0
			persist(t, w, log, func() { retries++ })
			persistUntilSafe(t, w)
			b.break_(nil)
			checkContent(t, b, log)
			closeWriter(t, w, connectors.Stopping)
		})
	}
}

func persistUntilSafe(t *testing.T, w connectors.Writer) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		_, err := w.Advance(context.Background(), t0)
		if _, any := w.Pending(); !any {
			return
		}
		if err != nil && !connectors.IsRetriable(err) || time.Now().After(deadline) {
			t.Fatalf("not safe: %v", err)
		}
	}
}

// TestLostPartsRewind: when S3 forgets an upload, the records are asked for again and written under the same name.
func TestLostPartsRewind(t *testing.T) {
	b := newBench(t, partProps("none"))
	w := b.writer(b.task())
	b.break_(func(w http.ResponseWriter, r *http.Request) bool {
		return kind(r) == "complete" && answer(w, 404, "NoSuchUpload")
	})
	log := big(330)
	n, err := w.Write(context.Background(), log)
	var rewind *connectors.RewindError
	if !errors.As(err, &rewind) || rewind.Offset != 0 {
		t.Fatalf("took %d: %v", n, err)
	}
	if first, any := w.Pending(); any {
		t.Errorf("pending %d", first)
	}
	b.break_(nil)
	mustWrite(t, w, log)
	checkContent(t, b, log)
	closeWriter(t, w, connectors.Stopping)
}

func TestCloseTakesUploadsBack(t *testing.T) {
	for reason, aborts := range map[connectors.CloseReason]int{connectors.Lost: 0, connectors.Revoked: 1, connectors.Stopping: 1} {
		b := newBench(t, partProps("none"))
		w := b.writer(b.task())
		mustWrite(t, w, big(100)) // more than one part
		deadline := time.Now().Add(time.Minute)
		for b.count("part") == 0 { // the first part goes out in the background
			if time.Now().After(deadline) {
				t.Fatal("no part was sent")
			}
			time.Sleep(time.Millisecond)
		}
		closeWriter(t, w, reason)
		if n := b.count("abort"); n != aborts {
			t.Errorf("%s: %d aborts", reason, n)
		}
		if b.count("PUT")+b.count("complete") != 0 || len(b.objects()) != 0 {
			t.Errorf("%s: it was written", reason)
		}
		if first, any := w.Pending(); first != 0 || !any {
			t.Errorf("%s: pending %d, %v", reason, first, any)
		}
	}
}

func TestWriteEndsWithItsContext(t *testing.T) {
	b := newBench(t, nil)
	hang := make(chan struct{})
	arrived := make(chan struct{}, 100)
	b.break_(func(_ http.ResponseWriter, r *http.Request) bool {
		arrived <- struct{}{}
		select {
		case <-hang:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	})
	w := newWriter(newTaskWithoutCheck(t, b), tp)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-arrived; cancel() }()
	n, err := w.Write(ctx, records(0, 20))
	if n != 10 || !connectors.IsRetriable(err) {
		t.Errorf("took %d: %v", n, err)
	}
	close(hang)
	b.break_(nil)
	mustWrite(t, w, records(10, 20))
	closeWriter(t, w, connectors.Stopping)
	if got := lines(b.objects()); got != 20 {
		t.Errorf("%d records", got)
	}
}

// newTaskWithoutCheck starts a task on a server that may not answer.
func newTaskWithoutCheck(t *testing.T, b *bench) *task {
	t.Helper()
	set, _ := newSettings(b.config().Values)
	st, err := newStore(context.Background(), set)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.close)
	return newTask(connectors.TaskContext{Connector: "trips-to-s3"}, set, st)
}

func TestBucketProblems(t *testing.T) {
	b := newBench(t, map[string]string{"s3.bucket.name": "nowhere", "s3.region": "eu-west-1"})
	cfg := b.config()
	cfg.Name = "a b"
	want := "bucket nowhere does not exist in region eu-west-1: create it"
	_, err := Connector{}.NewTask(context.Background(), connectors.TaskContext{}, cfg)
	if !correctable(err) || !strings.Contains(err.Error(), want) {
		t.Errorf("missing bucket: %v", err)
	}
	if p := (Connector{}).Check(context.Background(), cfg); len(p) != 1 || p[0].Key != "s3.bucket.name" || !strings.Contains(p[0].Message, want) {
		t.Errorf("missing bucket: %v", p)
	}
	b.break_(func(w http.ResponseWriter, _ *http.Request) bool { return answer(w, 403, "AccessDenied") })
	if _, err = (Connector{}).NewTask(context.Background(), connectors.TaskContext{}, cfg); err == nil || !strings.Contains(err.Error(), "grant s3:ListBucket") {
		t.Errorf("denied: %v", err)
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	b.props["store.url"] = gone.URL
	b.props["s3.part.retries"] = "1"
	if p := (Connector{}).Check(context.Background(), b.config()); len(p) != 1 || strings.Contains(p[0].Message, "secret") {
		t.Errorf("no server: %v", p)
	}
}

func TestBucketGoesAway(t *testing.T) {
	b := newBench(t, nil)
	w := b.writer(b.task())
	for code, want := range map[string]string{"NoSuchBucket": "does not exist", "AccessDenied": "grant"} {
		b.break_(func(w http.ResponseWriter, _ *http.Request) bool {
			return answer(w, map[string]int{"NoSuchBucket": 404, "AccessDenied": 403}[code], code)
		})
		_, err := w.Write(context.Background(), records(0, 10))
		if !correctable(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", code, err)
		}
	}
	closeWriter(t, w, connectors.Stopping)
}

// TestHeaders: what the configuration says about objects is on the requests that make them.
func TestHeaders(t *testing.T) {
	props := partProps("none")
	props["flush.size"] = "100"
	maps.Copy(props, map[string]string{"s3.ssea.name": "aws:kms", "s3.sse.kms.key.id": "key-1", "s3.acl.canned": "bucket-owner-full-control"})
	b := newBench(t, props)
	seen := map[string]http.Header{}
	b.break_(func(_ http.ResponseWriter, r *http.Request) bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		seen[kind(r)] = r.Header.Clone()
		for name := range r.Header {
			if strings.Contains(name, "Server-Side-Encryption") {
				r.Header.Del(name) // the server knows no KMS
			}
		}
		return false
	})
	w := b.writer(b.task())
	mustWrite(t, w, big(100))
	mustWrite(t, w, records(100, 200))
	closeWriter(t, w, connectors.Stopping)
	for _, k := range []string{"PUT", "create"} {
		h := seen[k]
		if h.Get("X-Amz-Server-Side-Encryption") != "aws:kms" || h.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id") != "key-1" ||
			h.Get("X-Amz-Acl") != "bucket-owner-full-control" || h.Get("Content-Type") != "binary/octet-stream" || h.Get("Content-Encoding") != "" {
			t.Errorf("%s: %v", k, h)
		}
	}
	for _, k := range []string{"PUT", "part"} {
		if h := seen[k]; h.Get("X-Amz-Checksum-Crc32") == "" || h.Get("X-Amz-Content-Sha256") != "UNSIGNED-PAYLOAD" {
			t.Errorf("%s: %v", k, h)
		}
	}
}
