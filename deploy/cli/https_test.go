package cli

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/schemas/keystore/certtest"
)

var secureListening = regexp.MustCompile(`"(https://[^"]+)"`)

// secured starts a worker with an http and an https listener and returns it and the address of the latter.
func secured(t *testing.T, lines ...string) (*process, string) {
	t.Helper()
	path := properties(t, t.TempDir())
	text := strings.Replace(readFile(t, path), "listeners=http://127.0.0.1:0", "listeners=http://127.0.0.1:0,https://127.0.0.1:0", 1)
	p := start(t, write(t, path, text+strings.Join(lines, "\n")+"\n"))
	m := secureListening.FindStringSubmatch(p.out.String())
	if m == nil {
		t.Fatalf("no https listener: %s", p.out.String())
	}
	return p, m[1]
}

// trusting makes a client that trusts ca and shows certificates.
func trusting(t *testing.T, ca *certtest.Pair, shown ...tls.Certificate) *http.Client {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: shown}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func certificate(t *testing.T, p *certtest.Pair) tls.Certificate {
	t.Helper()
	cert, err := tls.X509KeyPair([]byte(p.CertPEM()), []byte(p.KeyPEM(t)))
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// reply is an answer without its body.
type reply struct {
	status, major int
	header        http.Header
}

func post(c *http.Client, url, body string) (reply, error) {
	resp, err := c.Post(url+"/connectors", "application/json", strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return reply{resp.StatusCode, resp.ProtoMajor, resp.Header}, err
}

func TestHTTPSFromEveryKindOfStore(t *testing.T) {
	ca := certtest.CA(t, "ca")
	server := ca.Issue(t, "server", "127.0.0.1")
	pem := certtest.File(t, "server.pem", []byte(server.KeyPEM(t)+server.CertPEM()))
	for name, lines := range map[string][]string{
		"JKS":    {"ssl.keystore.location=" + server.KeyJKS(t, "secret", "other"), "ssl.keystore.password=secret", "ssl.key.password=other"},
		"PKCS12": {"listeners.https.ssl.keystore.type=PKCS12", "listeners.https.ssl.keystore.location=" + server.KeyPKCS12(t, "secret"), "listeners.https.ssl.keystore.password=secret"},
		"PEM":    {"ssl.keystore.type=PEM", "ssl.keystore.location=" + pem, "response.http.headers.config=set Strict-Transport-Security:max-age=60"},
	} {
		t.Run(name, func(t *testing.T) {
			p, url := secured(t, lines...)
			defer p.end()
			resp, err := post(trusting(t, ca), url, `{"name":"a","config":`+connector(t.TempDir(), "a", "out")+`}`)
			if err != nil || resp.status != http.StatusCreated || resp.header.Get("Location") != url+"/connectors/a" || resp.major != 1 {
				t.Fatalf("%+v, %v", resp, err)
			}
			if name == "PEM" && resp.header.Get("Strict-Transport-Security") != "max-age=60" {
				t.Errorf("headers %v", resp.header)
			}
			if code, body := p.request("GET", "/connectors", ""); code != 200 || body != `["a"]` {
				t.Errorf("over http: %d %s", code, body)
			}
			if _, err := post(trusting(t, certtest.CA(t, "other")), url, "{}"); err == nil || !strings.Contains(err.Error(), "unknown authority") {
				t.Errorf("a client that trusts somebody else: %v", err)
			}
		})
	}
}

func TestHTTPSAsksClientsForCertificates(t *testing.T) {
	ca, clients := certtest.CA(t, "ca"), certtest.CA(t, "clients")
	server := ca.Issue(t, "server", "127.0.0.1")
	store := []string{"ssl.keystore.location=" + server.KeyPKCS12(t, "secret"), "ssl.keystore.password=secret",
		"ssl.truststore.location=" + clients.TrustJKS(t, "secret"), "ssl.truststore.password=secret"}
	good, bad := certificate(t, clients.Issue(t, "client")), certificate(t, ca.Issue(t, "client"))
	for auth, c := range map[string]struct{ none, good, bad bool }{
		"none":      {true, true, true},
		"requested": {true, true, false},
		"required":  {false, true, false},
	} {
		t.Run(auth, func(t *testing.T) {
			p, url := secured(t, append(store, "ssl.client.auth="+auth)...)
			defer p.end()
			for _, s := range []struct {
				who   string
				shown []tls.Certificate
				let   bool
			}{{"nobody", nil, c.none}, {"a good client", []tls.Certificate{good}, c.good}, {"a client of somebody else", []tls.Certificate{bad}, c.bad}} {
				client := trusting(t, ca, s.shown...)
				if len(s.shown) > 0 { // also when the worker says that it would not take it
					client.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &s.shown[0], nil }
				}
				if resp, err := post(client, url, "{}"); (err == nil) != s.let {
					t.Errorf("%s: %+v, %v", s.who, resp, err)
				}
			}
		})
	}
}

// TestHTTPSServesAStoreThatWasReplaced without a restart, and the one before when the new one is broken.
func TestHTTPSServesAStoreThatWasReplaced(t *testing.T) {
	before, after := certtest.CA(t, "before"), certtest.CA(t, "after")
	store := certtest.File(t, "server.pem", nil)
	put := func(ca *certtest.Pair) {
		t.Helper()
		server := ca.Issue(t, "server", "127.0.0.1")
		if err := os.WriteFile(store, []byte(server.KeyPEM(t)+server.CertPEM()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(before)
	p, url := secured(t, "ssl.keystore.type=PEM", "ssl.keystore.location="+store)
	defer p.end()
	reaches := func(ca *certtest.Pair) error {
		_, err := post(trusting(t, ca), url, "{}")
		return err
	}
	if err := reaches(before); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(store, []byte("-----BEGIN "), 0o600); err != nil {
		t.Fatal(err)
	}
	const said = "goes on with the one before"
	within(t, "the log says "+said, func() bool { return reaches(before) == nil && strings.Contains(p.out.String(), said) })
	put(after)
	within(t, "the new certificate is served", func() bool { return reaches(after) == nil })
	if reaches(before) == nil {
		t.Error("the certificate before is served as well")
	}
}

// within waits until it is so.
func within(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestHTTPSWithoutItsStoresDoesNotStart(t *testing.T) {
	dir := t.TempDir()
	path := properties(t, dir)
	text := strings.Replace(readFile(t, path), "listeners=http://", "ssl.keystore.location="+dir+"/none.jks\nlisteners=https://", 1)
	var stderr output
	code := Run(t.Context(), []string{"standalone", write(t, path, text)}, io.Discard, &stderr)
	if code != exitStart || !strings.Contains(stderr.String(), "configure https listeners: read ssl.keystore.location") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
}
