package registry

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-connect/sluice/schemas/certfile"
	"github.com/sluice-connect/sluice/schemas/configdef"
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
	return u, err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
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
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if v.String(identify) != "https" {
		return nil, fmt.Errorf("%s must stay https: host names are always checked", identify)
	}
	pem, err := trusted(v)
	if err != nil {
		return nil, err
	}
	if pem != nil {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("the trust store of the schema registry holds no certificate in PEM form")
		}
	}
	if location := v.String(keyLocation); location != "" {
		if !strings.EqualFold(v.String(keyType), "PEM") || v.Secret(keyPassword).IsSet() {
			return nil, fmt.Errorf("%s: only PEM files without a password are supported (%s=PEM)", keyLocation, keyType)
		}
		pair, err := certfile.KeyPair(location, location)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", keyLocation, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// trusted returns the PEM text of the trust store, nil when there is none.
func trusted(v configdef.Values) ([]byte, error) {
	location, inline := v.String(trustLocation), v.Secret(trustInline)
	if location == "" && !inline.IsSet() {
		return nil, nil
	}
	if !strings.EqualFold(v.String(trustType), "PEM") {
		return nil, fmt.Errorf("%s: only PEM is supported; convert the store and set %s=PEM", trustLocation, trustType)
	}
	if inline.IsSet() {
		return []byte(inline.Reveal()), nil
	}
	pem, err := certfile.Read(location)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", trustLocation, err)
	}
	return pem, nil
}
