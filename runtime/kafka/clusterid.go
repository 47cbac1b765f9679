package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// ClusterID returns a function that asks the brokers of a worker's properties for the id of their cluster.
func ClusterID(worker map[string]string) func(context.Context) (string, error) {
	props := maps.Clone(worker)
	if props["security.protocol"] == "" {
		// Who secures the consumers only has told us all we need.
		maps.Copy(props, configdef.WithPrefix(worker, "consumer."))
	}
	return func(ctx context.Context) (string, error) {
		conf, brokers, err := Config(props)
		if err != nil {
			return "", fmt.Errorf("configure Kafka client: %w", err)
		}
		client, err := NewClient(ctx, ctx, brokers, conf)
		if err != nil {
			return "", fmt.Errorf("connect to Kafka: %w", err)
		}
		id, err := askClusterID(client, conf)
		return id, errors.Join(err, client.Close())
	}
}

func askClusterID(client sarama.Client, conf *sarama.Config) (string, error) {
	broker := client.LeastLoadedBroker()
	if broker == nil {
		return "", errors.New("find a broker to ask for the cluster id: none is connected")
	}
	if err := broker.Open(conf); err != nil && !errors.Is(err, sarama.ErrAlreadyConnected) {
		return "", fmt.Errorf("connect to Kafka: %w", err)
	}
	answer, err := broker.GetMetadata(&sarama.MetadataRequest{Version: 5, Topics: []string{}})
	if err != nil {
		return "", fmt.Errorf("ask for the cluster id: %w", err)
	}
	if answer.ClusterID == nil {
		return "", nil
	}
	return *answer.ClusterID, nil
}
