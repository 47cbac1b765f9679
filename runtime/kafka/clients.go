package kafka

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"

	"github.com/IBM/sarama"

	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// The settings of Java's clients, by the kind of client.
var (
	ConsumerKeys = cd.New(slices.Concat(sharedKeys, consumerKeys, securityKeys)...)
	ProducerKeys = cd.New(slices.Concat(sharedKeys, producerKeys, securityKeys)...)
	AdminKeys    = cd.New(slices.Concat(sharedKeys, adminKeys, securityKeys)...)
)

// withoutClasses is def for clients that need no class of Java.
func withoutClasses(def *cd.Def) *cd.Def {
	out := cd.New()
	for _, k := range def.Keys() {
		k.Required = k.Required && k.Type != cd.Class
		out.Add(k)
	}
	return out
}

// CheckValues returns what is wrong with the client settings that stand in props after prefix. What is not set is not
// wrong, and names that keys lacks are not looked at.
func CheckValues(keys *cd.Def, prefix string, props map[string]string) []cd.Problem {
	set := cd.New()
	for _, k := range keys.Keys() {
		k.Name = prefix + k.Name
		if _, ok := props[k.Name]; ok {
			set.Add(k)
		}
	}
	_, problems := set.Parse(props)
	return problems
}

// CheckSecurity returns what is wrong with the settings of TLS and logins in props as a whole. It reads no store: one
// that is missing now may be there when a client needs it.
func CheckSecurity(props map[string]string) error {
	v, problems := cd.New(securityKeys...).Parse(props)
	if len(problems) > 0 {
		return ProblemsError(problems)
	}
	c := sarama.NewConfig()
	if overTLS(v) {
		var err error
		if c.Net.TLS.Config, err = tlsOffer(v); err != nil {
			return err
		}
		c.Net.TLS.Enable = true
	}
	if loggedIn(v) {
		v, _ = cd.New(securityKeys...).Add(cd.Key{Name: "bootstrap.servers", Type: cd.List}).Parse(props)
		return saslConfig(c, v)
	}
	return nil
}

// CheckStores says why the stores of keys and certificates of a client with props cannot be used; without TLS it has none.
func CheckStores(props map[string]string) error {
	v, problems := cd.New(securityKeys...).Parse(props)
	if len(problems) > 0 {
		return ProblemsError(problems)
	}
	if !overTLS(v) {
		return nil
	}
	_, err := tlsConfig(v)
	return err
}

// ValidServers accepts lists of host:port pairs.
func ValidServers(value any) error {
	list, _ := value.([]string)
	if len(list) == 0 {
		return errors.New("No bootstrap servers given") //nolint:staticcheck // shown after "Invalid value ...: "
	}
	for _, text := range list {
		host, port, err := net.SplitHostPort(withoutScheme.ReplaceAllString(text, ""))
		if err != nil || host == "" {
			return fmt.Errorf("Invalid url in bootstrap.servers: %s", text) //nolint:staticcheck // Kafka's text
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("Invalid port in bootstrap.servers: %s", text) //nolint:staticcheck // Kafka's text
		}
	}
	return nil
}

var withoutScheme = regexp.MustCompile(`^.*?://`)

// validReset accepts what auto.offset.reset may say.
func validReset(value any) error {
	policy, _ := value.(string)
	if _, counts, err := ResetDuration(policy); counts {
		return err
	}
	if !slices.Contains([]string{"earliest", "latest", "none"}, policy) {
		return errors.New("The value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS>'") //nolint:staticcheck // shown after "Invalid value ...: "
	}
	return nil
}

func nonEmptyList(value any) error {
	if list, _ := value.([]string); len(list) == 0 {
		return errors.New("List must not be empty") //nolint:staticcheck // shown after "Invalid value ...: "
	}
	return nil
}

// between accepts fractions from low to high, both included.
func between(low, high float64) func(any) error {
	return func(value any) error {
		if f, _ := value.(float64); f < low || f > high {
			return fmt.Errorf("Value must be between %g and %g", low, high) //nolint:staticcheck // shown after "Invalid value ...: "
		}
		return nil
	}
}
