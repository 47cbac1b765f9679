package herder

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
)

func TestClusterIDNeverHoldsUpAnswers(t *testing.T) {
	asked := make(chan struct{})
	h := New(Options{Store: brokenStore{}, Version: "v", Logger: slog.New(slog.DiscardHandler),
		ClusterID: func(ctx context.Context) (string, error) {
			close(asked)
			<-ctx.Done()
			return "", ctx.Err()
		}})
	must(t, h.Start(t.Context(), nil))
	<-asked
	if info := h.ServerInfo(); info.KafkaClusterID != "" || info.Version != runtime.KafkaVersion || !h.Started() {
		t.Errorf("%+v", info)
	}
	must(t, h.Close(t.Context()))
}

func TestClusterIDIsAskedUntilKafkaAnswers(t *testing.T) {
	calls := 0
	h := New(Options{Store: brokenStore{}, Logger: slog.New(slog.DiscardHandler), ClusterID: func(context.Context) (string, error) {
		if calls++; calls == 1 {
			return "", errors.New("not yet")
		}
		return "cluster", nil
	}})
	must(t, h.Start(t.Context(), nil))
	eventually(t, "the id is known", func() bool { return h.ServerInfo().KafkaClusterID == "cluster" })
	must(t, h.Close(t.Context()))
}
