package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// TestAnswersLostAfterTheWork: S3 did what it was asked and the answer never came. The next try must end well.
func TestAnswersLostAfterTheWork(t *testing.T) {
	for _, lost := range []string{"PUT", "create", "part", "complete"} {
		t.Run(lost, func(t *testing.T) {
			props, log := partProps("none"), big(330)
			if lost == "PUT" {
				props, log = map[string]string{"flush.size": "10"}, records(0, 10)
			}
			b := newBench(t, props)
			w := b.writer(b.task())
			var once atomic.Bool
			b.break_(func(w http.ResponseWriter, r *http.Request) bool {
				return kind(r) == lost && once.CompareAndSwap(false, true) && b.swallow(w, r)
			})
			persist(t, w, log, func() {})
			persistUntilSafe(t, w)
			checkContent(t, b, log)
			closeWriter(t, w, connectors.Stopping)
			if !once.Load() {
				t.Error("no answer was lost")
			}
		})
	}
}

// TestErrorInsideA200: S3 may begin to answer a completion well and then fail.
func TestErrorInsideA200(t *testing.T) {
	b := newBench(t, partProps("none"))
	w := b.writer(b.task())
	var once atomic.Bool
	b.break_(func(w http.ResponseWriter, r *http.Request) bool {
		return kind(r) == "complete" && once.CompareAndSwap(false, true) && answer(w, 200, "InternalError")
	})
	log := big(330)
	persist(t, w, log, func() {})
	persistUntilSafe(t, w)
	checkContent(t, b, log)
	closeWriter(t, w, connectors.Stopping)
}

// TestCancelledInACut: the context ends when some files of a cut are stored and others are not. Offered again, the
// rest is stored once, under the same names.
func TestCancelledInACut(t *testing.T) {
	b := newBench(t, map[string]string{"partitioner.class": classField, "partition.field.name": "region", "flush.size": "40"})
	w := b.writer(b.task())
	var log []schemas.Record
	for i := range int64(45) {
		log = append(log, record(i, t0, "region", fmt.Sprint(i%20)))
	}
	next := 0
	for round := 0; next < len(log); round++ {
		ctx, cancel := context.WithCancel(context.Background())
		var left atomic.Int64
		left.Store(int64(round % 30))
		b.break_(func(w http.ResponseWriter, r *http.Request) bool {
			if left.Add(-1) < 0 {
				cancel()
				return b.swallow(w, r)
			}
			return false
		})
		n, err := w.Write(ctx, log[next:])
		if next += n; err != nil && !connectors.IsRetriable(err) {
			t.Fatal(err)
		}
		if first, _ := w.Pending(); err != nil && first != 0 {
			t.Fatalf("pending %d while the cut is not stored", first)
		}
		cancel()
	}
	b.break_(nil)
	if objects := b.objects(); len(objects) != 20 || lines(objects) != 40 {
		t.Errorf("%d objects with %d records", len(objects), lines(objects))
	}
	closeWriter(t, w, connectors.Stopping)
}

// TestStoreThatIsAwayIsAskedRarely: the first failure of a cut of many files ends the attempt.
func TestStoreThatIsAwayIsAskedRarely(t *testing.T) {
	b := newBench(t, map[string]string{"partitioner.class": classField, "partition.field.name": "region", "flush.size": "500",
		"s3.part.retries": "1", "retry.backoff.ms": "0"})
	w := b.writer(b.task())
	b.break_(slowDown)
	var log []schemas.Record
	for i := range int64(500) {
		log = append(log, record(i, t0, "region", fmt.Sprint(i)))
	}
	if n, err := w.Write(context.Background(), log); n != 500 || !connectors.IsRetriable(err) {
		t.Fatalf("took %d: %v", n, err)
	}
	if n := b.count("PUT"); n > 2*filesAtOnce {
		t.Errorf("%d requests", n)
	}
	if wake, err := w.Advance(context.Background(), t0); err == nil || wake.Before(t0.Add(minPause)) {
		t.Errorf("wake %s: %v", wake, err)
	}
	b.break_(nil)
	persistUntilSafe(t, w)
	if n := len(b.objects()); n != 500 {
		t.Errorf("%d objects", n)
	}
	closeWriter(t, w, connectors.Stopping)
}

// TestManySmallFilesNeedNoCompressor: a compressor takes several times what a small file holds.
func TestManySmallFilesNeedNoCompressor(t *testing.T) {
	b := newBench(t, map[string]string{"partitioner.class": classField, "partition.field.name": "region", "flush.size": "2001",
		"s3.compression.type": "gzip", "s3.elastic.buffer.init.capacity": "4096"})
	w := b.writer(b.task())
	log := []schemas.Record{record(0, t0, "region", "0", "text", strings.Repeat("x", maxRaw))}
	for i := range int64(1999) {
		log = append(log, record(i+1, t0, "region", fmt.Sprint(i%1000)))
	}
	mustWrite(t, w, log)
	zips := 0
	for _, f := range w.files {
		if f.zip != nil {
			zips++
		}
	}
	if len(w.files) != 1000 || zips != 1 {
		t.Errorf("%d files, %d compressors", len(w.files), zips)
	}
	mustWrite(t, w, []schemas.Record{record(2000, t0, "region", "7")})
	if got := lines(b.objects()); got != 2001 {
		t.Errorf("%d records", got)
	}
	closeWriter(t, w, connectors.Stopping)
}

// TestGateHoldsBackAndBoundsMemory: while a commit does not come, nothing more is stored, files still end where they
// should, and at some point no more records are taken.
func TestGateHoldsBackAndBoundsMemory(t *testing.T) {
	b := newBench(t, map[string]string{"rotate.schedule.interval.ms": "3600000", "timezone": "UTC", "flush.size": "10", "s3.part.size": "5242880"})
	k := b.task()
	k.clock = func() time.Time { return t0 }
	asked := 0
	k.tc.RequestCommit = func() { asked++ }
	w := b.writer(k)
	w.Committed(0)
	log, next := big(330), 0
	for next < len(log) {
		n, err := w.Write(context.Background(), log[next:min(next+7, len(log))])
		if next += n; err != nil {
			if !connectors.IsRetriable(err) || !strings.Contains(err.Error(), "wait for their commit") {
				t.Fatal(err)
			}
			break
		}
		if wake, err := w.Advance(context.Background(), t0); err != nil || next > 10 && wake.IsZero() {
			t.Fatalf("wake %s: %v", wake, err)
		}
	}
	if next == len(log) || w.held > 7<<20 || b.count("PUT") != 1 || asked == 0 {
		t.Fatalf("took %d records, holds %d bytes, %d requests, asked %d times", next, w.held, b.count("PUT"), asked)
	}
	if first, any := w.Pending(); first != 10 || !any {
		t.Fatalf("pending %d, %v", first, any)
	}
	for next < len(log) || len(w.closed) > 0 {
		n, err := w.Write(context.Background(), log[next:])
		if next += n; err != nil && !connectors.IsRetriable(err) {
			t.Fatal(err)
		}
		puts := b.count("PUT")
		first, _ := w.Pending()
		w.Committed(first)
		if _, err := w.Advance(context.Background(), t0); err != nil || b.count("PUT") > puts+1 {
			t.Fatalf("%d requests: %v", b.count("PUT")-puts, err)
		}
	}
	for key, text := range b.objects() {
		if strings.Count(text, "\n") != 10 {
			t.Errorf("%s has %d records", key, strings.Count(text, "\n"))
		}
	}
	if w.held != 0 || w.full || lines(b.objects()) != 330 {
		t.Errorf("holds %d bytes, full %v, %d records stored", w.held, w.full, lines(b.objects()))
	}
	closeWriter(t, w, connectors.Stopping)
}

// TestCloseWhileACutWaits: uploads of cuts that wait are taken back like those of open files.
func TestCloseWhileACutWaits(t *testing.T) {
	props := partProps("none")
	props["rotate.schedule.interval.ms"], props["timezone"], props["flush.size"] = "3600000", "UTC", "150"
	b := newBench(t, props)
	w := b.writer(b.task())
	w.Committed(0)
	mustWrite(t, w, big(330)[:300]) // one stored, one waiting
	deadline := time.Now().Add(time.Minute)
	for b.count("create") < 2 {
		if time.Now().After(deadline) {
			t.Fatal("the waiting file is not sent ahead")
		}
		time.Sleep(time.Millisecond)
	}
	closeWriter(t, w, connectors.Revoked)
	if b.count("complete") != 1 || b.count("abort") != 1 || len(b.objects()) != 1 {
		t.Errorf("requests %v, objects %v", b.requests, keys(b.objects()))
	}
	if first, any := w.Pending(); first != 150 || !any {
		t.Errorf("pending %d, %v", first, any)
	}
}

// TestTooLateToClose: a Close whose time is up returns although S3 does not answer.
func TestTooLateToClose(t *testing.T) {
	b := newBench(t, partProps("none"))
	w := b.writer(b.task())
	hang := make(chan struct{})
	var parts atomic.Int64
	b.break_(func(_ http.ResponseWriter, r *http.Request) bool {
		if kind(r) == "create" {
			return false
		}
		_, _ = io.Copy(io.Discard, r.Body)
		parts.Add(1)
		<-hang
		return false
	})
	mustWrite(t, w, big(100))
	deadline := time.Now().Add(time.Minute)
	for parts.Load() == 0 {
		if time.Now().After(deadline) {
			t.Fatal("no part was sent")
		}
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.Close(ctx, connectors.Revoked); err != nil {
		t.Fatal(err)
	}
	close(hang)
}

// TestStartWhileS3IsAway: what passes is tried again by the runtime, what does not pass fails the task at once.
func TestStartWhileS3IsAway(t *testing.T) {
	b := newBench(t, map[string]string{"s3.part.retries": "1"})
	start := func() error {
		_, err := Connector{}.NewTask(context.Background(), connectors.TaskContext{}, b.config())
		return err
	}
	b.break_(slowDown)
	if err := start(); !connectors.IsRetriable(err) {
		t.Errorf("503: %v", err)
	}
	for _, status := range []int{301, 400} {
		b.break_(func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("X-Amz-Bucket-Region", "eu-central-1")
			w.WriteHeader(status)
			return true
		})
		if err := start(); err == nil || connectors.IsRetriable(err) || !strings.Contains(err.Error(), "set s3.region to eu-central-1") {
			t.Errorf("%d: %v", status, err)
		}
	}
	b.break_(nil)
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", gone.URL)
	delete(b.props, "aws.access.key.id")
	if err := start(); err == nil || connectors.IsRetriable(err) || !strings.Contains(err.Error(), "no AWS credentials were found") {
		t.Errorf("no credentials: %v", err)
	}
}

func TestErrorTexts(t *testing.T) {
	b := newBench(t, map[string]string{"aws.secret.access.key": "hush-hush"})
	w := b.writer(b.task())
	for code, want := range map[string]string{
		"InvalidAccessKeyId": "does not accept the credentials", "SignatureDoesNotMatch": "does not accept the credentials",
		"ExpiredToken": "renew", "RequestTimeTooSkewed": "clock of this machine", "AccessDenied": "grant s3:ListBucket",
		"MethodNotAllowed": "store topics/trips/partition=3/trips+3+0000000000.json",
	} {
		b.break_(func(w http.ResponseWriter, _ *http.Request) bool { return answer(w, 403, code) })
		_, err := w.Write(context.Background(), records(0, 10))
		if err == nil || connectors.IsRetriable(err) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", code, err)
		}
	}
	closeWriter(t, w, connectors.Stopping)
}

// TestConfinement: whatever a field holds, the object lies below its directory, or the record is rejected.
func TestConfinement(t *testing.T) {
	b := newBench(t, map[string]string{"partitioner.class": classField, "partition.field.name": "f", "flush.size": "1"})
	w := b.writer(b.task())
	long := strings.Repeat("é", (maxKey-len("topics/trips/f=/trips+3+0000000000.json"))/2)
	for i, c := range []struct {
		value string
		ok    bool
	}{
		{"plain", true}, {"", true}, {"ü 🚗?&%2e#", true}, {"a/b", true}, {"...", true}, {long, true}, {long + "xx", false},
		{"/..", false}, {"x/../..", false}, {`x\..\..`, false}, {"x/./y", false}, {"a\x00b", false}, {"a\nb", false}, {"a\x7fb", false},
		{"a\u0085b", false}, {"a\uffffb", false}, {"a\xffb", false},
	} {
		n, err := w.Write(context.Background(), []schemas.Record{record(int64(i), t0, "f", c.value)})
		var rejected *connectors.RejectedError
		if n != 1 || c.ok != (err == nil) || !c.ok && !errors.As(err, &rejected) {
			t.Errorf("%q: %v", c.value, err)
		}
		if c.ok && !strings.Contains(fmt.Sprint(keys(b.objects())), fmt.Sprintf("topics/trips/f=%s/trips+3+%010d.json", c.value, i)) {
			t.Errorf("%q: %v", c.value, keys(b.objects()))
		}
	}
	closeWriter(t, w, connectors.Stopping)
}
