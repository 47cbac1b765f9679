package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// sarama's metrics keep one goroutine for the whole process.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

// fakeWorker has a REST API and no sinks. The demo with a real worker is tested where main puts the two together.
type fakeWorker struct {
	mu      sync.Mutex
	posted  map[string]map[string]string
	put     map[string]map[string]string
	failing string // a connector whose task has failed
	exists  bool   // answer a conflict to every creation
	stopped int
}

func (w *fakeWorker) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	switch {
	case r.Method == http.MethodPost:
		var c connector
		if json.Unmarshal(body, &c) != nil || w.exists {
			rw.WriteHeader(http.StatusConflict)
			return
		}
		w.posted[c.Name] = c.Config
		rw.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodPut:
		var c map[string]string
		_ = json.Unmarshal(body, &c)
		w.put[strings.Split(r.URL.Path, "/")[2]] = c
	case w.failing != "":
		_, _ = io.WriteString(rw, `{"`+w.failing+`":{"status":{"connector":{"state":"RUNNING"},"tasks":[{"id":0,"state":"FAILED","trace":"boom"}]}}}`)
	default:
		_, _ = io.WriteString(rw, `{}`)
	}
}

func (w *fakeWorker) options(t *testing.T, out io.Writer) Options {
	w.posted, w.put = map[string]map[string]string{}, map[string]map[string]string{}
	return Options{Rate: 100, Out: out, Began: time.Now(), DataDir: t.TempDir(),
		StartWorker: func(context.Context, map[string]string) (string, func(context.Context) error, error) {
			server := httptest.NewServer(w)
			return server.URL, func(context.Context) error {
				server.Close()
				w.stopped++
				return nil
			}, nil
		}}
}

func TestAFailedConnectorEndsTheDemo(t *testing.T) {
	for name, records := range map[string]int{"live": 0, "bounded": 100} {
		t.Run(name, func(t *testing.T) {
			w := &fakeWorker{failing: lakeConnector}
			o := w.options(t, io.Discard)
			o.Records = records
			err := Run(t.Context(), o)
			if err == nil || !strings.Contains(err.Error(), "fleet-lake has FAILED: boom") || w.stopped != 1 {
				t.Errorf("stopped %d times: %v", w.stopped, err)
			}
			if len(w.posted) != 3 || w.posted[stateConnector]["aws.dynamodb.pk.hash"] != "value.vehicle_id" {
				t.Errorf("posted %v", w.posted)
			}
		})
	}
}

func TestAFailedConnectorOfTheVisitorDoesNotEndTheDemo(t *testing.T) {
	w := &fakeWorker{failing: "visitors"}
	api := httptest.NewServer(w)
	defer api.Close()
	seen := newWorker(api.URL, func(context.Context) error { return nil })
	defer seen.client.CloseIdleConnections()
	if err := seen.failure(t.Context()); err != nil {
		t.Errorf("a connector that is not the demo's ends it: %v", err)
	}
	for name := range subscriptions {
		w.failing = name
		if err := seen.failure(t.Context()); err == nil || !strings.Contains(err.Error(), name+" has FAILED: boom") {
			t.Errorf("the failure of %s is reported as %v", name, err)
		}
	}
}

func TestConnectorsOfAnEarlierRunGetTheNewAddresses(t *testing.T) {
	w := &fakeWorker{failing: lakeConnector, exists: true}
	if err := Run(t.Context(), w.options(t, io.Discard)); err == nil {
		t.Error("no error")
	}
	if len(w.put) != 3 || !strings.HasPrefix(w.put[lakeConnector]["store.url"], "http://127.0.0.1:") {
		t.Errorf("put %v", w.put)
	}
}

func TestAWorkerThatDoesNotStartEndsTheDemo(t *testing.T) {
	o := new(fakeWorker).options(t, io.Discard)
	broken := errors.New("no worker today")
	o.StartWorker = func(context.Context, map[string]string) (string, func(context.Context) error, error) {
		return "", nil, broken
	}
	if err := Run(t.Context(), o); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

func TestARecountNeedsAFreshDirectory(t *testing.T) {
	w := &fakeWorker{failing: lakeConnector}
	o := w.options(t, io.Discard)
	o.Records = 10
	if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "FAILED") {
		t.Errorf("first run: %v", err)
	}
	if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "an earlier run") {
		t.Errorf("second run: %v", err)
	}
}

func TestOptionsThatContradictEachOther(t *testing.T) {
	for name, o := range map[string]Options{
		"exit without records":   {Rate: 1, Exit: true},
		"inject without records": {Rate: 1, Inject: "drop"},
		"unknown damage":         {Records: 1, Inject: "fire"},
		"no rate":                {},
		"negative records":       {Records: -1, Rate: 1},
	} {
		if Run(t.Context(), o) == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTheHeaderTellsWhereThingsAre(t *testing.T) {
	var out bytes.Buffer
	w := &fakeWorker{failing: lakeConnector}
	o := w.options(t, &out)
	_ = Run(t.Context(), o)
	if strings.Contains(out.String(), "{s3}") || !strings.Contains(out.String(), "aws --endpoint-url http://127.0.0.1:") || !strings.Contains(out.String(), o.DataDir) {
		t.Errorf("header:\n%s", out.String())
	}
}

func TestNumbersAreGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -123456: "-123,456", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is %s", n, got)
		}
	}
}
