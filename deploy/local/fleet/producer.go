package fleet

import (
	"context"
	"fmt"
	"sync"

	"github.com/IBM/sarama"
)

// Producer sends messages to Kafka and enters them into a ledger when they are acknowledged.
type Producer struct {
	async  sarama.AsyncProducer
	ledger *Ledger
	failed chan struct{} // closed when err is set
	done   sync.WaitGroup
	once   sync.Once
	err    error
}

// NewProducer connects to the broker at addr. The caller closes the Producer.
func NewProducer(addr string, l *Ledger) (*Producer, error) {
	c := sarama.NewConfig()
	c.ClientID = "fleet-simulator"
	c.Version = sarama.V2_8_0_0
	c.Producer.Partitioner = sarama.NewMurmur2Partitioner // as Java's producers place keys
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Idempotent = true // a retry must not make a record that the ledger does not know
	c.Net.MaxOpenRequests = 1
	c.Producer.Return.Successes = true
	c.Producer.Flush.MaxMessages = 2000
	c.ChannelBufferSize = 2048
	async, err := sarama.NewAsyncProducer([]string{addr}, c)
	if err != nil {
		return nil, fmt.Errorf("connect the simulator to Kafka: %w", err)
	}
	p := &Producer{async: async, ledger: l, failed: make(chan struct{})}
	p.done.Go(p.acknowledged)
	p.done.Go(p.refused)
	return p, nil
}

func (p *Producer) acknowledged() {
	for m := range p.async.Successes() {
		key, _ := m.Key.(sarama.StringEncoder)
		value, _ := m.Value.(sarama.ByteEncoder)
		p.ledger.Add(Partition{m.Topic, m.Partition}, m.Offset, string(key), value)
	}
}

func (p *Producer) refused() {
	for e := range p.async.Errors() {
		p.once.Do(func() {
			p.err = fmt.Errorf("produce to %s: %w", e.Msg.Topic, e.Err)
			close(p.failed)
		})
	}
}

// Send queues a message, whose value the producer then owns. It returns the error of an earlier one if any failed.
func (p *Producer) Send(ctx context.Context, m Message) error {
	select {
	case p.async.Input() <- &sarama.ProducerMessage{Topic: m.Topic, Key: sarama.StringEncoder(m.Key), Value: sarama.ByteEncoder(m.Value), Timestamp: m.Time}:
		return nil
	case <-p.failed:
		return p.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close waits until every queued message is acknowledged or has failed, and returns the first failure.
func (p *Producer) Close() error {
	p.async.AsyncClose()
	p.done.Wait()
	select {
	case <-p.failed:
		return p.err
	default:
		return nil
	}
}
