package registry

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/sluice-connect/sluice/schemas/converter"
)

const (
	// maxBody bounds an answer: a schema text of the largest size with its quotes escaped, and room to spare.
	maxBody = 4 * MaxSchemaText
	// callBudget bounds one question with all its retries; a converter waits for it.
	callBudget = 90 * time.Second
	maxHops    = 3
	mediaTypes = "application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json; q=0.9, application/json; q=0.5"
)

// base is one address of the registry with the Authorization header it gets.
type base struct {
	url  *url.URL
	auth string
}

// retrier sends requests, again when that may help, and to the next address when one does not answer.
type retrier struct {
	client  *retryablehttp.Client
	bases   []base
	headers map[string]string
	start   atomic.Int64 // index of the base that answered last
}

// journey is how far one request has come; retryablehttp's hooks see it through the context.
type journey struct {
	at   int // index of the base in use
	path string
}

type journeyKey struct{}

func newRetrier(cfg config, log *slog.Logger) *retrier {
	r := &retrier{bases: cfg.bases, headers: cfg.headers}
	r.client = &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport:     transport(cfg),
			Timeout:       cfg.readTimeout,
			CheckRedirect: stayAtHost,
		},
		Logger:       logger{log},
		RetryWaitMin: cfg.retryWait,
		RetryWaitMax: cfg.retryMaxWait,
		RetryMax:     cfg.retries + len(cfg.bases) - 1,
		CheckRetry:   retryablehttp.DefaultRetryPolicy,
		Backoff:      r.backoff,
		PrepareRetry: r.moveOn,
		ErrorHandler: retryablehttp.PassthroughErrorHandler, // keeps the registry's error_code of the last answer
	}
	return r
}

func (r *retrier) logTo(log *slog.Logger) { r.client.Logger = logger{log} }

func transport(cfg config) *http.Transport {
	t := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: cfg.connectTimeout}).DialContext,
		TLSClientConfig:        cfg.tls,
		TLSHandshakeTimeout:    cfg.connectTimeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
	if cfg.proxy != nil {
		t.Proxy = http.ProxyURL(cfg.proxy)
	}
	return t
}

// stayAtHost follows a redirect only where the credentials may go anyway.
func stayAtHost(req *http.Request, via []*http.Request) error {
	if len(via) > maxHops {
		return errors.New("too many redirects")
	}
	if first := via[0].URL; req.URL.Scheme != first.Scheme || req.URL.Host != first.Host {
		return fmt.Errorf("redirect to another host (%s) is not followed", short(req.URL.Host))
	}
	return nil
}

// call asks one question and decodes the answer into result.
func (r *retrier) call(ctx context.Context, method, path string, body []byte, result any) error {
	ctx, cancel := context.WithTimeout(ctx, callBudget)
	defer cancel()
	j := &journey{at: int(r.start.Load()) % len(r.bases), path: path}
	var content any
	if body != nil {
		content = body
	}
	req, err := retryablehttp.NewRequestWithContext(context.WithValue(ctx, journeyKey{}, j), method, "", content)
	if err != nil {
		return fmt.Errorf("build request: %w", err)
	}
	if err := r.aim(req.Request, j); err != nil {
		return err
	}
	res, err := r.client.Do(req)
	if err != nil {
		return converter.Retriable(fmt.Errorf("reach schema registry: %w", err))
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return converter.Retriable(fmt.Errorf("read answer of schema registry: %w", err))
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return answerError(res.StatusCode, answer)
	}
	r.start.Store(int64(j.at))
	return decode(answer, result)
}

func decode(answer []byte, result any) error {
	if len(answer) > maxBody {
		return fmt.Errorf("the answer of the schema registry is larger than %d bytes", maxBody)
	}
	if err := json.NewDecoder(bytes.NewReader(answer)).Decode(result); err != nil {
		return converter.Fatal(fmt.Errorf("%w: its answer is not the JSON of a schema registry", ErrRefused))
	}
	return nil
}

// aim points req at the base the journey has come to.
func (r *retrier) aim(req *http.Request, j *journey) error {
	b := r.bases[j.at]
	u, err := url.Parse(b.url.String() + j.path)
	if err != nil {
		return fmt.Errorf("build request: %w", err)
	}
	req.URL, req.Host = u, u.Host
	req.Header = http.Header{"Accept": {mediaTypes}, "User-Agent": {"sluice"}}
	if req.Method == http.MethodPost {
		req.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	}
	for k, v := range r.headers {
		req.Header.Set(k, v)
	}
	if b.auth != "" {
		req.Header.Set("Authorization", b.auth)
	}
	return nil
}

// moveOn sends a retry to the next base.
func (r *retrier) moveOn(req *http.Request) error {
	j, ok := req.Context().Value(journeyKey{}).(*journey)
	if !ok {
		return errors.New("request was not made by this client")
	}
	j.at = (j.at + 1) % len(r.bases)
	return r.aim(req, j)
}

// backoff tries every base once before it waits, and never longer than the configured maximum, whatever a
// Retry-After header says.
func (r *retrier) backoff(low, high time.Duration, attempt int, res *http.Response) time.Duration {
	waits := attempt - (len(r.bases) - 1)
	if waits < 0 {
		return 0
	}
	return min(retryablehttp.DefaultBackoff(low, high, waits, res), high)
}

func (r *retrier) close() { r.client.HTTPClient.CloseIdleConnections() }

func basicAuth(userInfo string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(userInfo))
}

// logger passes retryablehttp's messages on. Its addresses carry no credentials: config takes them out of the URLs.
type logger struct{ log *slog.Logger }

func (l logger) Error(msg string, kv ...any) { l.log.Warn("schema registry: "+msg, kv...) }
func (l logger) Warn(msg string, kv ...any)  { l.log.Warn("schema registry: "+msg, kv...) }
func (l logger) Info(msg string, kv ...any)  { l.log.Debug("schema registry: "+msg, kv...) }
func (l logger) Debug(msg string, kv ...any) { l.log.Debug("schema registry: "+msg, kv...) }
