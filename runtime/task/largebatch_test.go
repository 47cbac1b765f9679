package task

import (
	"strings"
	"testing"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/runtime/metrics"
)

// sendLarge sends one record that is small on the way and large when it is decompressed.
func (r *rig) sendLarge() {
	r.t.Helper()
	conf := sarama.NewConfig()
	conf.Version = sarama.V2_8_0_0
	conf.Producer.Return.Successes, conf.Producer.Compression = true, sarama.CompressionGZIP
	p, err := sarama.NewSyncProducer([]string{r.broker.Addr}, conf)
	if err != nil {
		r.t.Fatal(err)
	}
	defer p.Close()
	if _, _, err := p.SendMessage(&sarama.ProducerMessage{Topic: "t", Value: sarama.StringEncoder(`{"n":"` + strings.Repeat("x", 100_000) + `"}`)}); err != nil {
		r.t.Fatal(err)
	}
}

// TestBatchBeyondTheLimit fails the task after the good records before it, with the setting to raise; with tolerance it
// is passed over and counted.
func TestBatchBeyondTheLimit(t *testing.T) {
	limit := map[string]string{"consumer.override.sluice.max.batch.bytes": "50000"}
	t.Run("none", func(t *testing.T) {
		r, s := newRig(t, numbers(3)...), &script{}
		r.sendLarge()
		r.produce(numbers(2)...)
		r.run(s, limit, nil)
		r.failedWith("consumer.override.sluice.max.batch.bytes", "50000", "errors.tolerance=all")
		if got := s.accepted(); len(got) != 3 {
			t.Errorf("the sink got %v, want the three records before", got)
		}
	})
	t.Run("all", func(t *testing.T) {
		r, s := newRig(t, numbers(3)...), &script{}
		r.sendLarge()
		r.produce(numbers(2)...)
		m := metrics.NewRegistry().Task("c", 0)
		r.run(s, map[string]string{"consumer.override.sluice.max.batch.bytes": "50000", "errors.tolerance": "all"}, func(sp *Spec) { sp.Metrics = m })
		r.waitCommitted(6)
		if got := s.accepted(); len(got) != 5 || got[3] != 4 {
			t.Errorf("the sink got %v, want all but record 3", got)
		}
	})
}
