package secrets_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/runtime/secrets"
)

// cloud answers as Secrets Manager and Systems Manager do.
type cloud struct {
	url   string
	asked atomic.Int64
	mu    sync.Mutex
	texts map[string]string
}

func newCloud(t *testing.T, texts map[string]string) *cloud {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "canary")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	c := &cloud{texts: texts}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.asked.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	var q struct {
		SecretID       string `json:"SecretId"`
		Name           string
		WithDecryption bool
	}
	if err := json.Unmarshal(body, &q); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	target := r.Header.Get("X-Amz-Target")
	text, ok := c.texts[q.SecretID+q.Name]
	switch {
	case text == "denied":
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"AccessDeniedException","message":"not for you"}`)
	case target == "secretsmanager.GetSecretValue" && ok:
		fmt.Fprintf(w, `{"Name":%q,"SecretString":%q}`, q.SecretID, text)
	case target == "AmazonSSM.GetParameter" && ok && q.WithDecryption:
		fmt.Fprintf(w, `{"Parameter":{"Name":%q,"Value":%q}}`, q.Name, text)
	case target == "secretsmanager.GetSecretValue":
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"ResourceNotFoundException","message":"no"}`)
	default:
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"ParameterNotFound"}`)
	}
}

func (c *cloud) resolver(t *testing.T, params ...string) *secrets.Resolver {
	t.Helper()
	worker := map[string]string{"config.providers": "secretsmanager,ssm",
		"config.providers.secretsmanager.class": "com.amazonaws.kafka.config.providers.SecretsManagerConfigProvider",
		"config.providers.ssm.class":            "sluice.SSM"}
	for _, name := range []string{"secretsmanager", "ssm"} {
		prefix := "config.providers." + name + ".param."
		worker[prefix+"region"], worker[prefix+"endpoint"] = "eu-central-1", c.url
		for _, p := range params {
			key, value, _ := strings.Cut(p, "=")
			worker[prefix+key] = value
		}
	}
	r, err := secrets.New(worker)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func TestAWS(t *testing.T) {
	arn := "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-a1b2"
	c := newCloud(t, map[string]string{"db": `{"user":"alice","password":"p\"4ss","port":5432,"tls":true}`, arn: `{"user":"bob"}`, "raw": "a\nb", "/prod/redis": "r3dis"})
	r := c.resolver(t)
	if c.asked.Load() != 0 {
		t.Error("making the providers asked the service")
	}
	config := map[string]string{
		"a": "${secretsmanager:db:user}:${secretsmanager:db:password}@${secretsmanager:db:port}/${secretsmanager:db:tls}",
		"b": "${secretsmanager:arn%3Aaws%3Asecretsmanager%3Aeu-central-1%3A123456789012%3Asecret%3Adb-a1b2:user}",
		"c": "${secretsmanager:raw}", "d": "redis://:${ssm::/prod/redis}@host", "e": "${secretsmanager:}", "f": "${ssm::/prod/redis?ttl=90000}",
	}
	want := map[string]string{"a": `alice:p"4ss@5432/true`, "b": "bob", "c": "a\nb", "d": "redis://:r3dis@host", "e": "${secretsmanager:}", "f": "r3dis"}
	got, err := r.Resolve(t.Context(), config)
	if err != nil || !maps.Equal(got, want) {
		t.Fatalf("%v, %v", got, err)
	}
	if d := r.Lifetime(config); d != 90*time.Second {
		t.Errorf("the values last %s", d)
	}
	if got := one(t, c.resolver(t, "RawSecretEncoding=base64"), "${secretsmanager:raw}"); got != "YQpi" {
		t.Errorf("%q", got)
	}
}

// TestAWSAnswersAreKept: many tasks at a time cost one request, and a ttl of 0 asks each time.
func TestAWSAnswersAreKept(t *testing.T) {
	c := newCloud(t, map[string]string{"db": `{"user":"alice","password":"p"}`})
	r := c.resolver(t)
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if _, err := r.Resolve(context.Background(), map[string]string{"a": "${secretsmanager:db:user}${secretsmanager:db:password}"}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := c.asked.Load(); n != 1 {
		t.Errorf("the service was asked %d times", n)
	}
	r = c.resolver(t, "cache.ttl.ms=0")
	one(t, r, "${secretsmanager:db:user}")
	c.mu.Lock()
	c.texts["db"] = `{"user":"bob"}`
	c.mu.Unlock()
	if got := one(t, r, "${secretsmanager:db:user}"); got != "bob" {
		t.Errorf("the rotated value is %q", got)
	}
}

// TestAWSLifetimes: a value that may have changed when its lifetime is over is asked for again then.
func TestAWSLifetimes(t *testing.T) {
	c := newCloud(t, map[string]string{"db": `{"user":"alice"}`, "/p": "x"})
	r := c.resolver(t, "secret.ttl.ms=60000")
	for value, want := range map[string]time.Duration{
		"${secretsmanager:db:user}": time.Minute, "${ssm:/p}": time.Minute, "${ssm:/p?ttl=90000}": 90 * time.Second,
		"${ssm:/p?ttl=5}": time.Second, "${ssm:/p?ttl=0}": 0, "${ssm:/p?ttl=soon}": time.Minute, "${ssm:/p?ttl=90000} ${secretsmanager:db:user}": time.Minute,
	} {
		if got := r.Lifetime(map[string]string{"a": value}); got != want {
			t.Errorf("%s lasts %s, want %s", value, got, want)
		}
	}
	if d := c.resolver(t).Lifetime(map[string]string{"a": "${ssm:/p}"}); d != 0 {
		t.Errorf("without secret.ttl.ms it lasts %s", d)
	}
}

func TestAWSWithoutAnswer(t *testing.T) {
	c := newCloud(t, map[string]string{"db": `{"user":"canary","list":["canary"]}`, "raw": "canary", "secret": "denied", "/param": "denied"})
	r := c.resolver(t)
	for value, says := range map[string]string{
		"${secretsmanager:none:user}":   `there is no "none"`,
		"${secretsmanager:db:none}":     "no such key",
		"${secretsmanager:db:list}":     "no text",
		"${secretsmanager:raw:user}":    "no JSON object",
		"${secretsmanager:secret:user}": "AccessDenied",
		"${secretsmanager:a%zz:user}":   "two digits",
		"${ssm:/none}":                  `there is no "/none"`,
		"${ssm:/param}":                 "AccessDenied",
	} {
		_, err := r.Resolve(t.Context(), map[string]string{"a": value})
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), value) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", value, err)
		}
	}
	r = c.resolver(t, "NotFoundStrategy=ignore")
	for _, same := range []string{"${secretsmanager:none:user}", "${secretsmanager:db:none}", "${ssm:/none}"} {
		if got := one(t, r, same); got != same {
			t.Errorf("%s became %s", same, got)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Resolve(ended, map[string]string{"a": "${ssm:/new}"}); err == nil {
		t.Error("an ended context resolves")
	}
}
