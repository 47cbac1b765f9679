package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/sluice-connect/sluice/runtime/keystore"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

func tlsConfig(v configdef.Values) (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if err := protocols(conf, v.List("ssl.enabled.protocols")); err != nil {
		return nil, err
	}
	if err := cipherSuites(conf, v.List("ssl.cipher.suites")); err != nil {
		return nil, err
	}
	var err error
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

// protocols sets the range of TLS versions. Java's names of older versions are known and never offered.
func protocols(conf *tls.Config, names []string) error {
	var lowest, highest uint16
	for _, name := range names {
		var version uint16
		switch name {
		case "TLSv1.2":
			version = tls.VersionTLS12
		case "TLSv1.3":
			version = tls.VersionTLS13
		case "TLSv1", "TLSv1.1", "SSLv3", "SSLv2Hello":
			continue
		default:
			return fmt.Errorf("configure TLS: ssl.enabled.protocols names %q; TLSv1.2 and TLSv1.3 are supported", name)
		}
		if lowest == 0 || version < lowest {
			lowest = version
		}
		highest = max(highest, version)
	}
	if lowest == 0 {
		return errors.New("configure TLS: ssl.enabled.protocols names neither TLSv1.2 nor TLSv1.3; older versions are not safe")
	}
	conf.MinVersion, conf.MaxVersion = lowest, highest
	return nil
}

// cipherSuites narrows down what is offered. Suites that are not secure or not known are left out: the choice only
// ever becomes smaller than what was asked for. The suites of TLSv1.3 are fixed, so a list without any of them rules
// that version out, as it does in Java.
func cipherSuites(conf *tls.Config, names []string) error {
	if len(names) == 0 {
		return nil
	}
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	in12, in13 := false, false
	for _, suite := range tls.CipherSuites() {
		if !wanted[suite.Name] {
			continue
		}
		if suite.SupportedVersions[0] == tls.VersionTLS13 {
			in13 = true
			continue
		}
		in12 = true
		conf.CipherSuites = append(conf.CipherSuites, suite.ID)
	}
	if !in12 {
		conf.MinVersion = tls.VersionTLS13
	}
	if !in13 {
		conf.MaxVersion = min(conf.MaxVersion, tls.VersionTLS12)
	}
	if conf.MinVersion > conf.MaxVersion {
		return fmt.Errorf("configure TLS: none of the suites in ssl.cipher.suites is secure and fits ssl.enabled.protocols; secure are %s", secureSuites())
	}
	return nil
}

func secureSuites() string {
	var names []string
	for _, suite := range tls.CipherSuites() {
		names = append(names, suite.Name)
	}
	return strings.Join(names, ", ")
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
