package task

import (
	"context"
	"fmt"
	"maps"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/pace"
)

const deadText = "Could not initialize dead letter queue with topic="

// deadTopicError is a dead letter queue that cannot be had.
type deadTopicError struct {
	topic string
	err   error
}

// Error is Connect's text.
func (e *deadTopicError) Error() string {
	return deadText + e.topic + ": " + e.err.Error()
}

func (e *deadTopicError) Unwrap() error { return e.err }

// brokerExceptions are the Java names of the usual reasons.
var brokerExceptions = map[sarama.KError]string{
	sarama.ErrInvalidReplicationFactor:   "InvalidReplicationFactorException",
	sarama.ErrTopicAuthorizationFailed:   "TopicAuthorizationException",
	sarama.ErrClusterAuthorizationFailed: "ClusterAuthorizationException",
	sarama.ErrInvalidTopic:               "InvalidTopicException",
	sarama.ErrPolicyViolation:            "PolicyViolationException",
	sarama.ErrSASLAuthenticationFailed:   "SaslAuthenticationException",
}

// exception is the cause as Java prints it.
func (e *deadTopicError) exception() string {
	class := connectException
	if code, refused := kafka.Refused(e.err); refused && brokerExceptions[code] != "" {
		class = "org.apache.kafka.common.errors." + brokerExceptions[code]
	}
	return class + ": " + e.err.Error()
}

// startDeadLetters makes sure that the dead letter topic is there and starts the sending, if a topic is configured.
// Brokers that are away are waited for.
func (t *SinkTask) startDeadLetters() error {
	topic := t.set.errors.deadTopic
	if topic == "" {
		return nil
	}
	admin := kafka.AdminProps(t.spec.Worker, t.spec.Props, fmt.Sprintf("connector-dlq-adminclient-%s-%d", t.spec.Connector, t.spec.ID))
	if _, _, err := kafka.Config(admin); err != nil {
		return fmt.Errorf("configure admin client of the dead letter queue: %w", err)
	}
	producer, err := kafka.NewProducerConfig(producerProps(&t.spec))
	if err != nil {
		return fmt.Errorf("configure producer of the dead letter queue: %w", err)
	}
	if err := t.ensureDeadTopic(admin, topic); err != nil {
		return err
	}
	t.dead = newDeadLetters(t, producer, topic)
	return nil
}

// ensureDeadTopic creates the topic unless it is there.
func (t *SinkTask) ensureDeadTopic(admin map[string]string, topic string) error {
	return t.attempt("waiting for the dead letter topic "+topic, func(ctx context.Context) (retry bool, err error) {
		if err = kafka.EnsureTopic(ctx, admin, topic, t.set.errors.deadCopies); err != nil && kafka.Lasting(err) {
			return false, &deadTopicError{topic: topic, err: err}
		}
		return true, err
	})
}

func newDeadLetters(t *SinkTask, producer kafka.ProducerConfig, topic string) *deadLetters {
	d := &deadLetters{topic: topic, tolerant: t.set.errors.all, fail: t.fail, waits: t.outages.set, log: t.log, metrics: t.spec.Metrics, wake: pace.NewSignal(), done: make(chan struct{}),
		waiting: map[*pipeline]struct{}{}}
	d.connect = func(ctx context.Context) (*kafka.Producer, error) {
		start, cancel := context.WithTimeout(ctx, startTime)
		defer cancel()
		return producer.Connect(ctx, start, topic)
	}
	var ctx context.Context
	ctx, d.cancel = context.WithCancel(t.life.hard)
	go d.run(ctx)
	return d
}

// producerProps layers the worker's producer.* and the connector's producer.override.* over Connect's defaults. The
// worker's unprefixed security settings do not reach producers, as in Connect.
func producerProps(s *Spec) map[string]string {
	props := map[string]string{"client.id": fmt.Sprintf("connector-dlq-producer-%s-%d", s.Connector, s.ID), "acks": "all"}
	if servers, ok := s.Worker["bootstrap.servers"]; ok {
		props["bootstrap.servers"] = servers
	}
	maps.Copy(props, configdef.WithPrefix(s.Worker, "producer."))
	maps.Copy(props, configdef.WithPrefix(s.Props, "producer.override."))
	return props
}
