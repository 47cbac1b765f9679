package fleet

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-connect/sluice/deploy/local/kafka"
)

func TestMain(m *testing.M) {
	// sarama's metrics keep one goroutine for the whole process.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

var dawn = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

func report(seed uint64, n int) []Message {
	f := New(seed, 50)
	all := make([]Message, n)
	for i := range all {
		all[i] = f.Next(dawn.Add(time.Duration(i) * 100 * time.Millisecond))
	}
	return all
}

func TestTheSameSeedReportsTheSame(t *testing.T) {
	a, b, other := report(7, 5000), report(7, 5000), report(8, 5000)
	same := 0
	for i := range a {
		if a[i].Topic != b[i].Topic || a[i].Key != b[i].Key || !a[i].Time.Equal(b[i].Time) || !bytes.Equal(a[i].Value, b[i].Value) {
			t.Fatalf("message %d: %s and %s", i, a[i].Value, b[i].Value)
		}
		if bytes.Equal(a[i].Value, other[i].Value) {
			same++
		}
	}
	if same > 0 {
		t.Errorf("another seed gives %d of the same messages", same)
	}
}

func TestMessagesAreWhatTheyClaim(t *testing.T) {
	kinds, states, values := map[string]int{}, map[string]int{}, map[string]bool{}
	bytesOfAll := 0
	messages := report(1, 30000)
	for _, m := range messages {
		var doc map[string]any
		if err := json.Unmarshal(m.Value, &doc); err != nil || bytes.ContainsRune(m.Value, '\n') {
			t.Fatalf("%s: %v", m.Value, err)
		}
		if doc["vehicle_id"] != m.Key || "vehicle."+doc["kind"].(string) != m.Topic || int64(doc["ts"].(float64)) != m.Time.UnixMilli() {
			t.Fatalf("%s with key %s in %s at %v", m.Value, m.Key, m.Topic, m.Time)
		}
		kinds[m.Topic]++
		if s, ok := doc["state"].(string); ok {
			states[s]++
		}
		if e, ok := doc["event"].(string); ok {
			states[e]++
		}
		values[string(m.Value)] = true
		bytesOfAll += len(m.Value)
	}
	if len(values) != len(messages) {
		t.Errorf("%d values of %d messages", len(values), len(messages))
	}
	if mean := bytesOfAll / len(messages); mean < 230 || mean > 370 {
		t.Errorf("mean size %d", mean)
	}
	for _, topic := range slices.Collect(maps.Keys(Topics)) {
		if kinds[topic] == 0 {
			t.Errorf("no %s in %v", topic, kinds)
		}
	}
	for _, want := range []string{available, reserved, driving, charging, "trip_started", "trip_ended", "harsh_brake", "low_battery"} {
		if states[want] == 0 {
			t.Errorf("no %s in %v", want, states)
		}
	}
}

func TestTheLedgerKnowsWhatKafkaAcknowledged(t *testing.T) {
	broker, err := kafka.Start(kafka.Config{Topics: Topics})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	ledger := NewLedger(false)
	p, err := NewProducer(broker.Addr, ledger)
	if err != nil {
		t.Fatal(err)
	}
	messages := report(3, 5000)
	for _, m := range messages {
		if err := p.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if got := ledger.Records(); got != 5000 {
		t.Errorf("%d records", got)
	}
	known := map[Hash]bool{}
	for _, hashes := range ledger.Hashes() {
		for _, h := range hashes {
			known[h] = true
		}
	}
	last := map[string]map[string][]byte{Location: {}, Status: {}, Event: {}}
	for _, m := range messages {
		if !known[HashOf(m.Value)] {
			t.Fatalf("the ledger does not know %s", m.Value)
		}
		last[m.Topic][m.Key] = m.Value
	}
	if len(known) != 5000 {
		t.Errorf("%d hashes", len(known))
	}
	for topic, want := range last {
		if got := ledger.Newest(topic); !maps.EqualFunc(got, want, bytes.Equal) {
			t.Errorf("newest of %s differ", topic)
		}
	}
}

func TestProducingToNowhereIsAnError(t *testing.T) {
	broker, err := kafka.Start(kafka.Config{Topics: map[string]int32{Status: 1}, NoAutoCreate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	p, err := NewProducer(broker.Addr, NewLedger(true))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Send(t.Context(), Message{Topic: "nowhere", Key: "k", Value: []byte("v"), Time: dawn}); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err == nil {
		t.Error("no error")
	}
}
