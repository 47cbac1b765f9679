//go:build real

package rest

import (
	"fmt"
	"testing"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

// TestRecordedAnswersOnRealKafka: what the embedded broker might make too easy holds on Apache Kafka as well.
func TestRecordedAnswersOnRealKafka(t *testing.T) {
	k := parts.Kafka(t)
	for topic, partitions := range goldenTopics {
		k.Topics(t, "--create", "--topic", topic, "--partitions", fmt.Sprint(partitions))
	}
	replayRecorded(t, k.Addr)
}
