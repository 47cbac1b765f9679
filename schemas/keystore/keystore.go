// Package keystore reads the key and trust stores of Java clients: JKS, PKCS12 and PEM, as files or inline.
package keystore

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// Key says where a private key and its certificates are. The fields are the ssl.* properties of the same names.
type Key struct {
	// Prefix stands before the property names in errors, as in "listeners.https.".
	Prefix string
	// Type is JKS, PKCS12 or PEM in any case; empty is JKS.
	Type, Location string
	// Password opens the store; KeyPassword the key in it, and is the same when not set.
	Password, KeyPassword configdef.Secret
	// PrivateKey and Chain are PEM text (ssl.keystore.key and ssl.keystore.certificate.chain).
	PrivateKey, Chain configdef.Secret
}

// Trust says where the certificates to trust are, like Key.
type Trust struct {
	Prefix         string
	Type, Location string
	Password       configdef.Secret
	Certificates   configdef.Secret // PEM text
}

// entry is a private key with its certificates, as a store holds it under an alias.
type entry struct {
	alias string
	key   any
	chain []*x509.Certificate // the leaf first
}

// Configured reports whether any property names a key.
func (k Key) Configured() bool {
	return k.Location != "" || k.PrivateKey.IsSet() || k.Chain.IsSet()
}

// Certificates returns the keys and certificates of the store, nil when none is configured. It never returns fewer
// than one otherwise: what is configured and cannot be used is an error that names the property.
func (k Key) Certificates() ([]tls.Certificate, error) {
	if !k.Configured() {
		return nil, nil
	}
	entries, property, err := k.entries()
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("read %s: there is no private key in it", property)
	}
	certs := make([]tls.Certificate, 0, len(entries))
	for _, e := range entries {
		cert, err := e.certificate()
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", property, err)
		}
		certs = append(certs, cert)
	}
	return certs, nil
}

func (k Key) entries() ([]entry, string, error) {
	location := k.Prefix + "ssl.keystore.location"
	inline := k.PrivateKey.IsSet() || k.Chain.IsSet()
	switch {
	case inline && k.Location != "":
		return nil, "", fmt.Errorf("read %s: %sssl.keystore.key and %[2]sssl.keystore.certificate.chain are set as well; choose one", location, k.Prefix)
	case inline:
		property := k.Prefix + "ssl.keystore.key"
		if !k.PrivateKey.IsSet() || !k.Chain.IsSet() {
			return nil, "", fmt.Errorf("read %s: set it together with %sssl.keystore.certificate.chain", property, k.Prefix)
		}
		entries, err := pemEntries([]byte(k.Chain.Reveal()), []byte(k.PrivateKey.Reveal()), k.KeyPassword, k.Prefix)
		return entries, property, wrap(property, err)
	}
	data, form, err := load(k.Location, k.Type)
	if err != nil {
		return nil, "", wrap(location, err)
	}
	var entries []entry
	switch {
	case form == pemForm:
		entries, err = pemEntries(data, data, k.KeyPassword, k.Prefix)
	case !k.Password.IsSet():
		err = fmt.Errorf("set %sssl.keystore.password, which a store of type %s needs", k.Prefix, form)
	case form == jksForm:
		entries, err = jksEntries(data, k)
	default:
		entries, err = pkcs12Entries(data, k)
	}
	return entries, location, wrap(location, err)
}

// certificate checks that key and certificate belong together and are in force.
func (e entry) certificate() (tls.Certificate, error) {
	if len(e.chain) == 0 {
		return tls.Certificate{}, fmt.Errorf("%sthere is no certificate with the private key", e.name())
	}
	leaf := e.chain[0]
	if err := matches(e.key, leaf); err != nil {
		return tls.Certificate{}, fmt.Errorf("%s%w", e.name(), err)
	}
	now := time.Now()
	if now.After(leaf.NotAfter) {
		return tls.Certificate{}, fmt.Errorf("%sthe certificate of %s expired on %s", e.name(), leaf.Subject, leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	if now.Before(leaf.NotBefore) {
		return tls.Certificate{}, fmt.Errorf("%sthe certificate of %s is valid from %s only", e.name(), leaf.Subject, leaf.NotBefore.UTC().Format(time.RFC3339))
	}
	cert := tls.Certificate{PrivateKey: e.key, Leaf: leaf}
	for _, c := range e.chain {
		cert.Certificate = append(cert.Certificate, c.Raw)
	}
	return cert, nil
}

func (e entry) name() string {
	if e.alias == "" {
		return ""
	}
	return fmt.Sprintf("entry %q: ", e.alias)
}

// Configured reports whether any property names certificates.
func (t Trust) Configured() bool { return t.Location != "" || t.Certificates.IsSet() }

// Pool returns the certificates to trust, nil when none are configured and the system's are to be used. What is
// configured and holds no usable certificate is an error that names the property.
func (t Trust) Pool() (*x509.CertPool, error) {
	if !t.Configured() {
		return nil, nil
	}
	certs, property, err := t.read()
	if err != nil {
		return nil, wrap(property, err)
	}
	if len(certs) == 0 {
		return nil, fmt.Errorf("read %s: there is no trusted certificate in it", property)
	}
	pool, inForce := x509.NewCertPool(), false
	for _, c := range certs {
		pool.AddCert(c)
		inForce = inForce || time.Now().Before(c.NotAfter)
	}
	if !inForce {
		return nil, fmt.Errorf("read %s: all certificates in it have expired, the one of %s on %s", property,
			certs[0].Subject, certs[0].NotAfter.UTC().Format(time.DateOnly))
	}
	return pool, nil
}

func (t Trust) read() ([]*x509.Certificate, string, error) {
	location, inline := t.Prefix+"ssl.truststore.location", t.Prefix+"ssl.truststore.certificates"
	if t.Certificates.IsSet() {
		if t.Location != "" {
			return nil, location, fmt.Errorf("%s is set as well; choose one", inline)
		}
		certs, err := pemCertificates([]byte(t.Certificates.Reveal()))
		return certs, inline, err
	}
	data, form, err := load(t.Location, t.Type)
	if err != nil {
		return nil, location, err
	}
	var certs []*x509.Certificate
	switch form {
	case pemForm:
		certs, err = pemCertificates(data)
	case jksForm:
		certs, err = jksTrusted(data, t)
	default:
		certs, err = pkcs12Trusted(data, t)
	}
	return certs, location, err
}

func wrap(property string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read %s: %w", property, err)
}

// wrongPassword is the error for a store that does not open: whether the password or the file is at fault cannot be
// told apart.
func wrongPassword(property string) error {
	return fmt.Errorf("%s does not open it: the password is wrong or the file is damaged", property)
}

// ValidType is a configdef validator for ssl.keystore.type and ssl.truststore.type.
func ValidType(value any) error {
	kind, _ := value.(string)
	switch strings.ToUpper(kind) {
	case "", string(jksForm), string(pkcs12Form), string(pemForm):
		return nil
	}
	return errors.New("the types of stores that can be read are JKS, PKCS12 and PEM")
}
