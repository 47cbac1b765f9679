package kafka

import (
	"strings"

	"github.com/IBM/sarama"

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

// securityKeys are the settings that secure reads.
var securityKeys = []configdef.Key{
	{Name: "security.protocol", Type: configdef.String, Default: "PLAINTEXT",
		Valid: configdef.OneOfFold("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"), Doc: "How to talk to brokers."},
	{Name: "sasl.mechanism", Type: configdef.String, Default: "GSSAPI", Doc: "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM. Java's default GSSAPI is not supported."},
	{Name: "sasl.jaas.config", Type: configdef.Password, Null: true, Doc: "Login module line with its options: PlainLoginModule, ScramLoginModule, OAuthBearerLoginModule or IAMLoginModule of Amazon MSK."},
	{Name: "sasl.client.callback.handler.class", Type: configdef.String, Null: true, Doc: "Only the class of Amazon MSK is accepted; it changes nothing."},
	{Name: "sasl.login.callback.handler.class", Type: configdef.String, Null: true, Doc: "With OAUTHBEARER, the class of Amazon MSK makes tokens from AWS credentials. No other is accepted."},
	{Name: "sasl.login.class", Type: configdef.String, Null: true, Doc: "No class is accepted."},
	{Name: "ssl.protocol", Type: configdef.String, Default: "TLSv1.3", Valid: configdef.OneOf("TLS", "TLSv1.2", "TLSv1.3"), Doc: "Accepted as in Java; the versions are chosen by ssl.enabled.protocols."},
	{Name: "ssl.enabled.protocols", Type: configdef.List, Default: "TLSv1.2,TLSv1.3", Doc: "TLS versions to offer. Versions before TLSv1.2 are never offered."},
	{Name: "ssl.cipher.suites", Type: configdef.List, Null: true, Doc: "Cipher suites to offer by their IANA names; all secure ones when not set. Those of TLSv1.3 cannot be chosen one by one."},
	{Name: "ssl.truststore.type", Type: configdef.String, Default: "JKS", Doc: "Type of the trust store: JKS, PKCS12 or PEM."},
	{Name: "ssl.truststore.location", Type: configdef.String, Null: true, Doc: "File with the certificates to trust; the system's when not set."},
	{Name: "ssl.truststore.password", Type: configdef.Password, Null: true, Doc: "Password of the trust store. A JKS store without one is not checked for damage."},
	{Name: "ssl.truststore.certificates", Type: configdef.Password, Null: true, Doc: "Certificates to trust, as PEM text."},
	{Name: "ssl.keystore.type", Type: configdef.String, Default: "JKS", Doc: "Type of the key store: JKS, PKCS12 or PEM."},
	{Name: "ssl.keystore.location", Type: configdef.String, Null: true, Doc: "File with the client's key and certificates."},
	{Name: "ssl.keystore.password", Type: configdef.Password, Null: true, Doc: "Password of the key store."},
	{Name: "ssl.key.password", Type: configdef.Password, Null: true, Doc: "Password of the private key in a JKS store or a PEM text; the store's when not set."},
	{Name: "ssl.keystore.key", Type: configdef.Password, Null: true, Doc: "Private key of the client, as PEM text."},
	{Name: "ssl.keystore.certificate.chain", Type: configdef.Password, Null: true, Doc: "Certificates of the client, as PEM text."},
	{Name: "ssl.endpoint.identification.algorithm", Type: configdef.String, Default: "https", Valid: configdef.OneOfFold("https", ""), Doc: "Empty turns the check of the broker's host name off."},
}
