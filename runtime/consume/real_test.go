//go:build real && unix

package consume_test

import (
	"testing"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
	embedded "github.com/sluice-connect/sluice/deploy/local/kafka"
)

// TestOnRealKafka: versions, sessions, leader epochs over a restart and topic ids are what Apache Kafka makes of them.
func TestOnRealKafka(t *testing.T) {
	k := parts.Kafka(t)
	b := &embedded.Broker{Addr: k.Addr}
	admin := clusterAdmin(t, b)
	create := func() {
		if err := admin.CreateTopic("t", &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false); err != nil {
			t.Fatal(err)
		}
	}
	create()
	produce(t, k.Addr, "t", 1, 0, 1000)
	h, log := newCounter(), &journal{}
	member(t, k.Addr, h, map[string]string{"metadata.max.age.ms": "60000"}, into(log))
	h.counts(t, 1000)
	eventually(t, "a commit", func() bool { return committed(t, b, "connect-test", "t", 0) == 1000 })

	k.Restart() // which makes a new leader epoch
	produce(t, k.Addr, "t", 1, 1000, 1500)
	h.counts(t, 1500)
	if line := log.line("level=ERROR"); line != "" {
		t.Errorf("after a restart the log says %s", line)
	}

	dropTopic(t, b, "t")
	eventually(t, "the topic again", func() bool {
		return admin.CreateTopic("t", &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false) == nil
	})
	produce(t, k.Addr, "t", 1, 5000, 5050)
	eventually(t, "the records of the new topic", func() bool { got, _ := h.count(); return got == 1550 })
	if line := log.line("deleted and created again"); !contains(line, "level=ERROR", "from=1500", "to=0") {
		t.Errorf("it is said as %q", line)
	}
	eventually(t, "a commit for the new topic", func() bool { return committed(t, b, "connect-test", "t", 0) == 50 })
}
