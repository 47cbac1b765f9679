package keystore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // older keys are encrypted with it
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // the default of the format
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
)

// maxIterations bounds the work of deriving a key; OpenSSL's default is 2048, and a million takes about a second.
const maxIterations = 5_000_000

// errPadding means that the password is wrong.
var errPadding = errors.New("wrong padding")

type algorithm struct {
	ID     asn1.ObjectIdentifier
	Params asn1.RawValue `asn1:"optional"`
}

type encryptedKey struct {
	Algorithm algorithm
	Data      []byte
}

type pbes2 struct{ Derivation, Cipher algorithm }

type derivation struct {
	Salt       []byte
	Iterations int
	Length     int       `asn1:"optional"`
	PRF        algorithm `asn1:"optional"`
}

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
)

// hashes are the pseudo-random functions of PBKDF2; the empty one is the default of the format.
var hashes = map[string]func() hash.Hash{
	"": sha1.New, "1.2.840.113549.2.7": sha1.New, "1.2.840.113549.2.9": sha256.New,
	"1.2.840.113549.2.10": sha512.New384, "1.2.840.113549.2.11": sha512.New,
}

type blockCipher struct {
	keySize int
	make    func([]byte) (cipher.Block, error)
}

var ciphers = map[string]blockCipher{
	"2.16.840.1.101.3.4.1.2": {16, aes.NewCipher}, "2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher}, "1.2.840.113549.3.7": {24, des.NewTripleDESCipher},
}

// decryptPKCS8 opens an ENCRYPTED PRIVATE KEY of the one scheme that current tools write, PBES2 with PBKDF2.
func decryptPKCS8(der []byte, password string) ([]byte, error) {
	var k encryptedKey
	if rest, err := asn1.Unmarshal(der, &k); err != nil || len(rest) > 0 {
		return nil, errors.New("the structure is damaged")
	}
	if !k.Algorithm.ID.Equal(oidPBES2) {
		return nil, fmt.Errorf("encryption scheme %s is not supported; convert it with openssl pkcs8 -topk8 -v2 aes256", k.Algorithm.ID)
	}
	var scheme pbes2
	if _, err := asn1.Unmarshal(k.Algorithm.Params.FullBytes, &scheme); err != nil {
		return nil, errors.New("the parameters of the encryption are damaged")
	}
	c, ok := ciphers[scheme.Cipher.ID.String()]
	if !ok {
		return nil, fmt.Errorf("cipher %s is not supported", scheme.Cipher.ID)
	}
	key, err := derive(scheme.Derivation, password, c.keySize)
	if err != nil {
		return nil, err
	}
	block, err := c.make(key)
	if err != nil {
		return nil, err
	}
	var iv []byte
	if _, err := asn1.Unmarshal(scheme.Cipher.Params.FullBytes, &iv); err != nil || len(iv) != block.BlockSize() {
		return nil, errors.New("the parameters of the cipher are damaged")
	}
	return decryptBlocks(block, iv, k.Data)
}

func derive(a algorithm, password string, size int) ([]byte, error) {
	if !a.ID.Equal(oidPBKDF2) {
		return nil, fmt.Errorf("key derivation %s is not supported", a.ID)
	}
	var d derivation
	if _, err := asn1.Unmarshal(a.Params.FullBytes, &d); err != nil || d.Iterations < 1 || d.Iterations > maxIterations {
		return nil, errors.New("the parameters of the key derivation are damaged")
	}
	h, ok := hashes[d.PRF.ID.String()]
	if !ok {
		return nil, fmt.Errorf("key derivation with %s is not supported", d.PRF.ID)
	}
	return pbkdf2.Key(h, password, d.Salt, d.Iterations, size)
}

func decryptBlocks(block cipher.Block, iv, data []byte) ([]byte, error) {
	size := block.BlockSize()
	if len(data) == 0 || len(data)%size != 0 {
		return nil, errors.New("the encrypted data is cut short")
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	n := int(plain[len(plain)-1])
	if n < 1 || n > size {
		return nil, errPadding
	}
	for _, b := range plain[len(plain)-n:] {
		if int(b) != n {
			return nil, errPadding
		}
	}
	return plain[:len(plain)-n], nil
}
