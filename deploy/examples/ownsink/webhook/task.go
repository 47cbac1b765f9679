package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// task owns the connections that its partitions share.
type task struct {
	settings settings
	client   *http.Client
}

func newTask(s settings) *task {
	return &task{settings: s, client: &http.Client{
		Timeout:   s.timeout,
		Transport: &http.Transport{},
		// A client that follows a redirection sends a GET without the records, and takes its answer for theirs.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Open returns the writer of a partition.
func (t *task) Open(context.Context, schemas.TopicPartition, int64) (connectors.Writer, error) {
	return &writer{task: t}, nil
}

// Close closes the connections.
func (t *task) Close(context.Context) error {
	t.client.CloseIdleConnections()
	return nil
}

// BatchRecords asks for larger batches than max.poll.records: each is a request.
func (t *task) BatchRecords() int { return t.settings.batch }

// post sends one request and says what its answer means for the records in it; err is nil when they are safe.
func (t *task) post(ctx context.Context, body []byte) (connectors.Verdict, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.settings.url, bytes.NewReader(body))
	if err != nil {
		return connectors.Hopeless, fmt.Errorf("make request: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-ndjson")
	if t.settings.token != "" {
		request.Header.Set("Authorization", "Bearer "+t.settings.token)
	}
	response, err := t.client.Do(request)
	if err != nil {
		return connectors.Later, fmt.Errorf("post records: %w", err)
	}
	defer response.Body.Close()
	why, err := io.ReadAll(io.LimitReader(response.Body, 200))
	if err != nil {
		return connectors.Later, fmt.Errorf("read answer of %s: %w", t.settings.url, err)
	}
	return judge(t.settings.url, response.StatusCode, string(why))
}

// errLogin says what to do about a refused login.
var errLogin = errors.New("correct " + keyToken)

// judge says what a status means. The text of an error names what to do where waiting does not help.
func judge(url string, status int, why string) (connectors.Verdict, error) {
	err := fmt.Errorf("post records to %s: status %d: %s", url, status, why)
	switch {
	case status < 300:
		return connectors.Safe, nil
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return connectors.Hopeless, fmt.Errorf("%w: %w", err, errLogin)
	case status < 400, status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return connectors.Hopeless, fmt.Errorf("%w: correct %s", err, keyURL)
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnprocessableEntity:
		return connectors.Refused, err
	}
	return connectors.Later, err
}
