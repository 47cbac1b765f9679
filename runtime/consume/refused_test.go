package consume_test

import (
	"crypto/tls"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/schemas/keystore/certtest"
)

// TestUntrustedBrokerIsNotTriedAgain: a broker that answers and cannot be trusted is no broker to wait for.
func TestUntrustedBrokerIsNotTriedAgain(t *testing.T) {
	server := certtest.CA(t, "nobody's authority").Issue(t, "broker", "127.0.0.1")
	cert, err := tls.X509KeyPair([]byte(server.CertPEM()), []byte(server.KeyPEM(t)))
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	cfg, err := consume.NewConfig(map[string]string{"bootstrap.servers": cluster.ListenAddrs()[0], "security.protocol": "SSL",
		"ssl.truststore.type": "PEM", "ssl.truststore.certificates": certtest.CA(t, "another authority").CertPEM()}, "c", "g")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Topics, cfg.CommitInterval, cfg.Logger = []string{"t"}, time.Second, slog.New(slog.DiscardHandler)
	err = consume.New(cfg).Run(t.Context(), newCounter())
	if err == nil || !strings.Contains(err.Error(), "certificate signed by unknown authority: check ssl.truststore.*") {
		t.Errorf("the consumer ended with %v", err)
	}
}
