package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/xdg-go/scram"

	"github.com/sluice-connect/sluice/schemas/keystore/certtest"
)

// secured is a broker with TLS and the users alice (SCRAM-SHA-512) and bob (PLAIN).
type secured struct {
	addr   string
	ca     *certtest.Pair
	client *certtest.Pair
}

func startSecured(t *testing.T, clientAuth tls.ClientAuthType, opts ...kfake.Opt) secured {
	t.Helper()
	ca := certtest.CA(t, "ca")
	server := ca.Issue(t, "server", "127.0.0.1")
	roots := x509.NewCertPool()
	roots.AddCert(ca.Cert)
	conf := &tls.Config{ClientAuth: clientAuth, ClientCAs: roots, Certificates: []tls.Certificate{{Certificate: [][]byte{server.Cert.Raw}, PrivateKey: server.Key}}}
	cluster, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1), kfake.TLS(conf))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return secured{addr: cluster.ListenAddrs()[0], ca: ca, client: ca.Issue(t, "client")}
}

func withUsers() []kfake.Opt {
	return []kfake.Opt{kfake.EnableSASL(), kfake.Superuser("PLAIN", "bob", "pass"), kfake.Superuser("SCRAM-SHA-512", "alice", `se"cret`)}
}

// connect dials with the properties and asks for metadata.
func connect(t *testing.T, addr string, props map[string]string) error {
	t.Helper()
	all := map[string]string{"bootstrap.servers": addr}
	maps.Copy(all, props)
	conf, bootstrap, err := Config(all)
	if err != nil {
		return err
	}
	client, err := NewClient(t.Context(), t.Context(), bootstrap, conf)
	if err != nil {
		return err
	}
	defer client.Close()
	return client.RefreshMetadata()
}

func scramLine(password string) string {
	return fmt.Sprintf(`%s required username="alice" password="%s";`, scramModule, password)
}

func TestSASLOverTLS(t *testing.T) {
	s := startSecured(t, tls.NoClientCert, withUsers()...)
	trust := s.ca.TrustJKS(t, "changeit")
	for _, c := range []struct{ mechanism, line, protocol, says string }{
		{"SCRAM-SHA-512", scramLine(`se\"cret`), "SASL_SSL", ""},
		{"PLAIN", plainModule + ` required username="bob" password="pass";`, "sasl_ssl", ""},
		{"SCRAM-SHA-512", scramLine("canary"), "SASL_SSL", "check sasl.jaas.config"},
		{"PLAIN", plainModule + ` required username="bob" password="canary";`, "SASL_SSL", "check sasl.jaas.config"},
		{"SCRAM-SHA-512", scramModule + ` required username="alice";`, "SASL_SSL", "lacks the option password"},
		{"SCRAM-SHA-512", "", "SASL_SSL", "set sasl.jaas.config"},
		{"SCRAM-SHA-512", scramLine(`se\"cret`), "SASL_PLAINTEXT", "security.protocol"},
	} {
		err := connect(t, s.addr, map[string]string{"security.protocol": c.protocol, "sasl.mechanism": c.mechanism, "sasl.jaas.config": c.line,
			"ssl.truststore.location": trust, "ssl.truststore.password": "changeit"})
		check(t, c.mechanism+" "+c.line, err, c.says)
	}
}

func TestMutualTLS(t *testing.T) {
	s := startSecured(t, tls.RequireAndVerifyClientCert)
	stranger := certtest.CA(t, "stranger").Issue(t, "client")
	trust := map[string]string{"security.protocol": "SSL", "ssl.truststore.type": "PEM", "ssl.truststore.certificates": s.ca.CertPEM()}
	for _, c := range []struct {
		name  string
		props map[string]string
		says  string
	}{
		{"JKS", map[string]string{"ssl.keystore.location": s.client.KeyJKS(t, "store-pw", "key-pw"), "ssl.keystore.password": "store-pw", "ssl.key.password": "key-pw"}, ""},
		{"PKCS12", map[string]string{"ssl.keystore.type": "PKCS12", "ssl.keystore.location": s.client.KeyPKCS12(t, "store-pw"), "ssl.keystore.password": "store-pw"}, ""},
		{"PEM", map[string]string{"ssl.keystore.type": "PEM", "ssl.keystore.key": s.client.KeyPEM(t), "ssl.keystore.certificate.chain": s.client.CertPEM()}, ""},
		{"TLSv1.2", map[string]string{"ssl.enabled.protocols": "TLSv1.2,TLSv1.1", "ssl.keystore.key": s.client.KeyPEM(t), "ssl.keystore.certificate.chain": s.client.CertPEM()}, ""},
		{"no certificate", nil, "check ssl.keystore.*"},
		{"no certificate, TLSv1.2", map[string]string{"ssl.enabled.protocols": "TLSv1.2"}, "check ssl.keystore.*"},
		{"certificate of a stranger", map[string]string{"ssl.keystore.key": stranger.KeyPEM(t), "ssl.keystore.certificate.chain": stranger.CertPEM()}, "check ssl.keystore.*"},
		{"wrong password", map[string]string{"ssl.keystore.location": s.client.KeyPKCS12(t, "store-pw"), "ssl.keystore.password": "canary"}, "ssl.keystore.password"},
		{"another authority", map[string]string{"ssl.truststore.certificates": stranger.CA.CertPEM()}, "certificate signed by unknown authority: check ssl.truststore.*"},
		{"the system's authorities", map[string]string{"ssl.truststore.certificates": ""}, "certificate signed by unknown authority: check ssl.truststore.*"},
		{"no such trust store", map[string]string{"ssl.truststore.certificates": "", "ssl.truststore.location": "/does/not/exist"}, "ssl.truststore.location"},
		{"clear text", map[string]string{"security.protocol": "PLAINTEXT"}, "check security.protocol"},
	} {
		props := maps.Clone(trust)
		maps.Copy(props, c.props)
		check(t, c.name, connect(t, s.addr, props), c.says)
	}
}

func TestHostName(t *testing.T) {
	ca := certtest.CA(t, "ca")
	other, old := ca.Issue(t, "server", "kafka.example"), ca.IssueExpired(t, "server", "127.0.0.1")
	for _, c := range []struct {
		server    *certtest.Pair
		algorithm string
		trust     *certtest.Pair
		says      string
	}{
		{other, "https", ca, "ssl.endpoint.identification.algorithm"},
		{other, "HTTPS", ca, "ssl.endpoint.identification.algorithm"},
		{other, "", ca, ""},
		{other, "", certtest.CA(t, "stranger"), "certificate signed by unknown authority: check ssl.truststore.*"},
		{old, "https", ca, "not in force"},
		{old, "", ca, "not in force"},
		{other, "none", ca, "Invalid value none"},
	} {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{c.server.Cert.Raw}, PrivateKey: c.server.Key}}}))
		if err != nil {
			t.Fatal(err)
		}
		check(t, c.server.Cert.Subject.CommonName+" "+c.algorithm, connect(t, cluster.ListenAddrs()[0], map[string]string{"security.protocol": "SSL",
			"ssl.endpoint.identification.algorithm": c.algorithm, "ssl.truststore.certificates": c.trust.CertPEM()}), c.says)
		cluster.Close()
	}
}

// TestMismatch: TLS on one side only is told from an unreachable broker.
func TestMismatch(t *testing.T) {
	plain := answering(t, []byte("no TLS here"))
	check(t, "plain broker", connect(t, plain, map[string]string{"security.protocol": "SSL"}), "does not speak TLS")
	alert := answering(t, []byte{0x15, 3, 3, 0, 2, 2, 80})
	check(t, "TLS broker", connect(t, alert, nil), "speaks TLS on this port: check security.protocol")
}

// answering returns the address of a server that says the same to everybody.
func answering(t *testing.T, text []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = c.Read(make([]byte, 4096))
				_, _ = c.Write(text)
				c.Close()
			}()
		}
	}()
	return l.Addr().String()
}

// TestRefusedLogin: what Kafka answers to a wrong password becomes one line that names the property.
func TestRefusedLogin(t *testing.T) {
	c := sarama.NewConfig()
	c.Net.SASL.Enable, c.Net.SASL.Mechanism = true, sarama.SASLTypeSCRAMSHA512
	cause := sarama.Wrap(sarama.ErrSASLAuthenticationFailed, errors.New("Authentication failed due to\ninvalid credentials")) //nolint:staticcheck // Kafka's text
	err := explain(cause, c)
	check(t, "password", err, "authentication failed: check username and password in sasl.jaas.config")
	if !errors.Is(err, sarama.ErrSASLAuthenticationFailed) {
		t.Error("the cause is lost")
	}
	check(t, "mechanism", explain(sarama.ErrUnsupportedSASLMechanism, c), "does not offer SCRAM-SHA-512 on this port")
	c.Net.SASL.Mechanism = sarama.SASLTypeOAuth
	check(t, "token", explain(cause, c), "does not accept the token")
	if err := explain(errors.New("connection refused"), c); err.Error() != "connection refused" {
		t.Error("an error that is not about security is changed")
	}
}

func check(t *testing.T, name string, err error, says string) {
	t.Helper()
	switch {
	case says == "" && err != nil:
		t.Errorf("%s: %v", name, err)
	case says != "" && err == nil:
		t.Errorf("%s: accepted", name)
	case says != "" && (!strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "\n")):
		t.Errorf("%s: %q does not say %q in one line without a secret", name, err, says)
	}
}

func TestVersionsAndSuites(t *testing.T) {
	for _, c := range []struct {
		protocols, suites string
		low, high         uint16
		n                 int
		says              string
	}{
		{"TLSv1.2,TLSv1.3", "", tls.VersionTLS12, tls.VersionTLS13, 0, ""},
		{"TLSv1.3", "", tls.VersionTLS13, tls.VersionTLS13, 0, ""},
		{"TLSv1,TLSv1.1,TLSv1.2", "", tls.VersionTLS12, tls.VersionTLS12, 0, ""},
		{"TLSv1.1", "", 0, 0, 0, "older versions are not safe"},
		{"TLSv1.4", "", 0, 0, 0, `"TLSv1.4"`},
		{"TLSv1.2,TLSv1.3", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", tls.VersionTLS12, tls.VersionTLS12, 1, ""},
		{"TLSv1.2,TLSv1.3", "TLS_AES_256_GCM_SHA384", tls.VersionTLS13, tls.VersionTLS13, 0, ""},
		{"TLSv1.2,TLSv1.3", "TLS_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", tls.VersionTLS12, tls.VersionTLS13, 1, ""},
		{"TLSv1.2", "TLS_AES_256_GCM_SHA384", 0, 0, 0, "ssl.cipher.suites"},
		{"TLSv1.2,TLSv1.3", "TLS_RSA_WITH_RC4_128_SHA", 0, 0, 0, "ssl.cipher.suites"},
	} {
		conf, _, err := Config(map[string]string{"bootstrap.servers": "b:9092", "security.protocol": "SSL", "ssl.enabled.protocols": c.protocols, "ssl.cipher.suites": c.suites})
		check(t, c.protocols+" "+c.suites, err, c.says)
		if err != nil {
			continue
		}
		if tc := conf.Net.TLS.Config; tc.MinVersion != c.low || tc.MaxVersion != c.high || len(tc.CipherSuites) != c.n {
			t.Errorf("%s %s: %x to %x with %d suites", c.protocols, c.suites, tc.MinVersion, tc.MaxVersion, len(tc.CipherSuites))
		}
	}
}

func TestTokens(t *testing.T) {
	props := map[string]string{"bootstrap.servers": "b:9098", "security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER",
		"sasl.jaas.config": oauthModule + ` required token="canary" extension_logicalCluster="lkc-1";`}
	conf, _, err := Config(props)
	if err != nil {
		t.Fatal(err)
	}
	token, err := conf.Net.SASL.TokenProvider.Token()
	if err != nil || token.Token != "canary" || token.Extensions["logicalCluster"] != "lkc-1" {
		t.Errorf("%v, %v", token, err)
	}
	if text := fmt.Sprintf("%v %+v %#v", conf.Net.SASL.TokenProvider, conf.Net.SASL.TokenProvider, conf.Net.SASL.TokenProvider); strings.Contains(text, "canary") {
		t.Errorf("the token is in %s", text)
	}
	props["sasl.jaas.config"] = oauthModule + ` required unsecuredLoginStringClaim_sub="alice";`
	_, _, err = Config(props)
	check(t, "unsecured", err, mskOAuthLogin)
	props["sasl.login.callback.handler.class"] = "com.example.Evil"
	_, _, err = Config(props)
	check(t, "handler", err, "com.example.Evil is not supported")
}

// TestAmazonMSK: the settings of Amazon's manual make a signed token for the region of the brokers, which is used
// again while it lasts.
func TestAmazonMSK(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_REGION", "us-east-1")
	for _, c := range []struct{ mechanism, line, handler string }{
		{"AWS_MSK_IAM", mskModule + " required;", "sasl.client.callback.handler.class=" + mskHandler},
		{"OAUTHBEARER", oauthModule + " required;", "sasl.login.callback.handler.class=" + mskOAuthLogin},
	} {
		key, class, _ := strings.Cut(c.handler, "=")
		props := map[string]string{"bootstrap.servers": "b-1.demo.abc123.c2.kafka.eu-central-1.amazonaws.com:9098,b-2.demo.abc123.c2.kafka.eu-central-1.amazonaws.com:9098",
			"security.protocol": "SASL_SSL", "sasl.mechanism": c.mechanism, "sasl.jaas.config": c.line, key: class}
		conf, _, err := Config(props)
		if err != nil {
			t.Fatal(err)
		}
		if conf.Net.SASL.Mechanism != sarama.SASLTypeOAuth {
			t.Errorf("%s: %s", c.mechanism, conf.Net.SASL.Mechanism)
		}
		first, err := conf.Net.SASL.TokenProvider.Token()
		if err != nil {
			t.Fatal(err)
		}
		url, err := base64.RawURLEncoding.DecodeString(first.Token)
		if err != nil || !strings.Contains(string(url), "kafka.eu-central-1.amazonaws.com") || !strings.Contains(string(url), "AKIAEXAMPLE") {
			t.Errorf("%s: token for %s, %v", c.mechanism, url, err)
		}
		second, err := conf.Net.SASL.TokenProvider.Token()
		if err != nil || second.Token != first.Token {
			t.Errorf("%s: a token is signed for each connection: %v", c.mechanism, err)
		}
		conf.Net.SASL.TokenProvider.(*mskTokens).until = time.Now().Add(mskMargin / 2)
		if _, err := conf.Net.SASL.TokenProvider.Token(); err != nil || time.Until(conf.Net.SASL.TokenProvider.(*mskTokens).until) < mskMargin {
			t.Errorf("%s: a token about to end is kept: %v", c.mechanism, err)
		}
		props["security.protocol"] = "SASL_PLAINTEXT"
		_, _, err = Config(props)
		check(t, c.mechanism, err, "security.protocol=SASL_SSL")
	}
}

// TestBrokerMustProveItself: a broker that does not know the password cannot pass for one that does, nor ask for
// endless work.
func TestBrokerMustProveItself(t *testing.T) {
	begin := func() (*scramClient, string) {
		s := &scramClient{hash: scram.SHA512}
		if err := s.Begin("alice", "secret", ""); err != nil {
			t.Fatal(err)
		}
		first, err := s.Step("")
		if err != nil {
			t.Fatal(err)
		}
		_, nonce, _ := strings.Cut(first, ",r=")
		return s, nonce
	}
	for _, challenge := range []string{"r=%s-x,s=c2FsdA==,i=1", "r=%s-x,s=c2FsdA==,i=2000000000", "r=%s-x,s=c2FsdA==,i=99999999999999999999999", "r=other%.0s,s=c2FsdA==,i=4096"} {
		s, nonce := begin()
		if _, err := s.Step(fmt.Sprintf(challenge, nonce)); err == nil {
			t.Errorf("challenge %s is answered", challenge)
		}
	}
	s, nonce := begin()
	if _, err := s.Step(fmt.Sprintf("r=%s-x,s=c2FsdA==,i=4096", nonce)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Step("v=" + base64.StdEncoding.EncodeToString(make([]byte, 64))); err == nil {
		t.Error("a wrong signature of the broker is accepted")
	}
}
