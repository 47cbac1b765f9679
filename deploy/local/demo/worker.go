package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// worker is a running worker, seen through its REST API.
type worker struct {
	base   string
	client *http.Client
	stop   func(context.Context) error
	once   sync.Once
	err    error
}

func newWorker(base string, stop func(context.Context) error) *worker {
	return &worker{base: strings.TrimSuffix(base, "/"), stop: stop, client: &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}}
}

// close drains the worker; a second call answers as the first.
func (w *worker) close() error {
	w.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		w.client.CloseIdleConnections()
		w.err = w.stop(ctx)
	})
	return w.err
}

// post creates a connector; one that a kept data directory has already gets the addresses of this run.
func (w *worker) post(ctx context.Context, c connector) error {
	status, err := w.call(ctx, http.MethodPost, "/connectors", c, nil)
	if status == http.StatusConflict {
		_, err = w.call(ctx, http.MethodPut, "/connectors/"+c.Name+"/config", c.Config, nil)
	}
	if err != nil {
		return fmt.Errorf("create connector %s: %w", c.Name, err)
	}
	return nil
}

// failure returns the traces of the demo's own connectors and tasks that have failed, nil when all is well. One that the
// visitor has created may fail: what it does is theirs to see.
func (w *worker) failure(ctx context.Context) error {
	type state struct {
		ID    int    `json:"id"`
		State string `json:"state"`
		Trace string `json:"trace"`
	}
	var all map[string]struct {
		Status struct {
			Connector state   `json:"connector"`
			Tasks     []state `json:"tasks"`
		} `json:"status"`
	}
	if _, err := w.call(ctx, http.MethodGet, "/connectors?expand=status", nil, &all); err != nil {
		return fmt.Errorf("ask for the status: %w", err)
	}
	var failed error
	for name := range subscriptions {
		c := all[name] // not there when the visitor has deleted it
		for _, s := range append(c.Status.Tasks, c.Status.Connector) {
			if s.State == "FAILED" {
				failed = errors.Join(failed, fmt.Errorf("connector %s has FAILED: %s", name, s.Trace))
			}
		}
	}
	return failed
}

// call sends a request and decodes the answer into result unless that is nil.
func (w *worker) call(ctx context.Context, method, path string, body, result any) (status int, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	if body == nil {
		text = nil
	}
	req, err := http.NewRequestWithContext(ctx, method, w.base+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return resp.StatusCode, fmt.Errorf("%s %s answered %s: %s", method, path, resp.Status, bytes.TrimSpace(answer))
	}
	if result == nil {
		return resp.StatusCode, nil
	}
	return resp.StatusCode, json.Unmarshal(answer, result)
}
