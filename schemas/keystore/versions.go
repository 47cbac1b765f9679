package keystore

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The names in ssl.enabled.protocols; versions of 0 are known to Java and too old to be safe.
var tlsVersions = map[string]uint16{"TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13, "TLSv1": 0, "TLSv1.1": 0, "SSLv3": 0, "SSLv2Hello": 0}

// ValidProtocols accepts lists for ssl.enabled.protocols that name at least one version that is safe.
func ValidProtocols(value any) error {
	names, _ := value.([]string)
	safe := false
	for _, name := range names {
		version, known := tlsVersions[name]
		if !known {
			return fmt.Errorf("%q is not known; TLSv1.2 and TLSv1.3 are supported", name)
		}
		safe = safe || version > 0
	}
	if !safe {
		return errors.New("it names neither TLSv1.2 nor TLSv1.3; older versions are not safe")
	}
	return nil
}

// Narrow limits conf to the TLS versions and cipher suites that ssl.enabled.protocols and ssl.cipher.suites name, all
// suites when there are none. What is not safe or not known is left out: the choice only ever becomes smaller than what
// was asked for. The suites of TLSv1.3 are fixed, so a list without any of them rules that version out, as in Java.
func Narrow(conf *tls.Config, protocols, suites []string) error {
	if err := ValidProtocols(protocols); err != nil {
		return fmt.Errorf("read ssl.enabled.protocols: %w", err)
	}
	conf.MinVersion, conf.MaxVersion = tls.VersionTLS13, tls.VersionTLS12
	for _, name := range protocols {
		if version := tlsVersions[name]; version > 0 {
			conf.MinVersion, conf.MaxVersion = min(conf.MinVersion, version), max(conf.MaxVersion, version)
		}
	}
	if len(suites) == 0 {
		return nil
	}
	newest := false
	for _, suite := range tls.CipherSuites() {
		switch {
		case !slices.Contains(suites, suite.Name):
		case suite.SupportedVersions[0] == tls.VersionTLS13:
			newest = true
		default:
			conf.CipherSuites = append(conf.CipherSuites, suite.ID)
		}
	}
	if len(conf.CipherSuites) == 0 {
		conf.MinVersion = tls.VersionTLS13
	}
	if !newest {
		conf.MaxVersion = min(conf.MaxVersion, tls.VersionTLS12)
	}
	if conf.MinVersion > conf.MaxVersion {
		return fmt.Errorf("read ssl.cipher.suites: none of the suites is secure and fits ssl.enabled.protocols; secure are %s", secureSuites())
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
