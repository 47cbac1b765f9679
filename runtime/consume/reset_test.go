package consume_test

import (
	"testing"
	"time"

	"github.com/IBM/sarama"
)

// TestResetByDuration: a group without offsets starts where its records are young enough, at the end when none are.
func TestResetByDuration(t *testing.T) {
	b := broker(t, map[string]int32{"t": 1})
	conf := sarama.NewConfig()
	conf.Producer.Return.Successes, conf.Version = true, sarama.V2_8_0_0
	p, err := sarama.NewSyncProducer([]string{b.Addr}, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i := range 15 {
		m := &sarama.ProducerMessage{Topic: "t", Value: sarama.ByteEncoder(number(i)), Timestamp: time.Now().Add(-2 * time.Hour)}
		if i >= 10 {
			m.Timestamp = time.Now().Add(-time.Minute)
		}
		if _, _, err := p.SendMessage(m); err != nil {
			t.Fatal(err)
		}
	}
	h := newCounter()
	_, stop := member(t, b.Addr, h, map[string]string{"auto.offset.reset": "by_duration:PT1H", "group.id": "hour"}, nil)
	h.counts(t, 5)
	if err := stop(); err != nil {
		t.Error(err)
	}
	later := newCounter()
	member(t, b.Addr, later, map[string]string{"auto.offset.reset": "by_duration:PT0S", "group.id": "now"}, nil)
	eventually(t, "commit of the start", func() bool { return committed(t, b, "now", "t", 0) == 15 })
	later.counts(t, 0)
}
