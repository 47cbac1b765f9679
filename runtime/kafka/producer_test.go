package kafka_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/sluice-connect/sluice/runtime/kafka"
)

// produced connects a producer to a cluster with topic t of four partitions.
func produced(t *testing.T, topic string) (*kafka.Producer, *kfake.Cluster) {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(2), kfake.SeedTopics(4, "t"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	conf, err := kafka.NewProducerConfig(map[string]string{"bootstrap.servers": c.ListenAddrs()[0], "compression.type": "lz4"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := conf.Connect(t.Context(), t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p, c
}

// TestProducerKeepsKeysTogether: records of a key are in one partition and in their order, wherever leaders move. One
// without a key may come later, and elsewhere, when it has to be sent again.
func TestProducerKeepsKeysTogether(t *testing.T) {
	p, c := produced(t, "t")
	for round := range 3 {
		var records []kafka.Outgoing
		for i := range 20 {
			r := kafka.Outgoing{Value: []byte(fmt.Sprint(round*20 + i)), Time: time.UnixMilli(int64(20 - i))}
			if i%2 == 0 {
				r.Key = []byte(fmt.Sprint("k", i%6))
			}
			records = append(records, r)
		}
		for len(records) > 0 { // those that were sent to a former leader are sent again
			left := records[:0]
			for i, err := range p.Send(records) {
				if err != nil {
					if kafka.Lasting(err) {
						t.Fatal(err)
					}
					left = append(left, records[i])
				}
			}
			records = left
		}
		c.ShufflePartitionLeaders()
	}
	total, home, before := 0, map[string]int32{}, map[string]int{}
	for part := range int32(4) {
		for _, m := range stored(t, c, part) {
			n, err := strconv.Atoi(string(m.Value))
			key := string(m.Key)
			if last, seen := before[key]; err != nil || seen && n <= last && m.Key != nil {
				t.Errorf("record %q of key %s comes after %d in partition %d", m.Value, key, last, part)
			}
			if at, known := home[key]; known && at != part && m.Key != nil {
				t.Errorf("key %s is in partitions %d and %d", key, at, part)
			}
			home[key], before[key], total = part, n, total+1
		}
	}
	if total != 60 {
		t.Errorf("%d records arrived", total)
	}
}

// stored reads a partition of topic t.
func stored(t *testing.T, c *kfake.Cluster, part int32) (all []*sarama.ConsumerMessage) {
	t.Helper()
	end := c.PartitionInfo("t", part).HighWatermark
	if end == 0 {
		return nil
	}
	consumer, err := sarama.NewConsumer(c.ListenAddrs(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer consumer.Close()
	p, err := consumer.ConsumePartition("t", part, sarama.OffsetOldest)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for m := range p.Messages() {
		if all = append(all, m); m.Offset == end-1 {
			break
		}
	}
	return all
}

// TestProducerOfATopicThatIsMissing may succeed later.
func TestProducerOfATopicThatIsMissing(t *testing.T) {
	p, _ := produced(t, "missing")
	err := p.Send([]kafka.Outgoing{{Value: []byte("v")}})[0]
	if err == nil || kafka.Lasting(err) || !errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
		t.Errorf("error is %v", err)
	}
}

func TestProducerRefusesWhatKafkaDoes(t *testing.T) {
	for key, value := range map[string]string{"acks": "2", "compression.type": "zip"} {
		if _, err := kafka.NewProducerConfig(map[string]string{"bootstrap.servers": "b:1", key: value}); err == nil {
			t.Errorf("%s=%s is taken", key, value)
		}
	}
}
