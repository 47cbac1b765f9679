// Package certtest makes certificates and the Java stores that hold them, for tests.
package certtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	jks "github.com/pavlo-v-chernykh/keystore-go/v4"
	"software.sslmate.com/src/go-pkcs12"
)

// Pair is a certificate with its private key and the authority that signed it.
type Pair struct {
	Cert *x509.Certificate
	Key  *ecdsa.PrivateKey
	// CA is nil for an authority.
	CA *Pair
}

// CA makes a certificate authority.
func CA(tb testing.TB, name string) *Pair {
	tb.Helper()
	return sign(tb, &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}, nil)
}

// Issue makes a certificate for a server or client; hosts are names and IP addresses.
func (p *Pair) Issue(tb testing.TB, name string, hosts ...string) *Pair {
	tb.Helper()
	return p.issue(tb, name, time.Now().Add(24*time.Hour), hosts)
}

// IssueExpired makes a certificate that ran out yesterday.
func (p *Pair) IssueExpired(tb testing.TB, name string, hosts ...string) *Pair {
	tb.Helper()
	return p.issue(tb, name, time.Now().Add(-24*time.Hour), hosts)
}

func (p *Pair) issue(tb testing.TB, name string, until time.Time, hosts []string) *Pair {
	tb.Helper()
	cert := &x509.Certificate{Subject: pkix.Name{CommonName: name}, NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			cert.IPAddresses = append(cert.IPAddresses, ip)
		} else {
			cert.DNSNames = append(cert.DNSNames, host)
		}
	}
	return sign(tb, cert, p)
}

func sign(tb testing.TB, template *x509.Certificate, ca *Pair) *Pair {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(tb, err)
	template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62))
	must(tb, err)
	template.NotBefore = time.Now().Add(-48 * time.Hour)
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(24 * time.Hour)
	}
	parent, signer := template, key
	if ca != nil {
		parent, signer = ca.Cert, ca.Key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	must(tb, err)
	cert, err := x509.ParseCertificate(der)
	must(tb, err)
	return &Pair{Cert: cert, Key: key, CA: ca}
}

// CertPEM returns the certificate, and the authority's after it, as PEM text.
func (p *Pair) CertPEM() string {
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Cert.Raw}))
	if p.CA != nil {
		text += p.CA.CertPEM()
	}
	return text
}

// KeyPEM returns the private key as PEM text.
func (p *Pair) KeyPEM(tb testing.TB) string {
	tb.Helper()
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: p.pkcs8(tb)}))
}

func (p *Pair) pkcs8(tb testing.TB) []byte {
	tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(p.Key)
	must(tb, err)
	return der
}

// KeyJKS writes a JKS key store and returns its path.
func (p *Pair) KeyJKS(tb testing.TB, storePassword, keyPassword string) string {
	tb.Helper()
	entry := jks.PrivateKeyEntry{CreationTime: time.Now(), PrivateKey: p.pkcs8(tb), CertificateChain: []jks.Certificate{{Type: "X509", Content: p.Cert.Raw}}}
	if p.CA != nil {
		entry.CertificateChain = append(entry.CertificateChain, jks.Certificate{Type: "X509", Content: p.CA.Cert.Raw})
	}
	store := jks.New()
	must(tb, store.SetPrivateKeyEntry("client", entry, []byte(keyPassword)))
	return writeJKS(tb, store, storePassword)
}

// TrustJKS writes a JKS trust store with the certificate and returns its path.
func (p *Pair) TrustJKS(tb testing.TB, password string) string {
	tb.Helper()
	store := jks.New()
	must(tb, store.SetTrustedCertificateEntry("ca", jks.TrustedCertificateEntry{CreationTime: time.Now(),
		Certificate: jks.Certificate{Type: "X509", Content: p.Cert.Raw}}))
	return writeJKS(tb, store, password)
}

func writeJKS(tb testing.TB, store jks.KeyStore, password string) string {
	tb.Helper()
	var b bytes.Buffer
	must(tb, store.Store(&b, []byte(password)))
	return File(tb, "store.jks", b.Bytes())
}

// KeyPKCS12 writes a PKCS12 key store and returns its path.
func (p *Pair) KeyPKCS12(tb testing.TB, password string) string {
	tb.Helper()
	var chain []*x509.Certificate
	if p.CA != nil {
		chain = append(chain, p.CA.Cert)
	}
	data, err := pkcs12.Modern2023.Encode(p.Key, p.Cert, chain, password)
	must(tb, err)
	return File(tb, "key.p12", data)
}

// TrustPKCS12 writes a PKCS12 trust store with the certificate and returns its path.
func (p *Pair) TrustPKCS12(tb testing.TB, password string) string {
	tb.Helper()
	data, err := pkcs12.Modern2023.EncodeTrustStore([]*x509.Certificate{p.Cert}, password)
	must(tb, err)
	return File(tb, "trust.p12", data)
}

// File writes data into a file of its own directory, which lasts as long as the test, and returns its path.
func File(tb testing.TB, name string, data []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	must(tb, os.WriteFile(path, data, 0o600))
	return path
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
