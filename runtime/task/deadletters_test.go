package task

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/schemas"
)

// dead is the configuration of a connector that tolerates errors and has a dead letter queue.
func dead(more ...string) map[string]string {
	props := map[string]string{"errors.tolerance": "all", "errors.deadletterqueue.topic.name": " dlq ", "errors.deadletterqueue.topic.replication.factor": "1",
		"errors.deadletterqueue.context.headers.enable": "true", "consumer.override.metadata.max.age.ms": "100"}
	for i := 0; i < len(more); i += 2 {
		props[more[i]] = more[i+1]
	}
	return props
}

// letters reads the dead letter topic, which has one partition.
func letters(t testing.TB, addr string) (all []*sarama.ConsumerMessage) {
	t.Helper()
	conf := sarama.NewConfig()
	conf.Version = sarama.V2_8_0_0
	client, err := sarama.NewClient([]string{addr}, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	end, err := client.GetOffset("dlq", 0, sarama.OffsetNewest)
	if err != nil || end == 0 {
		return nil
	}
	c, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p, err := c.ConsumePartition("dlq", 0, sarama.OffsetOldest)
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

// header returns the last header of a name, with its value.
func header(m *sarama.ConsumerMessage, name string) string {
	value := "no such header"
	for _, h := range m.Headers {
		if string(h.Key) == "__connect.errors."+name {
			value = string(h.Value)
		}
	}
	return value
}

// deadOffsets returns the offsets of the records in the dead letter queue, in its order.
func deadOffsets(t testing.TB, addr string) (offsets []string) {
	t.Helper()
	for _, m := range letters(t, addr) {
		offsets = append(offsets, header(m, "offset"))
	}
	return offsets
}

func (r *rig) waitDead(want ...string) {
	r.t.Helper()
	eventually(r.t, fmt.Sprintf("dead letters %v", want), func() bool { return slices.Equal(deadOffsets(r.t, r.broker.Addr), want) })
}

func TestToleratedRecordIsDropped(t *testing.T) {
	r, s := newRig(t, `{"n":0}`, `{"n":`, `{`, `{"n":3}`, `]`), &script{}
	r.run(s, map[string]string{"errors.tolerance": "all"}, nil)
	r.waitCommitted(5)
	if got := s.accepted(); !slices.Equal(got, []int64{0, 3}) {
		t.Errorf("accepted %v", got)
	}
	if st := r.state(); st != runtime.Running {
		t.Errorf("state is %s", st)
	}
}

// TestDeadLetterIsTheRecordAndWhatHappened: original bytes, time and headers come first; then ten headers in Connect's
// order.
func TestDeadLetterIsTheRecordAndWhatHappened(t *testing.T) {
	r, s := newRig(t), &script{}
	at := time.UnixMilli(1700000000123)
	r.send(&sarama.ProducerMessage{Topic: "t", Key: sarama.StringEncoder("k"), Value: sarama.StringEncoder(`{"n":`), Timestamp: at,
		Headers: []sarama.RecordHeader{{Key: []byte("own"), Value: []byte("\xff\x00")}, {Key: []byte("none")}}})
	r.run(s, dead(), nil)
	r.waitCommitted(1)
	m := letters(t, r.broker.Addr)[0]
	if string(m.Key) != "k" || string(m.Value) != `{"n":` || !m.Timestamp.Equal(at) {
		t.Errorf("letter is %q %q at %v", m.Key, m.Value, m.Timestamp)
	}
	const message = "Converting byte[] to Kafka Connect data failed due to serialization error: "
	want := [][2]string{{"own", "\xff\x00"}, {"none", ""}, {"__connect.errors.topic", "t"}, {"__connect.errors.partition", "0"},
		{"__connect.errors.offset", "0"}, {"__connect.errors.connector.name", "c"}, {"__connect.errors.task.id", "0"},
		{"__connect.errors.stage", "VALUE_CONVERTER"}, {"__connect.errors.class.name", "org.apache.kafka.connect.json.JsonConverter"},
		{"__connect.errors.exception.class.name", "org.apache.kafka.connect.errors.DataException"}, {"__connect.errors.exception.message", message},
		{"__connect.errors.exception.stacktrace", "org.apache.kafka.connect.errors.DataException: " + message}}
	if len(m.Headers) != len(want) {
		t.Fatalf("%d headers, want %d", len(m.Headers), len(want))
	}
	for i, h := range m.Headers {
		value := string(h.Value)
		if i == len(want)-1 {
			value = value[:min(len(value), len(want[i][1]))] // the cause follows, in our words
		}
		if string(h.Key) != want[i][0] || value != want[i][1] {
			t.Errorf("header %d is %q: %q, want %q", i, h.Key, h.Value, want[i])
		}
	}
	if m.Headers[1].Value != nil {
		t.Error("a null header value is not null any more")
	}
}

// TestDeadLetterWithoutContext: a tombstone with a bad key keeps its null, and nothing is added.
func TestDeadLetterWithoutContext(t *testing.T) {
	r, s := newRig(t), &script{}
	r.send(&sarama.ProducerMessage{Topic: "t", Key: sarama.StringEncoder("{")})
	r.run(s, dead("errors.deadletterqueue.context.headers.enable", "false", "key.converter", "org.apache.kafka.connect.json.JsonConverter"), nil)
	r.waitCommitted(1)
	if m := letters(t, r.broker.Addr)[0]; string(m.Key) != "{" || m.Value != nil || len(m.Headers) != 0 {
		t.Errorf("letter is %q %q with %d headers", m.Key, m.Value, len(m.Headers))
	}
}

// TestRejectionsAreDropped: whichever call of the writer names a record, it goes to the dead letter queue, and its
// batch mates to the sink.
func TestRejectionsAreDropped(t *testing.T) {
	r, s := newRig(t, numbers(10)...), &script{}
	kept := map[int64]schemas.Record{}
	reject := func(offset int64) *connectors.RejectedError {
		rec := kept[offset]
		return connectors.Reject(&rec, errors.New("item is too large"))
	}
	s.write = func(batch []schemas.Record) (int, error) {
		for i := range batch {
			kept[batch[i].Offset] = schemas.Record{Offset: batch[i].Offset, Raw: batch[i].Raw.Clone()}
			if batch[i].Offset == 6 {
				return i + 1, reject(6)
			}
		}
		return len(batch), nil
	}
	late := true
	s.advance = func(time.Time) (time.Time, error) {
		if _, there := kept[9]; there && late {
			late = false
			return time.Time{}, reject(2)
		}
		return time.Time{}, nil
	}
	held := true
	s.pending = func() (int64, bool) { return 8, held }
	s.close = func(_ context.Context, _ connectors.CloseReason) error { held = false; return reject(8) }
	r.run(s, dead(), nil)
	r.waitCommitted(8)
	stopTask(r.task)
	if got := r.committed(); got != 10 {
		t.Errorf("committed %d after the stop", got)
	}
	r.waitDead("6", "2", "8")
	if got := s.accepted(); !inOrder(got, 10) {
		t.Errorf("offered %v", got)
	}
	m := letters(t, r.broker.Addr)[0]
	for name, want := range map[string]string{"stage": "TASK_PUT", "class.name": "org.apache.kafka.connect.sink.SinkTask",
		"exception.class.name": "org.apache.kafka.connect.errors.ConnectException", "exception.message": "item is too large"} {
		if got := header(m, name); got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	if string(m.Value) != `{"n":6}` {
		t.Errorf("value is %q", m.Value)
	}
}

// TestPoisonIsReportedBeforeTheTaskFails also with errors.tolerance none, and is not committed.
func TestPoisonIsReportedBeforeTheTaskFails(t *testing.T) {
	r, s := newRig(t, `{"n":0}`, `{`, `{"n":2}`), &script{}
	r.run(s, dead("errors.tolerance", "none"), nil)
	r.failedWith("Tolerance exceeded in error handler", "offset 1")
	r.waitDead("1")
	if got := r.committed(); got != 1 {
		t.Errorf("committed %d, want 1", got)
	}
}

func TestDeadLetterTopicThatCannotBeMade(t *testing.T) {
	r, s := newRig(t, numbers(1)...), &script{}
	r.run(s, dead("errors.deadletterqueue.topic.replication.factor", "3"), nil)
	r.failedWith("org.apache.kafka.connect.errors.ConnectException: Could not initialize dead letter queue with topic=dlq\n",
		"Caused by: org.apache.kafka.common.errors.InvalidReplicationFactorException: ")
	if len(s.accepted()) > 0 {
		t.Error("the sink was written to")
	}
}

func TestDeadLetterTopicIsMadeWithOnePartition(t *testing.T) {
	r, s := newRig(t, numbers(1)...), &script{}
	r.run(s, dead(), nil)
	r.waitCommitted(1)
	if info := r.broker.TopicInfo("dlq"); info == nil || len(r.broker.PartitionInfos("dlq")) != 1 {
		t.Errorf("topic is %v", info)
	}
}

// TestDeadLetterQueueThatIsAway: nothing is committed beyond a letter that has not arrived, nothing is lost, and the
// task waits.
func TestDeadLetterQueueThatIsAway(t *testing.T) {
	r, s := newRig(t, `{"n":0}`, `{`, `{"n":2}`), &script{}
	outage := r.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "dlq", Err: kerr.NotEnoughReplicas, Count: -1})
	r.run(s, dead(), nil)
	r.waitCommitted(1)
	eventually(t, "another attempt", func() bool { return outage.Hits() > 1 })
	r.produce(`{"n":3}`, `{`)
	eventually(t, "another attempt", func() bool { return outage.Hits() > 2 })
	if got := r.committed(); got != 1 {
		t.Errorf("committed %d during the outage", got)
	}
	if got := s.accepted(); !slices.Equal(got, []int64{0, 2}) {
		t.Errorf("accepted %v during the outage", got)
	}
	outage.Remove()
	r.waitCommitted(5)
	r.waitDead("1", "4")
	if got := s.accepted(); !slices.Equal(got, []int64{0, 2, 3}) {
		t.Errorf("accepted %v", got)
	}
	if st := r.state(); st != runtime.Running {
		t.Errorf("state is %s", st)
	}
}

// TestStopWhileTheDeadLetterQueueIsAway ends soon and commits nothing that has not arrived.
func TestStopWhileTheDeadLetterQueueIsAway(t *testing.T) {
	r, s := newRig(t, `{"n":0}`, `{`, `{"n":2}`), &script{}
	outage := r.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "dlq", Err: kerr.NotEnoughReplicas, Count: -1})
	r.run(s, dead(), nil)
	eventually(t, "an attempt", func() bool { return outage.Hits() > 0 })
	stopTask(r.task)
	if got := r.committed(); got != 1 {
		t.Errorf("committed %d, want 1", got)
	}
	outage.Remove()
	again := &script{}
	r.run(again, dead(), nil)
	r.waitCommitted(3)
	r.waitDead("1")
	if got := again.accepted(); !slices.Equal(got, []int64{2}) {
		t.Errorf("accepted %v", got)
	}
}

// cutStore is a sink that cuts every five records into an object named by the first; an object replaces one of its name.
type cutStore struct {
	objects map[int64][]int64
	open    []int64
}

func (c *cutStore) script() *script {
	c.open = nil
	s := &script{cuts: true}
	s.write = func(batch []schemas.Record) (int, error) {
		for i := range batch {
			if c.open = append(c.open, batch[i].Offset); len(c.open) == 5 {
				c.objects[c.open[0]], c.open = c.open, nil
			}
		}
		return len(batch), nil
	}
	s.pending = func() (int64, bool) {
		if len(c.open) == 0 {
			return 0, false
		}
		return c.open[0], true
	}
	return s
}

// TestStopWithLettersUnderWayDoublesNothing: what is stored already is cut at the same records by the next run.
func TestStopWithLettersUnderWayDoublesNothing(t *testing.T) {
	values := numbers(60)
	for _, bad := range []int{7, 21, 22} {
		values[bad] = "{"
	}
	r := newRig(t, values...)
	outage := r.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "dlq", Err: kerr.NotEnoughReplicas, Count: -1})
	store := &cutStore{objects: map[int64][]int64{}}
	r.run(store.script(), dead("consumer.override.max.poll.records", "3"), nil)
	eventually(t, "an attempt", func() bool { return outage.Hits() > 0 })
	stopTask(r.task)
	before := len(store.objects)
	outage.Remove()
	r.run(store.script(), dead(), nil)
	r.waitDead("7", "21", "22")
	r.waitCommitted(58) // 57 good records are eleven cuts and two more records
	stopTask(r.task)
	seen := map[int64]int{}
	for _, object := range store.objects {
		for _, offset := range object {
			seen[offset]++
		}
	}
	for offset, times := range seen {
		if times > 1 {
			t.Errorf("record %d is in %d objects", offset, times)
		}
	}
	if before == 0 || len(seen) < 55 {
		t.Errorf("%d objects before the stop, %d records in the end", before, len(seen))
	}
}

// TestLetterThatIsRefusedFailsTheTask: no other attempt will do, and the record must not be lost.
func TestLetterThatIsRefusedFailsTheTask(t *testing.T) {
	r, s := newRig(t, `{"n":0}`, `{`), &script{}
	r.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "dlq", Err: kerr.TopicAuthorizationFailed, Count: -1})
	r.run(s, dead(), nil)
	r.failedWith("send the record at topic t, partition 0, offset 1 to the dead letter queue with topic=dlq", "authorized")
	if got := r.committed(); got != 1 {
		t.Errorf("committed %d, want 1", got)
	}
}

// TestLettersTooLargeTogetherGoAlone: brokers bound batches.
func TestLettersTooLargeTogetherGoAlone(t *testing.T) {
	r, s := newRig(t, `{`, `{`, `{`, `{"n":3}`), &script{}
	r.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "dlq", Err: kerr.MessageTooLarge, Count: 1, When: severalRecords})
	r.run(s, dead(), nil)
	r.waitCommitted(4)
	r.waitDead("0", "1", "2")
}

// TestLetterTooLargeGoesInPart: with a smaller topic a letter loses its stack trace, its value, its key and own headers, and is
// dropped at last where errors are tolerated.
func TestLetterTooLargeGoesInPart(t *testing.T) {
	for _, c := range []struct {
		limit int
		want  []string
	}{
		{1 << 20, []string{"key", "value", "own", "trace"}},
		{2400, []string{"key", "value", "own"}},
		{1400, []string{"key", "own"}},
		{1000, nil},
		{100, nil},
	} {
		t.Run(strconv.Itoa(c.limit), func(t *testing.T) {
			r, s := newRig(t), &script{}
			r.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "dlq", Err: kerr.MessageTooLarge, Count: -1, When: func(req kmsg.Request) bool {
				return len(req.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Records) > c.limit
			}})
			r.send(&sarama.ProducerMessage{Topic: "t", Key: sarama.StringEncoder("k"), Value: sarama.StringEncoder("{" + strings.Repeat(" ", 1200)),
				Headers: []sarama.RecordHeader{{Key: []byte("own"), Value: bytes.Repeat([]byte("h"), 500)}}})
			r.run(s, dead(), nil)
			r.waitCommitted(1)
			got := letters(t, r.broker.Addr)
			if c.limit == 100 {
				if len(got) != 0 {
					t.Errorf("%d letters", len(got))
				}
				return
			}
			m := got[0]
			has := map[string]bool{"key": m.Key != nil, "value": m.Value != nil, "trace": header(m, "exception.stacktrace") != "no such header"}
			omitted := map[string]string{}
			for _, h := range m.Headers {
				has["own"] = has["own"] || string(h.Key) == "own"
				if what, is := strings.CutPrefix(string(h.Key), omittedPrefix); is {
					omitted[what] = string(h.Value)
				}
			}
			for _, part := range []string{"key", "value", "own", "trace"} {
				if has[part] != slices.Contains(c.want, part) {
					t.Errorf("has %s: %v", part, has[part])
				}
			}
			if !has["value"] && omitted["value"] != "1201" || !has["own"] && (omitted["headers"] != "503" || omitted["key"] != "1") {
				t.Errorf("says to omit %v", omitted)
			}
			if header(m, "offset") != "0" {
				t.Error("nobody knows where it came from")
			}
		})
	}
}

// TestLetterTooLargeAtAllFailsTheTask that tolerates nothing.
func TestLetterTooLargeAtAllFailsTheTask(t *testing.T) {
	r, s := newRig(t, `{`), &script{}
	r.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "dlq", Err: kerr.MessageTooLarge, Count: -1})
	r.run(s, dead("errors.tolerance", "none"), nil)
	r.failedWith("offset 0")
	if got := r.committed(); got > 0 {
		t.Errorf("committed %d", got)
	}
}

func severalRecords(req kmsg.Request) bool {
	var b kmsg.RecordBatch
	raw := req.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Records
	return b.ReadFrom(raw) == nil && b.NumRecords > 1
}

// TestRewindReportsNobodyTwice: what was dropped before a rewind is passed over silently.
func TestRewindReportsNobodyTwice(t *testing.T) {
	r, s := newRig(t, `{"n":0}`, `{`, `{"n":2}`, `{"n":3}`), &script{}
	held, rewound := true, false
	s.pending = func() (int64, bool) { return 0, held }
	s.write = func(batch []schemas.Record) (int, error) {
		if !rewound {
			rewound = true
			return 0, connectors.Rewind(0, errors.New("an upload was lost"))
		}
		held = false
		return len(batch), nil
	}
	r.run(s, dead(), nil)
	r.waitCommitted(4)
	r.waitDead("1")
	if got := s.accepted(); !slices.Equal(got, []int64{0, 2, 3}) {
		t.Errorf("accepted %v", got)
	}
}

// TestLettersAreBounded: a pipeline asks for room before another record fails.
func TestLettersAreBounded(t *testing.T) {
	d := &deadLetters{waiting: map[*pipeline]struct{}{}, wake: make(chan struct{}, 1)}
	pl := &pipeline{wake: make(chan struct{}, 1)}
	l := &letter{owner: pl, size: maxLetterBytes / 4}
	for n := 0; d.hasRoom(pl); n++ {
		d.queue, d.bytes = append(d.queue, l), d.bytes+l.size
		if n > maxLetters {
			t.Fatal("there is always room")
		}
	}
	l.gone = true
	d.sweep()
	select {
	case <-pl.wake:
	default:
		t.Error("nobody was woken")
	}
	if d.bytes != 0 || !d.hasRoom(pl) {
		t.Errorf("%d bytes are left", d.bytes)
	}
}
