package keystore

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the format's own checksum
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"fmt"
	"unicode/utf16"

	jks "github.com/pavlo-v-chernykh/keystore-go/v4"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// jksEntries decrypts the private keys of a JKS store.
func jksEntries(data []byte, k Key) ([]entry, error) {
	store, err := openJKS(data, k.Password, k.Prefix+"ssl.keystore.password")
	if err != nil {
		return nil, err
	}
	secret, property := k.Password, k.Prefix+"ssl.keystore.password (ssl.key.password is not set)"
	if k.KeyPassword.IsSet() {
		secret, property = k.KeyPassword, k.Prefix+"ssl.key.password"
	}
	var entries []entry
	for _, alias := range store.Aliases() {
		if !store.IsPrivateKeyEntry(alias) {
			continue
		}
		raw, err := store.GetPrivateKeyEntry(alias, latin1(secret))
		if err != nil {
			return nil, fmt.Errorf("entry %q: %s does not decrypt the private key", alias, property)
		}
		e := entry{alias: alias}
		if e.key, err = x509.ParsePKCS8PrivateKey(raw.PrivateKey); err != nil {
			return nil, fmt.Errorf("entry %q: read the private key: %w", alias, err)
		}
		for _, c := range raw.CertificateChain {
			cert, err := x509.ParseCertificate(c.Content)
			if err != nil {
				return nil, fmt.Errorf("entry %q: read the certificate: %w", alias, err)
			}
			e.chain = append(e.chain, cert)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// jksTrusted returns the trusted certificates of a JKS store; the certificate of a key counts as trusted, as in Java.
func jksTrusted(data []byte, t Trust) ([]*x509.Certificate, error) {
	store, err := openJKS(data, t.Password, t.Prefix+"ssl.truststore.password")
	if err != nil {
		return nil, err
	}
	var certs []*x509.Certificate
	for _, alias := range store.Aliases() {
		var content []byte
		if e, err := store.GetTrustedCertificateEntry(alias); err == nil {
			content = e.Certificate.Content
		} else if chain, err := store.GetPrivateKeyEntryCertificateChain(alias); err == nil && len(chain) > 0 {
			content = chain[0].Content
		} else {
			continue
		}
		cert, err := x509.ParseCertificate(content)
		if err != nil {
			return nil, fmt.Errorf("entry %q: read the certificate: %w", alias, err)
		}
		certs = append(certs, cert)
	}
	return certs, nil
}

// openJKS checks the store's checksum, which proves the password, before anything of it is parsed. Without a password
// there is nothing to check: Java opens trust stores like that too.
func openJKS(data []byte, password configdef.Secret, property string) (jks.KeyStore, error) {
	store := jks.New(jks.WithCaseExactAliases(), jks.WithOrderedAliases())
	if len(data) < sha1.Size {
		return store, errors.New("the file is cut short")
	}
	body, sum := data[:len(data)-sha1.Size], data[len(data)-sha1.Size:]
	if password.IsSet() && subtle.ConstantTimeCompare(sum, jksSum(body, password.Reveal())) == 0 {
		return store, wrongPassword(property)
	}
	checked := append(bytes.Clone(body), jksSum(body, "")...)
	if err := store.Load(bytes.NewReader(checked), nil); err != nil {
		return store, fmt.Errorf("parse the store: %w", err)
	}
	return store, nil
}

func jksSum(body []byte, password string) []byte {
	h := sha1.New() //nolint:gosec // the format's own checksum
	for _, unit := range utf16.Encode([]rune(password)) {
		h.Write([]byte{byte(unit >> 8), byte(unit)})
	}
	h.Write([]byte("Mighty Aphrodite"))
	h.Write(body)
	return h.Sum(nil)
}

// latin1 is how the library wants passwords: it makes a Java character of each byte.
func latin1(password configdef.Secret) []byte {
	var out []byte
	for _, r := range password.Reveal() {
		if r > 0xFF {
			return []byte(password.Reveal())
		}
		out = append(out, byte(r))
	}
	return out
}
