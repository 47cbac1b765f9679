package cli

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWorkerPropertiesAreResolved: a reference in worker.properties stands for what its provider knows.
func TestWorkerPropertiesAreResolved(t *testing.T) {
	t.Setenv("SLUICE_TEST_BROKERS", "broker:9092")
	path := filepath.Join(t.TempDir(), "worker.properties")
	lines := []string{"bootstrap.servers=${env:SLUICE_TEST_BROKERS}", "key.converter=ByteArrayConverter", "value.converter=ByteArrayConverter",
		"config.providers=env", "config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider"}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := loadWorker(t.Context(), path, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil || config.Props["bootstrap.servers"] != "broker:9092" {
		t.Errorf("bootstrap.servers is %q, %v", config.Props["bootstrap.servers"], err)
	}
}
