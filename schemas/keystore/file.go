package keystore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"

	"github.com/sluice-connect/sluice/schemas/certfile"
)

// form is how a store is written.
type form string

const (
	jksForm    form = "JKS"
	pkcs12Form form = "PKCS12"
	pemForm    form = "PEM"
)

const (
	jksMagic   = 0xFEEDFEED
	jceksMagic = 0xCECECECE
)

// load reads a store and finds out which form it has. Java reads PKCS12 files where JKS is configured and the other
// way round, and its keytool has long written PKCS12 into files that are called .jks.
func load(path, kind string) ([]byte, form, error) {
	if err := ValidType(kind); err != nil {
		return nil, "", err
	}
	data, err := certfile.Read(path)
	if err != nil {
		return nil, "", err
	}
	looksPEM := bytes.Contains(data, []byte("-----BEGIN "))
	switch {
	case strings.EqualFold(kind, string(pemForm)):
		if !looksPEM {
			return nil, "", errors.New("it is configured as PEM but holds no PEM text")
		}
		return data, pemForm, nil
	case len(data) < 4:
		return nil, "", errors.New("the file is empty or cut short")
	case binary.BigEndian.Uint32(data) == jksMagic:
		return data, jksForm, nil
	case binary.BigEndian.Uint32(data) == jceksMagic:
		return nil, "", errors.New("it is a JCEKS store; convert it with keytool -importkeystore -deststoretype PKCS12")
	case data[0] == 0x30: // an ASN.1 sequence
		return data, pkcs12Form, nil
	case looksPEM:
		return nil, "", errors.New("it holds PEM text; set the type of the store to PEM")
	}
	return nil, "", errors.New("it is neither a JKS nor a PKCS12 store")
}
