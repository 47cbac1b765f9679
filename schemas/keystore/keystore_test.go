package keystore_test

import (
	"crypto/x509"
	"os"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/keystore"
	"github.com/sluice-connect/sluice/schemas/keystore/certtest"
)

var secret = configdef.NewSecret

func TestKeys(t *testing.T) {
	pair := certtest.CA(t, "ca").Issue(t, "client", "localhost")
	both := certtest.File(t, "client.pem", []byte(pair.CertPEM()+pair.KeyPEM(t)))
	for name, k := range map[string]keystore.Key{
		"JKS":                       {Location: pair.KeyJKS(t, "store-pw", "store-pw"), Password: secret("store-pw")},
		"JKS with a key password":   {Location: pair.KeyJKS(t, "store-pw", "key-pw"), Password: secret("store-pw"), KeyPassword: secret("key-pw")},
		"JKS beyond ASCII":          {Location: pair.KeyJKS(t, "st\xf6re", "st\xf6re"), Password: secret("störe")},
		"PKCS12":                    {Type: "pkcs12", Location: pair.KeyPKCS12(t, "store-pw"), Password: secret("store-pw")},
		"PKCS12 by the default JKS": {Location: pair.KeyPKCS12(t, "store-pw"), Password: secret("store-pw")},
		"JKS called PKCS12":         {Type: "PKCS12", Location: pair.KeyJKS(t, "store-pw", "store-pw"), Password: secret("store-pw")},
		"PEM file":                  {Type: "PEM", Location: both},
		"PEM inline":                {Type: "PEM", PrivateKey: secret(pair.KeyPEM(t)), Chain: secret(pair.CertPEM())},
	} {
		certs, err := k.Certificates()
		if err != nil || len(certs) != 1 {
			t.Errorf("%s: %d certificates, %v", name, len(certs), err)
			continue
		}
		if !certs[0].Leaf.Equal(pair.Cert) || len(certs[0].Certificate) != 2 {
			t.Errorf("%s: a chain of %d for %s", name, len(certs[0].Certificate), certs[0].Leaf.Subject)
		}
	}
	if certs, err := (keystore.Key{}).Certificates(); certs != nil || err != nil {
		t.Errorf("nothing configured: %v, %v", certs, err)
	}
}

func TestEncryptedPEM(t *testing.T) {
	k := keystore.Key{PrivateKey: secret(opensslKey), Chain: secret(opensslCert), KeyPassword: secret("key-password")}
	if certs, err := k.Certificates(); err != nil || len(certs) != 1 {
		t.Fatalf("%d certificates, %v", len(certs), err)
	}
	for _, k := range []keystore.Key{
		{PrivateKey: k.PrivateKey, Chain: k.Chain},
		{PrivateKey: k.PrivateKey, Chain: k.Chain, KeyPassword: secret("canary-wrong")},
	} {
		refused(t, "encrypted PEM", func() error { _, err := k.Certificates(); return err }, "ssl.keystore.key", "ssl.key.password")
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	ca := certtest.CA(t, "ca")
	pair, old := ca.Issue(t, "client"), ca.IssueExpired(t, "client")
	jks, p12 := pair.KeyJKS(t, "store-pw", "key-pw"), pair.KeyPKCS12(t, "store-pw")
	damaged, err := os.ReadFile(jks)
	if err != nil {
		t.Fatal(err)
	}
	damaged[len(damaged)/2] ^= 1
	pem := certtest.File(t, "a.pem", []byte(pair.CertPEM()+pair.KeyPEM(t)))
	for _, c := range []struct {
		name string
		key  keystore.Key
		says []string
	}{
		{"no such file", keystore.Key{Location: "/does/not/exist", Password: secret("canary")}, []string{"l.ssl.keystore.location", "/does/not/exist"}},
		{"a directory", keystore.Key{Location: t.TempDir(), Password: secret("canary")}, []string{"l.ssl.keystore.location", "regular"}},
		{"no password", keystore.Key{Location: jks}, []string{"l.ssl.keystore.password"}},
		{"JKS, wrong password", keystore.Key{Location: jks, Password: secret("canary")}, []string{"l.ssl.keystore.password", "wrong"}},
		{"JKS, damaged", keystore.Key{Location: certtest.File(t, "b", damaged), Password: secret("store-pw")}, []string{"damaged"}},
		{"JKS, wrong key password", keystore.Key{Location: jks, Password: secret("store-pw"), KeyPassword: secret("canary")}, []string{`"client"`, "l.ssl.key.password"}},
		{"JKS, key password not set", keystore.Key{Location: jks, Password: secret("store-pw")}, []string{"l.ssl.keystore.password", "ssl.key.password is not set"}},
		{"JKS without a key", keystore.Key{Location: ca.TrustJKS(t, "store-pw"), Password: secret("store-pw")}, []string{"no private key"}},
		{"PKCS12, wrong password", keystore.Key{Location: p12, Password: secret("canary")}, []string{"l.ssl.keystore.password", "wrong"}},
		{"PKCS12 without a key", keystore.Key{Location: ca.TrustPKCS12(t, "store-pw"), Password: secret("store-pw")}, []string{"private key"}},
		{"PEM called JKS", keystore.Key{Location: pem, Password: secret("canary")}, []string{"type", "PEM"}},
		{"JKS called PEM", keystore.Key{Type: "PEM", Location: jks}, []string{"no PEM"}},
		{"unknown type", keystore.Key{Type: "BCFKS", Location: jks, Password: secret("canary")}, []string{"JKS, PKCS12 and PEM"}},
		{"garbage", keystore.Key{Location: certtest.File(t, "g", []byte("hello, world")), Password: secret("canary")}, []string{"neither"}},
		{"empty", keystore.Key{Location: certtest.File(t, "e", nil), Password: secret("canary")}, []string{"empty"}},
		{"JCEKS", keystore.Key{Location: certtest.File(t, "j", []byte{0xCE, 0xCE, 0xCE, 0xCE, 0}), Password: secret("canary")}, []string{"JCEKS"}},
		{"key of another", keystore.Key{PrivateKey: secret(old.KeyPEM(t)), Chain: secret(pair.CertPEM())}, []string{"does not belong"}},
		{"chain without key", keystore.Key{Chain: secret(pair.CertPEM())}, []string{"l.ssl.keystore.key", "l.ssl.keystore.certificate.chain"}},
		{"file and inline", keystore.Key{Location: jks, PrivateKey: secret(pair.KeyPEM(t)), Chain: secret(pair.CertPEM())}, []string{"choose one"}},
		{"expired", keystore.Key{Location: old.KeyJKS(t, "store-pw", "store-pw"), Password: secret("store-pw")}, []string{"CN=client", "expired"}},
	} {
		c.key.Prefix = "l."
		refused(t, c.name, func() error { _, err := c.key.Certificates(); return err }, c.says...)
	}
}

func TestTrust(t *testing.T) {
	ca := certtest.CA(t, "ca")
	leaf := ca.Issue(t, "server", "localhost")
	for name, trust := range map[string]keystore.Trust{
		"JKS":                    {Location: ca.TrustJKS(t, "store-pw"), Password: secret("store-pw")},
		"JKS without a password": {Location: ca.TrustJKS(t, "store-pw")},
		"PKCS12":                 {Type: "PKCS12", Location: ca.TrustPKCS12(t, "store-pw"), Password: secret("store-pw")},
		"key store as trust":     {Location: ca.KeyJKS(t, "store-pw", "other"), Password: secret("store-pw")},
		"PKCS12 key as trust":    {Location: ca.KeyPKCS12(t, "store-pw"), Password: secret("store-pw")},
		"PEM file":               {Type: "PEM", Location: certtest.File(t, "ca.pem", []byte(ca.CertPEM()))},
		"PEM inline":             {Type: "PEM", Certificates: secret(ca.CertPEM())},
	} {
		pool, err := trust.Pool()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := leaf.Cert.Verify(x509.VerifyOptions{Roots: pool, DNSName: "localhost"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if pool, err := (keystore.Trust{}).Pool(); pool != nil || err != nil {
		t.Errorf("nothing configured: %v, %v", pool, err)
	}
}

// TestTrustFailsClosed: a trust store that cannot be used never becomes the system's or an empty one.
func TestTrustFailsClosed(t *testing.T) {
	ca := certtest.CA(t, "ca")
	damaged := strings.Replace(ca.CertPEM(), "MII", "AAA", 1)
	for _, c := range []struct {
		name  string
		trust keystore.Trust
		says  []string
	}{
		{"no such file", keystore.Trust{Location: "/does/not/exist"}, []string{"ssl.truststore.location"}},
		{"JKS, wrong password", keystore.Trust{Location: ca.TrustJKS(t, "store-pw"), Password: secret("canary")}, []string{"ssl.truststore.password", "wrong"}},
		{"PKCS12, wrong password", keystore.Trust{Location: ca.TrustPKCS12(t, "store-pw"), Password: secret("canary")}, []string{"ssl.truststore.password", "wrong"}},
		{"no entry", keystore.Trust{Type: "PEM", Location: certtest.File(t, "k.pem", []byte(ca.KeyPEM(t)))}, []string{"ssl.truststore.location", "no trusted certificate"}},
		{"damaged", keystore.Trust{Certificates: secret(ca.CertPEM() + damaged)}, []string{"ssl.truststore.certificates", "certificate 2"}},
		{"no PEM", keystore.Trust{Certificates: secret("canary")}, []string{"ssl.truststore.certificates", "no trusted certificate"}},
		{"both", keystore.Trust{Location: "/a", Certificates: secret(ca.CertPEM())}, []string{"choose one"}},
		{"expired", keystore.Trust{Certificates: secret(strings.SplitAfter(ca.IssueExpired(t, "old").CertPEM(), "-----END CERTIFICATE-----\n")[0])}, []string{"CN=old", "expired"}},
	} {
		refused(t, c.name, func() error { _, err := c.trust.Pool(); return err }, c.says...)
	}
}

func refused(t *testing.T, name string, try func() error, says ...string) {
	t.Helper()
	err := try()
	if err == nil {
		t.Errorf("%s: accepted", name)
		return
	}
	for _, want := range says {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q does not say %q", name, err, want)
		}
	}
	if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "-pw") {
		t.Errorf("%s: a password is in %q", name, err)
	}
}

// Written by openssl pkcs8 -topk8 -v2 aes256.
const opensslKey = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjcuYOeZwrGXwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOTxLmE5qmOsKbjW0WQ9jQAEgZDU
R2ATV4Bi4S2+tZviaWtq+nwCw2IeRMhFUfiCStvw7OaU8CC/hMLpYGwH48Bi0tZT
T5v1nAQb/YGhpWF4QCFbD5At7tSOdWrsXmVLLeQnokfstLpU6meMz8ZNjcBMjZrn
MAb/9C65gIcNv1FmHSXc/1sugZ2JCknFlnU9q5BMCOQb8sPUMGXNsdukwUu0/3Q=
-----END ENCRYPTED PRIVATE KEY-----
`

const opensslCert = `-----BEGIN CERTIFICATE-----
MIIBejCCASGgAwIBAgIUJaB7BmOfkIAWzl55DtgBM33LWygwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHb3BlbnNzbDAgFw0yNjExMjIxOTM3MjJaGA8yMTI2MTAyOTE5
MzcyMlowEjEQMA4GA1UEAwwHb3BlbnNzbDBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABNmk9v+EaoBLijbtkLRKlcrfwSkjMNxuj8B3+h4KOF8j8fN1Ctm5OuLBiSFQ
QHIG0DhvMvMto7xJ6FP2rJcdK/yjUzBRMB0GA1UdDgQWBBSNrTpA8kyk2/nbxksv
hoa82XxKQTAfBgNVHSMEGDAWgBSNrTpA8kyk2/nbxksvhoa82XxKQTAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIFKZvdx45himwUagzuR8eHVHjA8q
cCo8ptSmkd1hTZc7AiBP8WYZiY7RThnANWliq+xbPScMPY6mIvCE1aPmUzQM7g==
-----END CERTIFICATE-----
`
