//go:build real

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

// fleet is a topic of vehicle records, and the ledger of what is in it.
type fleet struct {
	topic      string
	partitions int32
	vehicles   int
	values     [][]string // by partition and offset
}

// newFleet creates the topic.
func newFleet(t *testing.T, k *parts.KafkaPart, topic string, partitions int32, vehicles int) *fleet {
	t.Helper()
	k.Topics(t, "--create", "--topic", topic, "--partitions", fmt.Sprint(partitions))
	return &fleet{topic: topic, partitions: partitions, vehicles: vehicles, values: make([][]string, partitions)}
}

// vehicle names the i-th vehicle; all its records go to one partition.
func vehicle(i int) string { return fmt.Sprintf("vehicle-%05d", i) }

// value is the i-th record of the fleet.
func (f *fleet) value(i int) string {
	v := i % f.vehicles
	return fmt.Sprintf(`{"vehicle_id":%q,"seq":%d,"ts":%d,"lat":48.%06d,"lon":11.%06d,"speed_kmh":%d.5,"state":%q,"locked":%t,"tyres":{"fl":2.%d1,"fr":2.%d2},"note":"é <%d> 🚗","odometer_m":%d,"trip":null}`,
		vehicle(v), i, 1767225600000+int64(i)*37, i%999983+7, i%999979+3, i%180, []string{"available", "driving", "charging"}[i%3], i%2 == 0, i%7, i%5, v, 9007199254740993+int64(i))
}

// produce appends records from..to-1 to the topic.
func (f *fleet) produce(t *testing.T, addr string, from, to int) {
	t.Helper()
	conf := sarama.NewConfig()
	conf.Version = sarama.V2_8_0_0
	conf.Producer.Return.Successes = true
	conf.Producer.Partitioner = sarama.NewManualPartitioner
	conf.Producer.Compression = sarama.CompressionLZ4
	// A batch that is sent again after a timeout must not stand in the topic twice: the ledger would not know.
	conf.Producer.Idempotent, conf.Net.MaxOpenRequests = true, 1
	conf.Producer.RequiredAcks = sarama.WaitForAll
	p, err := sarama.NewSyncProducer([]string{addr}, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var batch []*sarama.ProducerMessage
	for i := from; i < to; i++ {
		v := i % f.vehicles
		part := int32(v) % f.partitions
		value := f.value(i)
		f.values[part] = append(f.values[part], value)
		batch = append(batch, &sarama.ProducerMessage{Topic: f.topic, Partition: part, Key: sarama.StringEncoder(vehicle(v)), Value: sarama.StringEncoder(value)})
		if len(batch) == 5000 || i == to-1 {
			if err := p.SendMessages(batch); err != nil {
				t.Fatal(err)
			}
			batch = batch[:0]
		}
	}
}

// last returns the newest value of each vehicle.
func (f *fleet) last() map[string]string {
	newest := map[string]string{}
	for _, part := range f.values {
		for _, v := range part {
			newest[id(v)] = v
		}
	}
	return newest
}

func id(value string) string {
	rest := strings.TrimPrefix(value, `{"vehicle_id":"`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}

// total is the number of records in the topic.
func (f *fleet) total() (n int) {
	for _, part := range f.values {
		n += len(part)
	}
	return n
}
