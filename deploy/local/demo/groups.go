package demo

import (
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/deploy/local/fleet"
)

// groups reads how far the consumer groups of the sinks have committed.
type groups struct {
	client sarama.Client
	admin  sarama.ClusterAdmin
}

func newGroups(addr string) (*groups, error) {
	c := sarama.NewConfig()
	c.ClientID = "fleet-progress"
	c.Version = sarama.V2_8_0_0
	c.Metadata.AllowAutoTopicCreation = false
	c.Net.ReadTimeout = 10 * time.Second
	client, err := sarama.NewClient([]string{addr}, c)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	admin, err := sarama.NewClusterAdminFromClient(client)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("connect to Kafka: %w", err), client.Close())
	}
	return &groups{client: client, admin: admin}, nil
}

// close closes both clients: the admin closes the one it was made of.
func (g *groups) close() error { return g.admin.Close() }

// subscriptions are the topics of each sink.
var subscriptions = map[string][]string{
	lakeConnector:  {fleet.Location, fleet.Status, fleet.Event},
	stateConnector: {fleet.Status},
	liveConnector:  {fleet.Location},
}

// progress is how far everything has come.
type progress struct {
	produced  int64            // what Kafka holds
	committed map[string]int64 // by connector
	lag       int64            // of all connectors together
}

func (g *groups) progress() (progress, error) {
	p := progress{committed: map[string]int64{}}
	ends := map[fleet.Partition]int64{}
	for topic, count := range fleet.Topics {
		for number := range count {
			end, err := g.client.GetOffset(topic, number, sarama.OffsetNewest)
			if err != nil {
				return p, fmt.Errorf("read the end of %s-%d: %w", topic, number, err)
			}
			ends[fleet.Partition{Topic: topic, Number: number}] = end
			p.produced += end
		}
	}
	for name, topics := range subscriptions {
		committed, err := g.committed(name, topics)
		if err != nil {
			return p, err
		}
		for _, topic := range topics {
			for number := range fleet.Topics[topic] {
				at := fleet.Partition{Topic: topic, Number: number}
				p.committed[name] += committed[at]
				p.lag += ends[at] - committed[at]
			}
		}
	}
	return p, nil
}

// committed returns the offsets of a connector's group; a partition without one counts from 0.
func (g *groups) committed(name string, topics []string) (map[fleet.Partition]int64, error) {
	wanted := map[string][]int32{}
	for _, topic := range topics {
		for number := range fleet.Topics[topic] {
			wanted[topic] = append(wanted[topic], number)
		}
	}
	answer, err := g.admin.ListConsumerGroupOffsets("connect-"+name, wanted)
	if errors.Is(err, sarama.ErrGroupIDNotFound) {
		return nil, nil // the sink has not joined yet
	}
	if err != nil {
		return nil, fmt.Errorf("read the offsets of %s: %w", name, err)
	}
	offsets := map[fleet.Partition]int64{}
	for topic, numbers := range wanted {
		for _, number := range numbers {
			if b := answer.GetBlock(topic, number); b != nil && b.Offset > 0 {
				offsets[fleet.Partition{Topic: topic, Number: number}] = b.Offset
			}
		}
	}
	return offsets, nil
}
