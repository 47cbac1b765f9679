package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/keystore"
)

func tlsConfig(v configdef.Values) (*tls.Config, error) {
	conf, err := tlsOffer(v)
	if err != nil {
		return nil, err
	}
	conf.RootCAs, err = keystore.Trust{Type: v.String("ssl.truststore.type"), Location: v.String("ssl.truststore.location"),
		Password: v.Secret("ssl.truststore.password"), Certificates: v.Secret("ssl.truststore.certificates")}.Pool()
	if err != nil {
		return nil, fmt.Errorf("configure TLS: %w", err)
	}
	conf.Certificates, err = keystore.Key{Type: v.String("ssl.keystore.type"), Location: v.String("ssl.keystore.location"),
		Password: v.Secret("ssl.keystore.password"), KeyPassword: v.Secret("ssl.key.password"),
		PrivateKey: v.Secret("ssl.keystore.key"), Chain: v.Secret("ssl.keystore.certificate.chain")}.Certificates()
	if err != nil {
		return nil, fmt.Errorf("configure TLS: %w", err)
	}
	if v.String("ssl.endpoint.identification.algorithm") == "" {
		skipHostName(conf)
	}
	return conf, nil
}

// tlsOffer is what a client offers before any store is read.
func tlsOffer(v configdef.Values) (*tls.Config, error) {
	for key, allowed := range map[string][]string{"ssl.protocol": {"TLS", "TLSv1.2", "TLSv1.3"}, "ssl.endpoint.identification.algorithm": {"https", ""}} {
		if value := v.String(key); !slices.Contains(allowed, value) && !slices.Contains(allowed, strings.ToLower(value)) {
			return nil, fmt.Errorf("configure TLS: Invalid value %s for configuration %s: String must be one of: %s", value, key, strings.Join(allowed, ", "))
		}
	}
	for _, key := range []string{"ssl.truststore.type", "ssl.keystore.type"} {
		if err := keystore.ValidType(v.String(key)); err != nil {
			return nil, fmt.Errorf("configure TLS: %s: %w", key, err)
		}
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if err := keystore.Narrow(conf, v.List("ssl.enabled.protocols"), v.List("ssl.cipher.suites")); err != nil {
		return nil, fmt.Errorf("configure TLS: %w", err)
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
