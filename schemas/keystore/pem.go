package keystore

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// pemCertificates returns all certificates of a PEM text. One that cannot be read is an error: a trust store that is
// smaller than its file would be noticed much later.
func pemCertificates(text []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return certs, nil
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("parse certificate %d: %w", len(certs)+1, err)
		}
		certs = append(certs, cert)
	}
}

// pemEntries returns the one key of keyText with the certificates of chainText.
func pemEntries(chainText, keyText []byte, password configdef.Secret, prefix string) ([]entry, error) {
	chain, err := pemCertificates(chainText)
	if err != nil {
		return nil, err
	}
	for {
		var block *pem.Block
		if block, keyText = pem.Decode(keyText); block == nil {
			return nil, nil
		}
		key, err := pemKey(block, password, prefix+"ssl.key.password")
		if err != nil {
			return nil, err
		}
		if key != nil {
			return []entry{{key: key, chain: chain}}, nil
		}
	}
}

// pemKey returns nil for a block that is no private key.
func pemKey(block *pem.Block, password configdef.Secret, property string) (any, error) {
	if block.Headers["DEK-Info"] != "" {
		return nil, errors.New("the private key is encrypted in the old OpenSSL way; convert it with openssl pkcs8 -topk8")
	}
	switch block.Type {
	case "PRIVATE KEY":
		return parsed(x509.ParsePKCS8PrivateKey(block.Bytes))
	case "RSA PRIVATE KEY":
		return parsed(x509.ParsePKCS1PrivateKey(block.Bytes))
	case "EC PRIVATE KEY":
		return parsed(x509.ParseECPrivateKey(block.Bytes))
	case "ENCRYPTED PRIVATE KEY":
		if !password.IsSet() {
			return nil, fmt.Errorf("the private key is encrypted; set %s", property)
		}
		plain, err := decryptPKCS8(block.Bytes, password.Reveal())
		if errors.Is(err, errPadding) {
			return nil, fmt.Errorf("%s does not decrypt the private key", property)
		}
		if err != nil {
			return nil, fmt.Errorf("decrypt the private key: %w", err)
		}
		key, err := x509.ParsePKCS8PrivateKey(plain)
		if err != nil {
			// One wrong password in 256 leaves a correct padding.
			return nil, fmt.Errorf("%s does not decrypt the private key", property)
		}
		return key, nil
	}
	return nil, nil
}

func parsed[K any](key K, err error) (any, error) {
	if err != nil {
		return nil, errors.New("the private key cannot be parsed") // the cause could quote it
	}
	return key, nil
}

func matches(key any, leaf *x509.Certificate) error {
	signer, ok := key.(crypto.Signer)
	if !ok {
		return fmt.Errorf("a private key of type %T cannot be used for TLS", key)
	}
	public, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(signer.Public()) {
		return fmt.Errorf("the private key does not belong to the certificate of %s", leaf.Subject)
	}
	return nil
}
