// Package kafka runs a broker that speaks Kafka's protocol inside the process, for the demo and for tests.
package kafka

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Broker is a running one-node cluster. The embedded cluster's own methods, such as its fault controls, are there too.
type Broker struct {
	*kfake.Cluster
	// Addr is the bootstrap address, 127.0.0.1:port.
	Addr string
}

// Config says how a broker runs.
type Config struct {
	Dir        string // where data survives; memory only when empty
	Port       int    // 0 takes a free one
	Partitions int    // of topics created on first use; 1 when 0
	Topics     map[string]int32
	// NoAutoCreate refuses to create topics on first use.
	NoAutoCreate bool
}

// Start starts a broker on the loopback interface; Close stops it.
func Start(c Config) (*Broker, error) {
	opts := []kfake.Opt{kfake.NumBrokers(1), kfake.Ports(c.Port), kfake.DefaultNumPartitions(max(c.Partitions, 1)),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"})}
	if !c.NoAutoCreate {
		opts = append(opts, kfake.AllowAutoTopicCreation())
	}
	if c.Dir != "" {
		opts = append(opts, kfake.DataDir(c.Dir))
	}
	for topic, partitions := range c.Topics {
		opts = append(opts, kfake.SeedTopics(partitions, topic))
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		return nil, fmt.Errorf("start embedded Kafka broker: %w", err)
	}
	return &Broker{Cluster: cluster, Addr: cluster.ListenAddrs()[0]}, nil
}
