package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

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
	plain := b.props["store.url"]
	b.props["store.url"] = strings.Replace(plain, "http:", "https:", 1)
	if err := start(); err == nil || connectors.IsRetriable(err) || !strings.Contains(err.Error(), "HTTP response to HTTPS client") {
		t.Errorf("https to an http server: %v", err)
	}
	b.props["store.url"] = plain
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

// TestRefusalsWithoutReason: the answer to HEAD has no body, so that S3 cannot say whether it refuses us or the request.
func TestRefusalsWithoutReason(t *testing.T) {
	b := newBench(t, nil)
	for status, want := range map[int][]string{
		403: {"denied", "credentials are right and have not expired", "grant s3:ListBucket"},
		400: {"credentials are right and have not expired"},
	} {
		b.break_(func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(status); return true })
		_, err := Connector{}.NewTask(context.Background(), connectors.TaskContext{}, b.config())
		for _, text := range want {
			if !correctable(err) || !strings.Contains(err.Error(), text) {
				t.Errorf("%d: %v does not say %q", status, err, text)
			}
		}
	}
}

// correctable tells errors whose text the runtime completes with how the task is restarted.
func correctable(err error) bool {
	var c *connectors.CorrectableError
	return errors.As(err, &c) && !connectors.IsRetriable(err)
}

// TestWhatTheConfigurationMends: a change of the configuration restarts the task by itself.
func TestWhatTheConfigurationMends(t *testing.T) {
	b := newBench(t, nil)
	b.break_(func(w http.ResponseWriter, _ *http.Request) bool { return answer(w, 301, "PermanentRedirect") })
	_, err := Connector{}.NewTask(context.Background(), connectors.TaskContext{}, b.config())
	if err == nil || correctable(err) || connectors.IsRetriable(err) || !strings.Contains(err.Error(), "set s3.region") {
		t.Errorf("another region: %v", err)
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
