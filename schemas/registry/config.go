package registry

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/keystore"
)

// config is the configuration in the form the client works with.
type config struct {
	bases          []base
	headers        map[string]string
	tls            *tls.Config
	proxy          *url.URL
	connectTimeout time.Duration
	readTimeout    time.Duration
	retryWait      time.Duration
	retryMaxWait   time.Duration
	retries        int
	cacheSize      int
}

func readConfig(v configdef.Values) (config, error) {
	millis := func(key string) time.Duration { return v.Duration(key, time.Millisecond) }
	cfg := config{
		headers:        v.WithPrefix(HeaderPrefix),
		connectTimeout: millis("http.connect.timeout.ms"),
		readTimeout:    millis("http.read.timeout.ms"),
		retryWait:      millis("retries.wait.ms"),
		retryMaxWait:   millis("retries.max.wait.ms"),
		retries:        int(v.Int("max.retries")),
		cacheSize:      int(v.Int(cacheSizeKey)),
	}
	auth, err := authorization(v)
	if err != nil {
		return cfg, err
	}
	if cfg.bases, err = readBases(v.List(URLKey), auth); err != nil {
		return cfg, err
	}
	if host := v.String("proxy.host"); host != "" {
		cfg.proxy = &url.URL{Scheme: "http", Host: net.JoinHostPort(host, strconv.FormatInt(v.Int("proxy.port"), 10))}
	}
	cfg.tls, err = readTLS(v)
	return cfg, err
}

// readBases parses the addresses. Credentials are taken out of them, so that no log and no error can show them.
func readBases(list []string, auth string) ([]base, error) {
	var bases []base
	for _, text := range list {
		u, ok := parseURL(text)
		if !ok {
			return nil, fmt.Errorf("read %s: %w", URLKey, errURL)
		}
		b := base{auth: auth, url: &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/")}}
		if auth == "" && u.User != nil {
			password, _ := u.User.Password()
			b.auth = basicAuth(u.User.Username() + ":" + password)
		}
		bases = append(bases, b)
	}
	if len(bases) == 0 {
		return nil, fmt.Errorf("%s is empty", URLKey)
	}
	return bases, nil
}

var errURL = errors.New("it must list http:// or https:// addresses")

// validURLs is the validator of the addresses; they may hold a login, so that its error quotes none of them.
func validURLs(v any) error {
	list, _ := v.([]string)
	for _, text := range list {
		if _, ok := parseURL(text); !ok {
			return errURL
		}
	}
	return nil
}

func parseURL(text string) (u *url.URL, ok bool) {
	u, err := url.Parse(text)
	return u, err == nil && u.Hostname() != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// authorization returns the header for all addresses, "" when each URL brings its own credentials or none.
func authorization(v configdef.Values) (string, error) {
	source, _ := either(v, basicSource)
	bearer, withBearer := either(v, bearerSource)
	if withBearer && bearer != "" {
		if _, withBasic := either(v, basicSource); withBasic {
			return "", fmt.Errorf("only one of %s and %s may be set", basicSource, bearerSource)
		}
		return bearerHeader(v, bearer)
	}
	switch source {
	case "", "URL":
		return "", nil
	case "USER_INFO":
		info := secret(v, basicInfo)
		if !strings.Contains(info, ":") {
			return "", fmt.Errorf("%s=USER_INFO needs %s=user:password", basicSource, basicInfo)
		}
		return basicAuth(info), nil
	case "SASL_INHERIT":
		return "", fmt.Errorf("%s=SASL_INHERIT is not supported: give the credentials with USER_INFO", basicSource)
	}
	return "", fmt.Errorf("%s must be URL or USER_INFO", basicSource)
}

func bearerHeader(v configdef.Values, source string) (string, error) {
	if source != "STATIC_TOKEN" {
		return "", fmt.Errorf("%s must be STATIC_TOKEN: other sources are not supported", bearerSource)
	}
	token := secret(v, bearerToken)
	if token == "" {
		return "", fmt.Errorf("%s=STATIC_TOKEN needs %s", bearerSource, bearerToken)
	}
	return "Bearer " + token, nil
}

// either reads a key that may stand with or without the schema.registry. prefix; with it wins, as in Confluent's client.
func either(v configdef.Values, key string) (text string, set bool) {
	for _, k := range []string{prefix + key, key} {
		if v.IsSet(k) {
			return v.String(k), true
		}
	}
	return v.String(key), false
}

func secret(v configdef.Values, key string) string {
	if s := v.Secret(prefix + key); s.IsSet() {
		return s.Reveal()
	}
	return v.Secret(key).Reveal()
}

func readTLS(v configdef.Values) (*tls.Config, error) {
	if v.String(identify) != "https" {
		return nil, fmt.Errorf("%s must stay https: host names are always checked", identify)
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	var err error
	if c.RootCAs, err = trustStore(v).Pool(); err != nil {
		return nil, err
	}
	c.Certificates, err = keyStore(v).Certificates()
	return c, err
}

func trustStore(v configdef.Values) keystore.Trust {
	return keystore.Trust{Prefix: prefix, Type: v.String(trustType), Location: v.String(trustLocation),
		Password: v.Secret(trustPassword), Certificates: v.Secret(trustInline)}
}

func keyStore(v configdef.Values) keystore.Key {
	return keystore.Key{Prefix: prefix, Type: v.String(keyType), Location: v.String(keyLocation),
		Password: v.Secret(keyStorePassword), KeyPassword: v.Secret(keyPassword)}
}

// check says, before a client is made, what New would: it also reads the stores of keys and certificates.
func check(v configdef.Values) []configdef.Problem {
	var problems []configdef.Problem
	add := func(key string, err error) {
		if err != nil {
			problems = append(problems, configdef.Problem{Key: key, Message: err.Error()})
		}
	}
	if v.IsSet(URLKey) && strings.TrimSpace(v.Originals()[URLKey]) == "" {
		add(URLKey, fmt.Errorf("%s is empty: %w", URLKey, errURL))
	}
	auth := basicSource
	if _, bearer := either(v, bearerSource); bearer {
		auth = bearerSource
	}
	if v.IsSet(prefix + auth) {
		auth = prefix + auth
	}
	_, err := authorization(v)
	add(auth, err)
	if v.String(identify) != "https" {
		_, err = readTLS(v)
		add(identify, err)
	}
	trusted := trustLocation
	if v.Secret(trustInline).IsSet() {
		trusted = trustInline
	}
	_, err = trustStore(v).Pool()
	add(trusted, err)
	_, err = keyStore(v).Certificates()
	add(keyLocation, err)
	return problems
}
