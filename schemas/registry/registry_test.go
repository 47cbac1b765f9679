package registry

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/schemas/converter"
	"github.com/sluice-connect/sluice/schemas/keystore/certtest"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connect builds a client of the given registries that does not wait between attempts.
func connect(t testing.TB, props map[string]string, urls ...string) *Client {
	t.Helper()
	all := map[string]string{URLKey: strings.Join(urls, ","), "retries.wait.ms": "1", "retries.max.wait.ms": "2"}
	for k, v := range props {
		all[k] = v
	}
	v, problems := Keys().Parse(all)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	c, err := New(v, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func serve(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// answer writes what a registry answers.
func answer(w http.ResponseWriter, status int, body any) {
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(err)
	}
}

type problem struct {
	Code    int    `json:"error_code"`
	Message string `json:"message"`
}

func TestTemporaryFailuresAreAbsorbed(t *testing.T) {
	for _, status := range []int{503, 500, 429} {
		var calls atomic.Int32
		c := connect(t, nil, serve(t, func(w http.ResponseWriter, r *http.Request) {
			if calls.Add(1) <= 2 {
				w.Header().Set("Retry-After", "3600") // capped by retries.max.wait.ms
				answer(w, status, problem{50001, "later"})
				return
			}
			answer(w, 200, registered{Text: `"string"`})
		}))
		for range 2 {
			s, err := c.ByID(context.Background(), 7, "fleet-value")
			if err != nil || s.Text != `"string"` || s.Type != "AVRO" || s.ID != 7 {
				t.Fatalf("%d: %+v, %v", status, s, err)
			}
		}
		if n := calls.Load(); n != 3 {
			t.Errorf("%d: %d requests, want 3 and the rest from the cache", status, n)
		}
	}
}

func TestAnswersAreJudged(t *testing.T) {
	for _, c := range []struct {
		name      string
		status    int
		body      string
		retriable bool
		kind      error
		text      string
	}{
		{"unknown id", 404, `{"error_code":40403,"message":"Schema 7 not found"}`, false, ErrUnknown, "40403"},
		{"not a registry", 404, `<html>`, false, ErrRefused, "is schema.registry.url the address"},
		{"no credentials", 401, `{"error_code":40101,"message":"x"}`, false, ErrRefused, "basic.auth"},
		{"no right", 403, `{"error_code":40301,"message":"User is denied"}`, false, ErrRefused, "User is denied"},
		{"down", 503, `busy`, true, nil, "503"},
		{"limited", 429, ``, true, nil, "429"},
		{"login page", 200, `<html>`, false, ErrRefused, "not the JSON"},
		{"elsewhere", 302, ``, false, ErrRefused, "302"},
		{"too large", 200, `{"schema":"` + strings.Repeat("x", maxBody) + `"}`, false, nil, "larger than"},
		{"text too large", 200, `{"schema":"` + strings.Repeat("x", MaxSchemaText+1) + `"}`, false, nil, "larger than 1 MiB"},
		{"long message", 422, `{"error_code":1,"message":"` + strings.Repeat("é\\n", 5000) + `"}`, false, ErrRefused, "éé"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := connect(t, map[string]string{"max.retries": "1"}, serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			}))
			_, err := client.ByID(context.Background(), 7, "")
			if err == nil || converter.IsRetriable(err) != c.retriable || (c.kind != nil && !errors.Is(err, c.kind)) ||
				!strings.Contains(strings.ReplaceAll(err.Error(), " é", "é"), c.text) {
				t.Fatalf("error %v", err)
			}
			if fatal := errors.Is(c.kind, ErrRefused) && c.status != 422; converter.IsFatal(err) != fatal {
				t.Errorf("fatal is not %v", fatal)
			}
			if len(err.Error()) > 450 || strings.Contains(err.Error(), "\n") {
				t.Errorf("error text of %d bytes: %q", len(err.Error()), err)
			}
		})
	}
}

func TestUnknownIdsAreAskedAgainLater(t *testing.T) {
	var calls atomic.Int32
	c := connect(t, nil, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			answer(w, 404, problem{40403, "not yet"})
			return
		}
		answer(w, 200, registered{Text: `"int"`})
	}))
	now := time.Unix(0, 0)
	c.byID.now = func() time.Time { return now }
	for range 3 {
		if _, err := c.ByID(context.Background(), 7, ""); !errors.Is(err, ErrUnknown) {
			t.Fatal(err)
		}
	}
	now = now.Add(unknownTTL)
	if s, err := c.ByID(context.Background(), 7, ""); err != nil || s.Text != `"int"` || calls.Load() != 2 {
		t.Fatalf("%v, %v after %d requests", s, err, calls.Load())
	}
}

func TestOneQuestionForMany(t *testing.T) {
	var calls atomic.Int32
	open := make(chan struct{})
	c := connect(t, nil, serve(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		<-open
		answer(w, 200, registered{Text: `"int"`})
	}))
	impatient, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.ByID(impatient, 7, ""); !converter.IsRetriable(err) || !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := c.ByID(context.Background(), 7, ""); err != nil {
				t.Error(err)
			}
		})
	}
	close(open)
	all.Wait()
	if n := calls.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestSlowServerIsRetriable(t *testing.T) {
	gone := make(chan struct{})
	c := connect(t, map[string]string{"http.read.timeout.ms": "20", "max.retries": "0"},
		serve(t, func(w http.ResponseWriter, r *http.Request) { <-gone }))
	defer close(gone)
	if _, err := c.ByID(context.Background(), 7, ""); !converter.IsRetriable(err) {
		t.Fatalf("timeout: %v", err)
	}
}

func TestNextAddressIsAsked(t *testing.T) {
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	var first, second atomic.Int32
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		first.Add(1)
		answer(w, 503, problem{50301, "x"})
	})
	b := serve(t, func(w http.ResponseWriter, r *http.Request) {
		second.Add(1)
		if r.URL.Path != "/sub/schemas/ids/7" && r.URL.Path != "/sub/schemas/ids/8" {
			t.Errorf("path %s", r.URL.Path)
		}
		answer(w, 200, registered{Text: `"int"`})
	})
	c := connect(t, map[string]string{"max.retries": "0"}, dead.URL, a, b+"/sub/")
	for id := int32(7); id <= 8; id++ {
		if _, err := c.ByID(context.Background(), id, ""); err != nil {
			t.Fatal(err)
		}
	}
	if first.Load() != 1 || second.Load() != 2 {
		t.Errorf("%d and %d requests: the address that answered should stay", first.Load(), second.Load())
	}
}

func TestCredentials(t *testing.T) {
	const basic = "Basic dXNlcjpwYXNz" // user:pass
	for _, c := range []struct {
		name     string
		userinfo string
		props    map[string]string
		want     string
	}{
		{"none", "", nil, ""},
		{"in the address", "user:pass@", nil, basic},
		{"user info", "", map[string]string{basicSource: "USER_INFO", basicInfo: "user:pass"}, basic},
		{"prefixed", "", map[string]string{prefix + basicSource: "USER_INFO", prefix + basicInfo: "user:pass"}, basic},
		{"token", "", map[string]string{bearerSource: "STATIC_TOKEN", bearerToken: "s3"}, "Bearer s3"},
		{"header", "", map[string]string{HeaderPrefix + "X-Team": "fleet"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("Authorization"); got != c.want {
					t.Errorf("Authorization %q, want %q", got, c.want)
				}
				if want := c.props[HeaderPrefix+"X-Team"]; r.Header.Get("X-Team") != want {
					t.Errorf("X-Team %q", r.Header.Get("X-Team"))
				}
				answer(w, 200, registered{Text: `"int"`})
			})
			client := connect(t, c.props, strings.Replace(url, "http://", "http://"+c.userinfo, 1))
			if _, err := client.ByID(context.Background(), 7, ""); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestRedirectsKeepCredentialsHome(t *testing.T) {
	thief := serve(t, func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host was asked, with Authorization %q", r.Header.Get("Authorization"))
	})
	home := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/schemas/ids/7"):
			http.Redirect(w, r, thief+"/x", http.StatusTemporaryRedirect)
		case strings.HasPrefix(r.URL.Path, "/schemas/ids/8"):
			http.Redirect(w, r, "/moved", http.StatusTemporaryRedirect)
		case r.URL.Path == "/moved":
			if r.Header.Get("Authorization") == "" {
				t.Error("no Authorization at home")
			}
			answer(w, 200, registered{Text: `"int"`})
		}
	})
	c := connect(t, map[string]string{"max.retries": "0"}, strings.Replace(home, "http://", "http://user:pass@", 1))
	if _, err := c.ByID(context.Background(), 7, ""); err == nil || strings.Contains(err.Error(), "pass") {
		t.Errorf("redirect to another host: %v", err)
	}
	if _, err := c.ByID(context.Background(), 8, ""); err != nil {
		t.Errorf("redirect at home: %v", err)
	}
}

func TestLogsCarryNoCredentials(t *testing.T) {
	var log bytes.Buffer
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(w, 503, problem{}) })
	v, _ := Keys().Parse(map[string]string{URLKey: strings.Replace(url, "http://", "http://bob:s3cret@", 1) + ",http://bob:s3cret@127.0.0.1:1",
		"retries.wait.ms": "1", "retries.max.wait.ms": "1"})
	c, err := New(v, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.ByID(context.Background(), 7, "")
	if cerr := c.Close(); cerr != nil {
		t.Error(cerr)
	}
	if err == nil || log.Len() == 0 {
		t.Fatalf("error %v, log %q", err, log.String())
	}
	for _, secret := range []string{"s3cret", "bob", "Basic "} {
		if strings.Contains(log.String()+err.Error(), secret) {
			t.Errorf("%q shows in %s\n%s", secret, log.String(), err)
		}
	}
}

// TestBadConfigurations: what a client could not be made with is found before one is made, under the key that is to be changed.
func TestBadConfigurations(t *testing.T) {
	server := certtest.CA(t, "ca").Issue(t, "client")
	for want, c := range map[string]struct {
		key   string
		props map[string]string
	}{
		"SASL_INHERIT is not":        {basicSource, map[string]string{basicSource: "SASL_INHERIT"}},
		"must be URL or USER_INFO":   {prefix + basicSource, map[string]string{prefix + basicSource: "X"}},
		"user:password":              {basicSource, map[string]string{basicSource: "USER_INFO", basicInfo: "s3cret"}},
		"must be STATIC_TOKEN":       {bearerSource, map[string]string{bearerSource: "OAUTHBEARER"}},
		"needs bearer.auth.token":    {bearerSource, map[string]string{bearerSource: "STATIC_TOKEN"}},
		"only one of":                {bearerSource, map[string]string{bearerSource: "STATIC_TOKEN", basicSource: "URL"}},
		"/x.jks: no such file":       {trustLocation, map[string]string{trustLocation: "/x.jks"}},
		"read schema.registry.ssl":   {trustLocation, map[string]string{trustLocation: "/does/not/exist", trustType: "PEM"}},
		"not a regular file":         {trustLocation, map[string]string{trustLocation: "/dev/zero", trustType: "PEM"}},
		"truststore.password does":   {trustLocation, map[string]string{trustLocation: server.TrustJKS(t, "right"), trustPassword: "s3cret"}},
		"keystore.location: read":    {keyLocation, map[string]string{keyLocation: "/dev/zero", keyType: "PEM"}},
		"keystore.password does not": {keyLocation, map[string]string{keyLocation: server.KeyJKS(t, "right", "right"), keyStorePassword: "s3cret"}},
		"no trusted certificate":     {trustInline, map[string]string{trustInline: "x", trustType: "PEM"}},
		"host names are always":      {identify, map[string]string{identify: ""}},
	} {
		all := map[string]string{URLKey: "http://h"}
		for k, v := range c.props {
			all[k] = v
		}
		v, problems := Keys().Parse(all)
		if len(problems) != 1 || problems[0].Key != c.key || !strings.Contains(problems[0].Message, want) || strings.Contains(problems[0].Message, "s3cret") {
			t.Errorf("%v: %v, want %q under %s", c.props, problems, want, c.key)
		}
		_, err := New(v, slog.Default())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%v: %v", c.props, err)
		}
	}
	if _, problems := Keys().Parse(map[string]string{URLKey: " "}); len(problems) != 1 || problems[0].Key != URLKey || !strings.Contains(problems[0].Message, "http:// or https://") {
		t.Errorf("no address: %v", problems)
	}
}

// TestStoresOfEveryType: a registry that wants certificates is reached with JKS and PKCS12 stores as with PEM.
func TestStoresOfEveryType(t *testing.T) {
	ca := certtest.CA(t, "ca")
	server, client := ca.Issue(t, "server", "127.0.0.1"), ca.Issue(t, "client")
	pair, err := tls.X509KeyPair([]byte(server.CertPEM()), []byte(server.KeyPEM(t)))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	registry := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, registered{Text: `"int"`}) }))
	registry.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
	registry.StartTLS()
	defer registry.Close()
	for name, props := range map[string]map[string]string{
		"JKS": {trustLocation: ca.TrustJKS(t, "a"), trustPassword: "a", keyLocation: client.KeyJKS(t, "b", "c"), keyStorePassword: "b", keyPassword: "c"},
		"PKCS12": {trustLocation: ca.TrustPKCS12(t, "a"), trustType: "PKCS12", trustPassword: "a", keyLocation: client.KeyPKCS12(t, "b"),
			keyType: "PKCS12", keyStorePassword: "b"},
		"PEM": {trustLocation: certtest.File(t, "ca.pem", []byte(ca.CertPEM())), trustType: "pem", keyLocation: certtest.File(t, "client.pem", []byte(client.KeyPEM(t)+client.CertPEM())),
			keyType: "PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			props["max.retries"] = "0"
			if _, err := connect(t, props, registry.URL).ByID(t.Context(), 7, ""); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLogTo: what the client says goes where its user wants it, so that it can hide what is not for others.
func TestLogTo(t *testing.T) {
	var log bytes.Buffer
	c := connect(t, map[string]string{"max.retries": "1"}, "http://127.0.0.1:1")
	c.LogTo(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if _, err := c.ByID(t.Context(), 7, ""); err == nil || !strings.Contains(log.String(), "schema registry: ") {
		t.Errorf("%v, the log: %q", err, log.String())
	}
}

func TestBadAddressesAreRefusedUnshown(t *testing.T) {
	for _, text := range []string{"mock://x", "http://bob:s3cret@h,ftp://bob:s3cret@h", "bob:s3cret@h", "http://bob:s3cret@h:port", "http://h,", "http://:8081", "https://"} {
		_, problems := Keys().Parse(map[string]string{URLKey: text})
		if len(problems) != 1 || problems[0].Key != URLKey || !strings.Contains(problems[0].Message, "http:// or https://") ||
			strings.Contains(problems[0].Message, "s3cret") || strings.Contains(problems[0].Message, "mock") {
			t.Errorf("%s: %v", text, problems)
		}
	}
}

func TestReferencesComeBeforeTheirUsers(t *testing.T) {
	fake := srfake.New()
	defer fake.Close()
	admin, err := sr.NewClient(sr.URLs(fake.URL()))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	add := func(subject, text string, refs ...sr.SchemaReference) sr.SubjectSchema {
		s, err := admin.CreateSchema(ctx, subject, sr.Schema{Schema: text, References: refs})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	add("point", `{"type":"record","name":"Point","fields":[{"name":"x","type":"int"}]}`)
	point := sr.SchemaReference{Name: "Point", Subject: "point", Version: 1}
	add("line", `{"type":"record","name":"Line","fields":[{"name":"a","type":"Point"}]}`, point)
	s := add("shape-value", `{"type":"record","name":"Shape","fields":[{"name":"l","type":"Line"},{"name":"p","type":"Point"}]}`,
		sr.SchemaReference{Name: "Line", Subject: "line", Version: 1}, point)

	c := connect(t, nil, fake.URL())
	got, err := c.ByID(ctx, int32(s.ID), "shape-value")
	if err != nil {
		t.Fatal(err)
	}
	names := ""
	for _, im := range got.Imports {
		names += im.Name + " "
	}
	if names != "Point Line " || len(got.References) != 2 {
		t.Errorf("imports %s, references %v", names, got.References)
	}
	if v, err := c.Version(ctx, "shape-value", got); err != nil || v != 1 {
		t.Errorf("version %d, %v", v, err)
	}
	if _, err := c.Version(ctx, "other-value", got); !errors.Is(err, ErrUnknown) {
		t.Errorf("other subject: %v", err)
	}
	if _, err := c.ByID(ctx, 999, ""); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown id: %v", err)
	}
}

func TestReferenceChainsEnd(t *testing.T) {
	var calls atomic.Int32
	c := connect(t, nil, serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := calls.Add(1)
		ref := Reference{Name: fmt.Sprint(n), Subject: fmt.Sprint("s", n), Version: 1}
		answer(w, 200, registered{Text: `"int"`, References: []Reference{ref}})
	}))
	if _, err := c.ByID(context.Background(), 7, ""); err == nil || calls.Load() > maxReferences+2 {
		t.Errorf("error %v after %d requests", err, calls.Load())
	}
}

func TestCacheForgetsTheOldest(t *testing.T) {
	loads := map[int]int{}
	c := NewCache(2, time.Second, func(_ context.Context, k int) (int, error) { loads[k]++; return k, nil })
	defer c.Close()
	for _, k := range []int{1, 2, 1, 3, 2, 1} {
		if v, err := c.Get(context.Background(), k); err != nil || v != k {
			t.Fatal(v, err)
		}
	}
	if loads[1] != 2 || loads[2] != 1 || len(c.entries) != 2 || len(c.order) != 2 {
		t.Errorf("loads %v, %d entries", loads, len(c.entries))
	}
	c.Close()
	if _, err := c.Get(context.Background(), 9); !converter.IsRetriable(err) {
		t.Errorf("after Close: %v", err)
	}
}
