package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/IBM/sarama"
)

// EnsureTopic creates a topic of one partition unless it is there. props are the properties of an admin client. See
// Lasting for what an error means.
func EnsureTopic(ctx context.Context, props map[string]string, topic string, replicas int16) error {
	conf, brokers, err := Config(props)
	if err != nil {
		return err
	}
	conf.Metadata.AllowAutoTopicCreation = false // that would make it as the brokers' defaults say
	client, err := NewClient(ctx, ctx, brokers, conf)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	err = ensureTopic(client, topic, replicas)
	return errors.Join(err, client.Close())
}

func ensureTopic(client sarama.Client, topic string, replicas int16) error {
	err := client.RefreshMetadata(topic)
	if err == nil {
		return nil
	}
	if !errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
		return fmt.Errorf("look up topic %s: %w", topic, err)
	}
	controller, err := client.Controller()
	if err != nil {
		return fmt.Errorf("find the controller: %w", err)
	}
	conf := client.Config()
	detail := map[string]*sarama.TopicDetail{topic: {NumPartitions: 1, ReplicationFactor: replicas}}
	answer, err := controller.CreateTopics(sarama.NewCreateTopicsRequest(conf.Version, detail, conf.Net.ReadTimeout, false))
	if err != nil {
		return fmt.Errorf("create topic %s: %w", topic, err)
	}
	made := answer.TopicErrors[topic]
	if made == nil || errors.Is(made.Err, sarama.ErrNoError) || errors.Is(made.Err, sarama.ErrTopicAlreadyExists) {
		return nil
	}
	return fmt.Errorf("create topic %s: %w", topic, made)
}

// passing are the answers of brokers that another attempt may not get.
var passing = []sarama.KError{sarama.ErrUnknownTopicOrPartition, sarama.ErrLeaderNotAvailable, sarama.ErrNotLeaderForPartition,
	sarama.ErrRequestTimedOut, sarama.ErrBrokerNotAvailable, sarama.ErrReplicaNotAvailable, sarama.ErrNetworkException,
	sarama.ErrNotController, sarama.ErrNotEnoughReplicas, sarama.ErrNotEnoughReplicasAfterAppend, sarama.ErrKafkaStorageError,
	sarama.ErrFencedLeaderEpoch, sarama.ErrUnknownLeaderEpoch, sarama.ErrPreferredLeaderNotAvailable, sarama.ErrThrottlingQuotaExceeded,
	sarama.ErrUnknown}

// Refused returns the answer of a broker in err that no other attempt will change: a missing permission, a record or a
// request that it does not take. ok is false for everything else, brokers that are away above all.
func Refused(err error) (answer sarama.KError, ok bool) {
	if !errors.As(err, &answer) || slices.Contains(passing, answer) {
		return 0, false
	}
	return answer, true
}

// Lasting reports whether err stays until somebody changes something: brokers refuse what is asked, or whom.
func Lasting(err error) bool {
	_, refused := Refused(err)
	return refused || TurnedAway(err)
}
