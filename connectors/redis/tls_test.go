package redis

import (
	"crypto/tls"
	"encoding/pem"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/sluice-connect/sluice/connectors"
)

// certified returns a server certificate for 127.0.0.1, and a file with the authority that vouches for it.
func certified(t *testing.T) (config *tls.Config, authority string) {
	t.Helper()
	h := httptest.NewTLSServer(nil)
	defer h.Close()
	authority = filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: h.Certificate().Raw}
	if err := os.WriteFile(authority, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: h.TLS.Certificates, MinVersion: tls.VersionTLS12}, authority
}

func TestTLS(t *testing.T) {
	config, authority := certified(t)
	secure := miniredis.NewMiniRedis()
	if err := secure.StartTLS(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(secure.Close)
	plain := httptest.NewServer(nil) // answers in text
	t.Cleanup(plain.Close)
	for name, c := range map[string]struct {
		addr  string
		props map[string]string
		text  string // of a fatal error; empty: works
	}{
		"trusted":     {secure.Addr(), map[string]string{keyTLS: "true", keyCACert: authority}, ""},
		"insecure":    {secure.Addr(), map[string]string{keyTLS: "true", keyInsecure: "true"}, ""},
		"by uri":      {secure.Addr(), map[string]string{keyURI: "rediss://" + secure.Addr(), keyCACert: authority}, ""},
		"untrusted":   {secure.Addr(), map[string]string{keyTLS: "true"}, "set redis.cacert"},
		"no tls here": {plain.Listener.Addr().String(), map[string]string{keyTLS: "true"}, "does not speak TLS"},
	} {
		host, port, _ := net.SplitHostPort(c.addr)
		c.props[keyType], c.props[keyHost], c.props[keyPort], c.props[keyTimeout] = typeString, host, port, "5"
		err := startTask(t, c.props).probe(t.Context())
		switch {
		case c.text == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.text != "" && (err == nil || connectors.IsRetriable(err) || !strings.Contains(err.Error(), c.text)):
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFilesOfCertificatesMayBeAnything(t *testing.T) {
	for key, props := range map[string]map[string]string{
		keyCACert:     {keyCACert: "/dev/zero"},
		keyClientCert: {keyClientCert: "/dev/zero", keyClientKey: "/dev/zero"},
	} {
		props[keyType], props[keyTLS] = typeString, "true"
		v, problems := definition.Parse(props)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if _, problems = newSettings(v); len(problems) != 1 || problems[0].Key != key || !strings.Contains(problems[0].Message, "not a regular file") {
			t.Errorf("%s: %v", key, problems)
		}
	}
}
