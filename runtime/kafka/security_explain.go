package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"time"

	"github.com/IBM/sarama"
)

// explained is an error in words of the configuration; its cause remains for errors.Is and is not printed again.
type explained struct {
	text  string
	cause error
}

func (e *explained) Error() string { return e.text }

func (e *explained) Unwrap() error { return e.cause }

// TurnedAway reports whether err says that a broker answered and will not have us with this configuration: a login or a
// certificate that one of the sides does not accept. Trying again is of no use, unlike with a broker that is away.
func TurnedAway(err error) bool {
	var e *explained
	return errors.As(err, &e) && !errors.Is(e, io.EOF)
}

// explain says which property to look at when a broker could not be connected to with c for a reason of security.
func explain(err error, c *sarama.Config) error {
	if text := explanation(err, c); text != "" {
		return &explained{text: text, cause: err}
	}
	return err
}

func explanation(err error, c *sarama.Config) string {
	switch {
	case errors.Is(err, sarama.ErrSASLAuthenticationFailed):
		if _, msk := c.Net.SASL.TokenProvider.(*mskTokens); msk {
			return "authentication failed: the broker does not accept the AWS credentials that the login was signed with: check that they are in force, " +
				"and that their IAM policy allows kafka-cluster:Connect on this cluster; the options of IAMLoginModule in sasl.jaas.config choose them"
		}
		if c.Net.SASL.Mechanism == sarama.SASLTypeOAuth {
			return "authentication failed: the broker does not accept the token of sasl.jaas.config"
		}
		return "authentication failed: check username and password in sasl.jaas.config"
	case errors.Is(err, sarama.ErrUnsupportedSASLMechanism):
		return "the broker does not offer " + string(c.Net.SASL.Mechanism) + " on this port: check sasl.mechanism"
	case errors.Is(err, sarama.ErrIllegalSASLState):
		return "the broker does not expect a login on this port: check security.protocol"
	case errors.Is(err, errSpeaksTLS):
		return "the broker speaks TLS on this port: check security.protocol, which sinks read with the prefix consumer."
	case c.Net.TLS.Enable:
		if text := tlsExplanation(err); text != "" {
			return text
		}
	}
	if !errors.Is(err, io.EOF) {
		return ""
	}
	// Brokers hang up when they cannot make sense of what they hear, and older ones when they refuse a login.
	if c.Net.SASL.Enable {
		return "the broker closed the connection during the login: check sasl.jaas.config, sasl.mechanism and security.protocol"
	}
	return "the broker closed the connection at once: check security.protocol, which sinks read with the prefix consumer."
}

func tlsExplanation(err error) string {
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var notTLS tls.RecordHeaderError
	var remote *net.OpError
	switch {
	case errors.As(err, &authority):
		return "certificate signed by unknown authority: check ssl.truststore.*" + signedBy(authority.Cert)
	case errors.As(err, &host):
		return host.Error() + ": the broker's certificate is for another name; an empty ssl.endpoint.identification.algorithm turns the check off"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the broker's certificate is not in force: it is valid from " + invalid.Cert.NotBefore.UTC().Format(time.DateOnly) +
			" until " + invalid.Cert.NotAfter.UTC().Format(time.DateOnly)
	case errors.As(err, &notTLS):
		return "the broker does not speak TLS on this port: check security.protocol"
	case errors.As(err, &remote) && remote.Op == "remote error":
		return "the broker refused the TLS connection (" + remote.Err.Error() + "): check ssl.keystore.* and ssl.enabled.protocols"
	case errors.Is(err, errHandshake) && errors.Is(err, io.EOF):
		return "the broker closed the connection during the TLS handshake: check security.protocol and ssl.keystore.*"
	}
	return ""
}

func signedBy(cert *x509.Certificate) string {
	if cert == nil {
		return ""
	}
	return " (the broker's certificate is signed by " + cert.Issuer.String() + ")"
}
