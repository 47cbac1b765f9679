package kafka

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/IBM/sarama"
	"github.com/xdg-go/scram"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// Names of Java classes that stand for something Sluice has itself. No other class can be named: in Java such a name
// selects code.
const (
	plainModule    = "org.apache.kafka.common.security.plain.PlainLoginModule"
	scramModule    = "org.apache.kafka.common.security.scram.ScramLoginModule"
	oauthModule    = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
	mskModule      = "software.amazon.msk.auth.iam.IAMLoginModule"
	mskHandler     = "software.amazon.msk.auth.iam.IAMClientCallbackHandler"
	mskOAuthLogin  = "software.amazon.msk.auth.iam.IAMOAuthBearerLoginCallbackHandler"
	mskMechanism   = "AWS_MSK_IAM"
	oauthMechanism = "OAUTHBEARER"
)

// saslSetting is one of the combinations of sasl.mechanism and login module that are supported.
type saslSetting struct {
	mechanism, module string
	apply             func(c *sarama.Config, m loginModule, v configdef.Values) error
}

var saslSettings = []saslSetting{
	{"PLAIN", plainModule, password(sarama.SASLTypePlaintext, nil)},
	{"SCRAM-SHA-256", scramModule, password(sarama.SASLTypeSCRAMSHA256, scram.SHA256)},
	{"SCRAM-SHA-512", scramModule, password(sarama.SASLTypeSCRAMSHA512, scram.SHA512)},
	{oauthMechanism, oauthModule, bearerToken},
	{mskMechanism, mskModule, mskToken},
}

const supportedSASL = "PLAIN with PlainLoginModule, SCRAM-SHA-256 and SCRAM-SHA-512 with ScramLoginModule, " +
	"OAUTHBEARER with OAuthBearerLoginModule, and AWS_MSK_IAM with IAMLoginModule"

// saslConfig applies sasl.* to c.
func saslConfig(c *sarama.Config, v configdef.Values) error {
	if err := checkHandlers(v); err != nil {
		return err
	}
	line := v.Secret("sasl.jaas.config")
	if !line.IsSet() {
		return errors.New("configure SASL: set sasl.jaas.config to the line of a login module, which security.protocol " + v.String("security.protocol") + " needs")
	}
	module, err := parseJAAS(line.Reveal())
	if err != nil {
		return fmt.Errorf("read sasl.jaas.config: %w", err)
	}
	mechanism := v.String("sasl.mechanism")
	for _, s := range saslSettings {
		if !strings.EqualFold(s.mechanism, mechanism) {
			continue
		}
		if module.Name != s.module {
			return fmt.Errorf("configure SASL: sasl.mechanism %s needs the login module %s in sasl.jaas.config%s; supported are %s",
				s.mechanism, s.module, notModule(module.Name), supportedSASL)
		}
		c.Net.SASL.Enable = true
		if err := s.apply(c, module, v); err != nil {
			return fmt.Errorf("configure SASL: %w", err)
		}
		return nil
	}
	return fmt.Errorf("configure SASL: sasl.mechanism %s is not supported; supported are %s", mechanism, supportedSASL)
}

// checkHandlers refuses classes that would have changed how Java logs in.
func checkHandlers(v configdef.Values) error {
	for key, known := range map[string][]string{
		"sasl.client.callback.handler.class": {mskHandler},
		"sasl.login.callback.handler.class":  {mskOAuthLogin, mskHandler},
		"sasl.login.class":                   nil,
	} {
		class := v.String(key)
		if class == "" {
			continue
		}
		if !slices.Contains(known, class) {
			return fmt.Errorf("configure SASL: %s %s is not supported; supported are %s", key, class, supportedSASL)
		}
	}
	return nil
}

// className tells class names from text that stands in their place by mistake and may be a password.
var className = regexp.MustCompile(`^[A-Za-z0-9_$-]{1,80}(\.[A-Za-z0-9_$-]{1,80}){1,12}$`)

func notModule(name string) string {
	if className.MatchString(name) {
		return ", not " + name
	}
	return ""
}

// password returns how the mechanisms with username and password are applied.
func password(mechanism sarama.SASLMechanism, hash scram.HashGeneratorFcn) func(*sarama.Config, loginModule, configdef.Values) error {
	return func(c *sarama.Config, m loginModule, _ configdef.Values) error {
		for _, name := range []string{"username", "password"} {
			if m.option(name) == "" {
				return fmt.Errorf("sasl.jaas.config lacks the option %s", name)
			}
		}
		if strings.EqualFold(m.option("tokenauth"), "true") {
			return errors.New("delegation tokens (the option tokenauth) are not supported")
		}
		c.Net.SASL.Mechanism = mechanism
		c.Net.SASL.User, c.Net.SASL.Password = m.option("username"), m.option("password")
		if hash != nil {
			c.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient { return &scramClient{hash: hash} }
		}
		return nil
	}
}
