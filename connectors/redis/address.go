package redis

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sluice-connect/sluice/schemas/certfile"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// connect fills in where and as whom to connect.
func (s *settings) connect(v configdef.Values) []configdef.Problem {
	s.addressKey = keyHost
	s.dial.Network = "tcp"
	s.dial.Addr = net.JoinHostPort(v.String(keyHost), strconv.FormatInt(v.Int(keyPort), 10))
	if v.Has(keyURI) {
		o, err := parseURI(v.Secret(keyURI))
		if err != nil {
			return []configdef.Problem{{Key: keyURI, Message: err.Error()}}
		}
		s.addressKey, s.dial = keyURI, o
	}
	if s.dial.Username == "" {
		s.dial.Username = v.String(keyUsername)
	}
	if s.dial.Password == "" {
		s.dial.Password = v.Secret(keyPassword).Reveal()
	}
	if s.dial.TLSConfig == nil && !v.Bool(keyTLS) {
		return nil
	}
	config, problem := tlsConfig(v)
	if problem != nil {
		return []configdef.Problem{*problem}
	}
	s.dial.TLSConfig = config
	return nil
}

// parseURI keeps of the URI what says where and as whom. Its errors never quote the URI: it may hold a password.
func parseURI(uri configdef.Secret) (o goredis.Options, err error) {
	parsed, err := goredis.ParseURL(uri.Reveal())
	if err != nil || !validPort(parsed) {
		return o, errors.New("it is not a Redis URI such as redis://user:password@host:6379/0")
	}
	if strings.Contains(uri.Reveal(), "?") {
		return o, errors.New("it takes no parameters; use the other settings")
	}
	return goredis.Options{
		Network: parsed.Network, Addr: parsed.Addr, Username: parsed.Username, Password: parsed.Password,
		DB: parsed.DB, TLSConfig: parsed.TLSConfig,
	}, nil
}

func validURI(v any) error {
	uri, _ := v.(configdef.Secret)
	_, err := parseURI(uri)
	return err
}

// validHost refuses what may be a URI with a password, which would be shown wherever the configuration is.
func validHost(v any) error {
	if host, _ := v.(string); strings.ContainsAny(host, "/@") {
		return errors.New("it is not the name of a host; a URI belongs into redis.uri, where its password stays hidden")
	}
	return nil
}

// validPort reports whether the port of a URI is one; the client's parser takes any number.
func validPort(uri *goredis.Options) bool {
	_, port, err := net.SplitHostPort(uri.Addr)
	_, wrong := strconv.ParseUint(port, 10, 16)
	return uri.Network == "unix" || err == nil && wrong == nil
}

// checkConnection finds settings that would have no effect though they protect: a user without a password is not
// logged in as, and certificates of a plain connection are not looked at.
func checkConnection(v configdef.Values) (problems []configdef.Problem) {
	user, password, encrypted := v.String(keyUsername), v.Secret(keyPassword).IsSet(), v.Bool(keyTLS)
	if v.IsSet(keyURI) {
		uri, err := parseURI(v.Secret(keyURI))
		if err != nil {
			return nil // reported for the key itself
		}
		if v.Bool(keyCluster) && uri.DB != 0 {
			return []configdef.Problem{{Key: keyURI, Message: "redis.uri names a database, but a cluster has only database 0"}}
		}
		if uri.Username != "" {
			user = uri.Username
		}
		password, encrypted = password || uri.Password != "", encrypted || uri.TLSConfig != nil
	}
	if user != "" && user != "default" && !password {
		problems = append(problems, configdef.Problem{Key: keyPassword, Message: fmt.Sprintf("%s is missing: without a password nobody is logged in as %q", keyPassword, user)})
	}
	for _, key := range []string{keyCACert, keyClientCert} {
		if v.Has(key) && !encrypted {
			problems = append(problems, configdef.Problem{Key: key, Message: key + " has no effect without TLS: set redis.tls=true or use rediss:// in redis.uri"})
		}
	}
	return problems
}

func tlsConfig(v configdef.Values) (*tls.Config, *configdef.Problem) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: v.Bool(keyInsecure)} // asked for, and documented
	if v.Has(keyCACert) {
		pem, err := certfile.Read(v.String(keyCACert))
		if err != nil {
			return nil, &configdef.Problem{Key: keyCACert, Message: fmt.Sprintf("read certificates of authorities: %v", err)}
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, &configdef.Problem{Key: keyCACert, Message: "file " + v.String(keyCACert) + " holds no PEM certificate"}
		}
	}
	if v.Has(keyClientCert) {
		pair, err := certfile.KeyPair(v.String(keyClientCert), v.String(keyClientKey))
		if err != nil {
			return nil, &configdef.Problem{Key: keyClientCert, Message: fmt.Sprintf("load client certificate: %v", err)}
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
