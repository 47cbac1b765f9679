package kafka

import (
	"strings"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// secure applies security.protocol, ssl.* and sasl.* to c.
func secure(c *sarama.Config, v configdef.Values) error {
	if overTLS(v) {
		conf, err := tlsConfig(v)
		if err != nil {
			return err
		}
		c.Net.TLS.Enable, c.Net.TLS.Config = true, conf
	}
	if loggedIn(v) {
		return saslConfig(c, v)
	}
	return nil
}

func overTLS(v configdef.Values) bool {
	return strings.HasSuffix(strings.ToUpper(v.String("security.protocol")), "SSL")
}

func loggedIn(v configdef.Values) bool {
	return strings.HasPrefix(strings.ToUpper(v.String("security.protocol")), "SASL")
}
