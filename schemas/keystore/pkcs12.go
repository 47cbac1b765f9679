package keystore

import (
	"crypto/x509"
	"errors"
	"fmt"

	"software.sslmate.com/src/go-pkcs12"
)

// pkcs12Entries returns the key of a PKCS12 store. The format has one password for store and key.
func pkcs12Entries(data []byte, k Key) ([]entry, error) {
	key, leaf, chain, err := pkcs12.DecodeChain(data, k.Password.Reveal())
	if err != nil {
		return nil, pkcs12Error(err, k.Prefix+"ssl.keystore.password")
	}
	return []entry{{key: key, chain: append([]*x509.Certificate{leaf}, chain...)}}, nil
}

// pkcs12Trusted returns the trusted certificates of a PKCS12 store, or those of its key when it has no others.
func pkcs12Trusted(data []byte, t Trust) ([]*x509.Certificate, error) {
	certs, err := pkcs12.DecodeTrustStore(data, t.Password.Reveal())
	if err == nil {
		return certs, nil
	}
	if errors.Is(err, pkcs12.ErrIncorrectPassword) || errors.Is(err, pkcs12.ErrDecryption) {
		return nil, pkcs12Error(err, t.Prefix+"ssl.truststore.password")
	}
	if _, leaf, _, keyErr := pkcs12.DecodeChain(data, t.Password.Reveal()); keyErr == nil {
		return []*x509.Certificate{leaf}, nil
	}
	return nil, fmt.Errorf("find trusted certificates, as keytool -importcert marks them: %w", err)
}

func pkcs12Error(err error, property string) error {
	if errors.Is(err, pkcs12.ErrIncorrectPassword) || errors.Is(err, pkcs12.ErrDecryption) {
		return wrongPassword(property)
	}
	return fmt.Errorf("find one private key with its certificate: %w", err)
}
