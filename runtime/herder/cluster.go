package herder

import (
	"context"
	"time"

	"github.com/sluice-connect/sluice/schemas/pace"
)

// How often Kafka is asked for its cluster id until it answers.
const (
	clusterAsk      = 5 * time.Second
	clusterRetry    = time.Second
	clusterRetryMax = 30 * time.Second
)

// watchCluster asks Kafka for the cluster id in the background until it answers once, and says how that goes.
func (h *Herder) watchCluster() {
	if h.opt.ClusterID == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	h.stopCluster, h.clusterDone = cancel, make(chan struct{})
	go func() {
		defer close(h.clusterDone)
		retry := pace.Backoff{First: clusterRetry, Max: clusterRetryMax}
		for wait := retry.Next(); !h.askCluster(ctx, wait); wait = retry.Next() {
			if pace.Sleep(ctx, wait) != nil {
				return
			}
		}
	}()
}

func (h *Herder) askCluster(ctx context.Context, retry time.Duration) bool {
	limited, cancel := context.WithTimeout(ctx, clusterAsk)
	defer cancel()
	id, err := h.opt.ClusterID(limited)
	switch {
	case err == nil:
		h.cluster.Store(&id)
		h.opt.Logger.Info("connected to Kafka", "cluster", id)
	case ctx.Err() == nil && err.Error() != h.clusterTrouble:
		h.clusterTrouble = err.Error()
		h.opt.Logger.Warn("Kafka is not reachable, trying again", "brokers", h.opt.Worker["bootstrap.servers"], "in", retry, "error", err)
	}
	return err == nil
}
