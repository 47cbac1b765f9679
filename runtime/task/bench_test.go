package task

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/deploy/local/kafka"
	"github.com/sluice-connect/sluice/schemas"
)

// BenchmarkTask carries JSON records of 300 bytes from an embedded broker to a sink that does nothing.
func BenchmarkTask(b *testing.B) {
	const partitions = 4
	broker, err := kafka.Start(kafka.Config{Topics: map[string]int32{"t": partitions}})
	if err != nil {
		b.Fatal(err)
	}
	defer broker.Close()
	fillTopic(b, broker.Addr, partitions, b.N)
	s := &script{}
	var left atomic.Int64
	left.Store(int64(b.N))
	all := make(chan struct{})
	count := func(batch []schemas.Record) int {
		if left.Add(-int64(len(batch))) == 0 {
			close(all)
		}
		return len(batch)
	}
	r := &rig{t: b, broker: broker}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	s.quick = count
	r.run(s, nil, func(sp *Spec) { sp.Worker["offset.flush.interval.ms"] = "60000" })
	<-all
	b.StopTimer()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(b.N), "allocs/record") // the broker's too
	stopTask(r.task)
}

func fillTopic(b *testing.B, addr string, partitions int32, n int) {
	b.Helper()
	conf := sarama.NewConfig()
	conf.Producer.Return.Successes, conf.Producer.Partitioner = true, sarama.NewManualPartitioner
	p, err := sarama.NewSyncProducer([]string{addr}, conf)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	var batch []*sarama.ProducerMessage
	for i := range n {
		value := fmt.Sprintf(`{"vehicle":"v-%06d","speed":%d.5,"text":%q}`, i%5000, i%130, strings.Repeat("x", 250))
		batch = append(batch, &sarama.ProducerMessage{Topic: "t", Partition: int32(i) % partitions, Value: sarama.StringEncoder(value)})
		if len(batch) == 2000 || i == n-1 {
			if err := p.SendMessages(batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
}
