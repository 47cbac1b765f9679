package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/IBM/sarama"
	"github.com/xdg-go/scram"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// secure applies security.protocol, ssl.* and sasl.* to c.
func secure(c *sarama.Config, v configdef.Values) error {
	protocol := strings.ToUpper(v.String("security.protocol"))
	if strings.HasSuffix(protocol, "SSL") {
		conf, err := tlsConfig(v)
		if err != nil {
			return err
		}
		c.Net.TLS.Enable, c.Net.TLS.Config = true, conf
	}
	if strings.HasPrefix(protocol, "SASL") {
		return saslConfig(c, v)
	}
	return nil
}

func tlsConfig(v configdef.Values) (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	trust, err := pemText(v, "ssl.truststore.type", "ssl.truststore.location", "ssl.truststore.certificates")
	if err != nil {
		return nil, err
	}
	if trust != nil {
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(trust) {
			return nil, errors.New("configure TLS: the trust store holds no PEM certificate")
		}
	}
	if err := clientCertificate(conf, v); err != nil {
		return nil, err
	}
	if v.String("ssl.endpoint.identification.algorithm") == "" {
		skipHostName(conf)
	}
	return conf, nil
}

// skipHostName keeps the check of the certificate chain and drops only the one of the host name, as an empty
// ssl.endpoint.identification.algorithm asks for.
func skipHostName(conf *tls.Config) {
	roots := conf.RootCAs
	conf.InsecureSkipVerify = true //nolint:gosec // the chain is verified below
	conf.VerifyConnection = func(s tls.ConnectionState) error {
		opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, c := range s.PeerCertificates[1:] {
			opts.Intermediates.AddCert(c)
		}
		_, err := s.PeerCertificates[0].Verify(opts)
		return err
	}
}

func clientCertificate(conf *tls.Config, v configdef.Values) error {
	store, err := pemText(v, "ssl.keystore.type", "ssl.keystore.location", "ssl.keystore.certificate.chain")
	if err != nil || store == nil {
		return err
	}
	key := store
	if s := v.Secret("ssl.keystore.key"); s.IsSet() {
		key = []byte(s.Reveal())
	}
	cert, err := tls.X509KeyPair(store, key)
	if err != nil {
		return fmt.Errorf("configure TLS: read client certificate and key: %w", err)
	}
	conf.Certificates = []tls.Certificate{cert}
	return nil
}

// pemText returns the PEM text of a store given inline or as a file; nil when it is not configured.
func pemText(v configdef.Values, typeKey, fileKey, inlineKey string) ([]byte, error) {
	if s := v.Secret(inlineKey); s.IsSet() {
		return []byte(s.Reveal()), nil
	}
	file := v.String(fileKey)
	if file == "" {
		return nil, nil
	}
	if kind := v.String(typeKey); !strings.EqualFold(kind, "PEM") {
		return nil, fmt.Errorf("configure TLS: %s is %s; this version reads stores of type PEM only: convert it and set %s=PEM", fileKey, kind, typeKey)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("configure TLS: read %s: %w", fileKey, err)
	}
	return text, nil
}

// jaasOption finds one option of a JAAS line; values are quoted with " and may escape with \.
var jaasOption = regexp.MustCompile(`\b(username|password)\s*=\s*"((?:[^"\\]|\\.)*)"`)

// jaasModules are the login modules whose options are understood. Others are refused: their names select code in Java.
var jaasModules = []string{
	"org.apache.kafka.common.security.plain.PlainLoginModule",
	"org.apache.kafka.common.security.scram.ScramLoginModule",
}

func saslConfig(c *sarama.Config, v configdef.Values) error {
	line := v.Secret("sasl.jaas.config").Reveal()
	module, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	if module != jaasModules[0] && module != jaasModules[1] {
		return fmt.Errorf("configure SASL: sasl.jaas.config must start with one of %s", strings.Join(jaasModules, ", "))
	}
	options := map[string]string{}
	for _, m := range jaasOption.FindAllStringSubmatch(line, -1) {
		options[m[1]] = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(m[2])
	}
	c.Net.SASL.Enable = true
	c.Net.SASL.User, c.Net.SASL.Password = options["username"], options["password"]
	switch mechanism := v.String("sasl.mechanism"); mechanism {
	case "PLAIN":
		c.Net.SASL.Mechanism = sarama.SASLTypePlaintext
	case "SCRAM-SHA-256":
		c.Net.SASL.Mechanism = sarama.SASLTypeSCRAMSHA256
		c.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient { return &scramClient{hash: scram.SHA256} }
	case "SCRAM-SHA-512":
		c.Net.SASL.Mechanism = sarama.SASLTypeSCRAMSHA512
		c.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient { return &scramClient{hash: scram.SHA512} }
	default:
		return fmt.Errorf("configure SASL: sasl.mechanism %s is not supported by this version; use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", mechanism)
	}
	return nil
}

// scramClient is one SCRAM conversation; the library checks the server's signature.
type scramClient struct {
	hash         scram.HashGeneratorFcn
	conversation *scram.ClientConversation
}

func (s *scramClient) Begin(user, password, authzID string) error {
	client, err := s.hash.NewClient(user, password, authzID)
	if err != nil {
		return fmt.Errorf("begin SCRAM: %w", err)
	}
	s.conversation = client.NewConversation()
	return nil
}

func (s *scramClient) Step(challenge string) (string, error) { return s.conversation.Step(challenge) }

func (s *scramClient) Done() bool { return s.conversation.Done() }
