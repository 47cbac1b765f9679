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

// watchCluster asks Kafka for the cluster id until it answers once or the worker ends, and says how that goes.
func (h *Herder) watchCluster() {
	retry := pace.Backoff{First: clusterRetry, Max: clusterRetryMax}
	said := ""
	for {
		id, err := h.askCluster()
		if err == nil {
			h.cluster.Store(&id)
			h.opt.Logger.Info("connected to Kafka", "cluster", id)
			return
		}
		wait := retry.Next()
		if h.life.Err() == nil && err.Error() != said {
			said = err.Error()
			h.opt.Logger.Warn("Kafka is not reachable, trying again", "brokers", h.opt.Worker["bootstrap.servers"], "in", wait, "error", err)
		}
		if pace.Sleep(h.life, wait) != nil {
			return
		}
	}
}

func (h *Herder) askCluster() (string, error) {
	ctx, cancel := context.WithTimeout(h.life, clusterAsk)
	defer cancel()
	return h.opt.ClusterID(ctx)
}
