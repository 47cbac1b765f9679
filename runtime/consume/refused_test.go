package consume_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/sluice-connect/sluice/runtime/consume"
)

// TestRefusedLoginIsNotTriedAgain: a broker that answers and refuses is no broker to wait for.
func TestRefusedLoginIsNotTriedAgain(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("PLAIN", "u", "right"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	cfg, err := consume.NewConfig(map[string]string{"bootstrap.servers": cluster.ListenAddrs()[0], "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
		"sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="wrong";`}, "c", "g")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Topics, cfg.CommitInterval, cfg.Logger = []string{"t"}, time.Second, slog.New(slog.DiscardHandler)
	err = consume.New(cfg).Run(t.Context(), newCounter())
	if err == nil || !strings.Contains(err.Error(), "check username and password in sasl.jaas.config") {
		t.Errorf("the consumer ended with %v", err)
	}
}
