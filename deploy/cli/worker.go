package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sluice-connect/sluice/rest"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/herder"
	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/runtime/loggers"
	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/runtime/secrets"
	"github.com/sluice-connect/sluice/runtime/store"
	"github.com/sluice-connect/sluice/runtime/task"
	"github.com/sluice-connect/sluice/runtime/workerconfig"
)

// restGrace is how long running requests may take when the worker stops.
const restGrace = 10 * time.Second

// worker is a running worker with its REST API.
type worker struct {
	url   string // of the first listener
	grace time.Duration
	stop  func(context.Context) error // drains the tasks, within the context
}

// settle is long enough to be seen by a tool that asks for the state a few times a second.
const settle = 500 * time.Millisecond

// loadWorker reads a worker's properties, resolves what they refer to and checks them. Its errors name the file.
func loadWorker(ctx context.Context, path string, log *slog.Logger) (workerconfig.Config, error) {
	props, err := workerconfig.Read(path)
	if err != nil {
		return workerconfig.Config{}, err
	}
	providers, err := secrets.New(props)
	if err != nil {
		return workerconfig.Config{}, wrongWorker(path, err)
	}
	defer providers.Close()
	providers.LogTo(log)
	if props, err = providers.ResolveWorker(ctx, props); err != nil {
		return workerconfig.Config{}, fmt.Errorf("resolve worker configuration %s: %w", path, err)
	}
	config, err := workerconfig.New(props)
	if err != nil {
		return config, wrongWorker(path, err)
	}
	if err := examine.CheckClients(config.Props); err != nil {
		return config, wrongWorker(path, err)
	}
	return config, nil
}

func wrongWorker(path string, err error) error {
	return fmt.Errorf("check worker configuration %s: %w", path, err)
}

// startWorker starts a worker and the connectors of files.
func startWorker(ctx context.Context, config workerconfig.Config, files []examine.ConnectorFile, log *slog.Logger) (*worker, error) {
	began := time.Now()
	tree := loggers.New(log.Handler())
	log = tree.Logger(herder.LoggerWorker)
	providers, err := secrets.New(config.Props)
	if err != nil {
		return nil, err
	}
	providers.LogTo(log)
	state, err := store.Open(config.DataDir)
	if err != nil {
		return nil, err
	}
	listeners, err := bind(ctx, config, tree.Logger(herder.LoggerREST))
	if err != nil {
		return nil, errors.Join(err, state.Close())
	}
	id := config.Advertised(listeners.api[config.AdvertisedListener()].Addr())
	grace := config.Duration(workerconfig.GracefulTimeout)
	series := metrics.NewRegistry()
	h := herder.New(herder.Options{
		Worker: config.Props, Store: state, WorkerID: id, InstanceID: config.InstanceID(state.InstanceID()),
		Version: version, Commit: runtime.Commit(), Graceful: grace, Settle: settle,
		StartTask: func(s task.Spec) herder.Task { return task.Start(s) }, CheckTask: task.Check,
		ClusterID: kafka.ClusterID(config.Props), Offsets: kafka.Offsets{}, Resolve: providers.Resolve, Lifetime: providers.Lifetime, Metrics: series,
		Loggers: tree, Logger: tree.Logger(herder.LoggerHerder),
	})
	if err := h.Load(); err != nil {
		return nil, errors.Join(err, listeners.close(), state.Close())
	}
	serving := listeners.serve(config, h, series, tree.Logger(herder.LoggerREST))
	urls := rest.Addresses(listeners.api)
	w := &worker{url: urls[0], grace: grace, stop: func(ctx context.Context) error {
		err := errors.Join(h.Close(ctx), serving.shutdown(ctx), state.Close())
		providers.Close()
		log.Info("stopped", "clean", err == nil)
		return err
	}}
	if err := h.Start(ctx, files); err != nil {
		end, cancel := context.WithTimeout(context.Background(), grace+restGrace)
		defer cancel()
		return nil, errors.Join(err, w.stop(end))
	}
	log.Info("sluice is ready", "version", version, "commit", runtime.Commit(), "api", runtime.KafkaVersion, "listeners", urls, "admin", rest.Addresses(listeners.admin), "worker", id,
		"data", config.DataDir, "connectors", len(h.Connectors()), "ms", time.Since(began).Milliseconds())
	return w, nil
}
