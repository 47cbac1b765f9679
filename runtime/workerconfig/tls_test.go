package workerconfig

import (
	"crypto/tls"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/schemas/keystore/certtest"
)

func TestHTTPSStoresStopTheStart(t *testing.T) {
	ca := certtest.CA(t, "ca")
	server := ca.Issue(t, "server", "127.0.0.1")
	pem := []string{"ssl.keystore.key", server.KeyPEM(t), "ssl.keystore.certificate.chain", server.CertPEM()}
	for name, c := range map[string]struct {
		props []string
		want  string // "" for a start
	}{
		"no store":            {nil, "set ssl.keystore.location"},
		"good":                {pem, ""},
		"prefix wins":         {append(pem, "listeners.https.ssl.client.auth", "none"), "set listeners.https.ssl.keystore.location"},
		"missing file":        {[]string{"listeners.https.ssl.keystore.location", "/none"}, "read listeners.https.ssl.keystore.location"},
		"wrong password":      {[]string{"ssl.keystore.location", server.KeyJKS(t, "secret", "secret"), "ssl.keystore.password", "x"}, "ssl.keystore.password does not open it"},
		"expired":             {expired(t, ca), "expired on"},
		"missing CA":          {append(pem, "ssl.truststore.location", filepath.Join(t.TempDir(), "none")), "read ssl.truststore.location"},
		"missing CA required": {append(pem, "ssl.truststore.location", "/none", "ssl.client.auth", "required"), "read ssl.truststore.location"},
		"no CA":               {append(pem, "ssl.client.auth", "requested"), "ssl.client.auth needs ssl.truststore.location"},
		"bad auth":            {append(pem, "ssl.client.auth", "want"), "ssl.client.auth: String must be one of"},
		"bad type":            {append(pem, "ssl.keystore.type", "BKS"), "ssl.keystore.type"},
		"old protocols":       {append(pem, "ssl.enabled.protocols", "TLSv1.1"), "older versions are not safe"},
		"unknown protocol":    {append(pem, "ssl.enabled.protocols", "TLSv9"), `"TLSv9" is not known`},
		"admin without":       {append(pem, AdminListenersKey, "https://:0", "admin.listeners.https.ssl.client.auth", "none"), "of /admin: set admin.listeners.https.ssl.keystore.location"},
		"admin like the rest": {append(pem, AdminListenersKey, "https://:0"), ""},
		"weak suites":         {append(pem, "ssl.cipher.suites", "TLS_RSA_WITH_RC4_128_SHA"), "none of the suites"},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := New(minimal(append(c.props, ListenersKey, "http://:0,https://:0")...))
			if err == nil {
				_, _, err = config.TLS(slog.New(slog.DiscardHandler))
			}
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func expired(t *testing.T, ca *certtest.Pair) []string {
	old := ca.IssueExpired(t, "server", "127.0.0.1")
	return []string{"ssl.keystore.key", old.KeyPEM(t), "ssl.keystore.certificate.chain", old.CertPEM()}
}

func TestHTTPSVersions(t *testing.T) {
	server := certtest.CA(t, "ca").Issue(t, "server", "127.0.0.1")
	for name, c := range map[string]struct {
		protocols, suites string
		low, high         uint16
	}{
		"both":          {"TLSv1.1,TLSv1.2,TLSv1.3", "", tls.VersionTLS12, tls.VersionTLS13},
		"new only":      {"TLSv1.3", "", tls.VersionTLS13, tls.VersionTLS13},
		"old suite":     {"TLSv1.2,TLSv1.3", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", tls.VersionTLS12, tls.VersionTLS12},
		"suite of both": {"TLSv1.2,TLSv1.3", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256", tls.VersionTLS12, tls.VersionTLS13},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := New(minimal(ListenersKey, "https://:0", "ssl.keystore.key", server.KeyPEM(t), "ssl.keystore.certificate.chain", server.CertPEM(),
				"ssl.enabled.protocols", c.protocols, "ssl.cipher.suites", c.suites))
			if err != nil {
				t.Fatal(err)
			}
			conf, _, err := config.TLS(slog.New(slog.DiscardHandler))
			if err != nil || conf.MinVersion != c.low || conf.MaxVersion != c.high {
				t.Errorf("%+v, %v", conf, err)
			}
		})
	}
}

func TestAdvertisedListener(t *testing.T) {
	for name, c := range map[string]struct {
		listeners, scheme string
		want              int
	}{
		"http first":   {"https://:1,http://:2,http://:3", "", 1},
		"https wanted": {"http://:2,HTTPS://:1", "HTTPS", 1},
		"https only":   {"https://:1,https://:2", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			props := minimal(ListenersKey, c.listeners)
			if c.scheme != "" {
				props[AdvertisedScheme] = c.scheme
			}
			config, err := New(props)
			if err != nil || config.AdvertisedListener() != c.want {
				t.Errorf("%d, %v", config.AdvertisedListener(), err)
			}
		})
	}
}
