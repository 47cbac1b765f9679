package consume

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/runtime/kafka"
)

// TestLoopsEndWithTheirBrokers: a broker that leads nothing for us any more, be it gone or not, is not tried for ever.
func TestLoopsEndWithTheirBrokers(t *testing.T) {
	const gone, other = "127.0.0.1:1", "127.0.0.1:2"
	client, _, err := kafka.Config(map[string]string{"bootstrap.servers": gone})
	if err != nil {
		t.Fatal(err)
	}
	cfg := &Config{Client: client, Logger: slog.New(slog.DiscardHandler), MetadataMaxAge: time.Minute}
	known := newCluster(cfg)
	known.topics["t"] = topic{partitions: map[int32]leader{0: {broker: 1}}}
	leads := func(addr string) {
		known.mu.Lock()
		defer known.mu.Unlock()
		known.brokers = map[int32]string{1: addr}
	}
	ctx, cancel := context.WithCancel(t.Context())
	f := newFetcher(ctx, cfg, &leaders{cfg: cfg, cluster: known})
	done := make(chan struct{})
	go func() { defer close(done); f.run() }()
	defer func() { cancel(); <-done }()
	wait := func(want ...string) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; <-time.After(time.Millisecond) {
			f.mu.Lock()
			var running []string
			for addr := range f.loops {
				running = append(running, addr)
			}
			f.mu.Unlock()
			if slices.Equal(running, want) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("loops run for %v, want %v", running, want)
			}
		}
	}
	leads(gone)
	p, _ := aPartition(0, nil)
	f.set([]*Partition{p})
	wait(gone)
	leads(other)
	wait(other)
	f.set(nil)
	wait()
}
