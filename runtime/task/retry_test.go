package task

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// moody converts what tests say: the data is bad, away or refused; "away" is away until the converter is cured.
type moody struct{}

var cured atomic.Bool

func init() {
	converter.Register(converter.Plugin{Class: "test.Moody", Value: true, Config: func() *configdef.Def { return configdef.New() },
		New: func(configdef.Values, converter.Role) (converter.Converter, error) { return moody{}, nil }})
}

func (moody) Convert(_ context.Context, _ string, data []byte) (schemas.Value, error) {
	switch string(data) {
	case "bad":
		return schemas.Value{}, errors.New("the data is bad")
	case "away":
		if !cured.Load() {
			return schemas.Value{}, converter.Retriable(errors.New("reach schema registry: connection refused"))
		}
	case "refused":
		return schemas.Value{}, converter.Fatal(errors.New("schema registry answered 401"))
	}
	return schemas.Value{}, nil
}

func (moody) Clone() converter.Converter { return moody{} }
func (moody) Close() error               { return nil }

func moodyProps(more ...string) map[string]string {
	cured.Store(false)
	return dead(append([]string{"value.converter", "test.Moody"}, more...)...)
}

// TestRefusedRegistryFailsTheTask whatever the tolerance, and blames no record.
func TestRefusedRegistryFailsTheTask(t *testing.T) {
	r, s := newRig(t, "fine", "refused", "fine"), &script{}
	r.run(s, moodyProps(), nil)
	r.failedWith("topic t, partition 0, offset 1", "schema registry answered 401")
	if got := s.accepted(); !inOrder(got, 1) {
		t.Errorf("accepted %v", got)
	}
	if got := letters(t, r.broker.Addr); len(got) > 0 {
		t.Errorf("%d letters", len(got))
	}
	if got := r.committed(); got != 1 {
		t.Errorf("committed %d", got)
	}
}

// TestExhaustedRetriesFailTheTask without tolerance: Kafka Connect 3.9 loses the record here.
func TestExhaustedRetriesFailTheTask(t *testing.T) {
	for _, timeout := range []string{"0", "50"} {
		r, s := newRig(t, "fine", "away", "fine"), &script{}
		r.run(s, moodyProps("errors.tolerance", "none", "errors.retry.timeout", timeout), nil)
		r.failedWith("Tolerance exceeded in error handler\nCaused by: org.apache.kafka.connect.errors.RetriableException", "offset 1", "connection refused")
		if got := r.committed(); got != 1 {
			t.Errorf("committed %d", got)
		}
		r.waitDead("1")
	}
}

// TestExhaustedRetriesDropTheRecord when the configuration says both.
func TestExhaustedRetriesDropTheRecord(t *testing.T) {
	r, s := newRig(t, "fine", "away", "fine"), &script{}
	r.run(s, moodyProps("errors.retry.timeout", "50", "errors.retry.delay.max.ms", "10"), nil)
	r.waitCommitted(3)
	r.waitDead("1")
	if got := header(letters(t, r.broker.Addr)[0], "exception.class.name"); got != "org.apache.kafka.connect.errors.RetriableException" {
		t.Errorf("exception is %s", got)
	}
}

// TestOutageOfARegistryIsWaitedOut also with tolerance, and with retries for ever; nothing is dropped.
func TestOutageOfARegistryIsWaitedOut(t *testing.T) {
	for name, more := range map[string][]string{"default": nil, "for ever": {"errors.retry.timeout", "-1", "errors.retry.delay.max.ms", "5"}} {
		t.Run(name, func(t *testing.T) {
			r, s := newRig(t, "fine", "away", "fine"), &script{}
			var retries retryCounter
			r.run(s, moodyProps(more...), func(sp *Spec) { sp.Logger = slog.New(slog.NewTextHandler(&retries, nil)) })
			eventually(t, "two attempts", func() bool { return retries.n.Load() >= 2 })
			if got := r.committed(); got > 1 {
				t.Errorf("committed %d", got)
			}
			cured.Store(true)
			r.waitCommitted(3)
			if got := s.accepted(); !inOrder(got, 3) {
				t.Errorf("accepted %v", got)
			}
		})
	}
}

// retryCounter is a log that counts attempts.
type retryCounter struct{ n atomic.Int32 }

func (c *retryCounter) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "converting a record; will retry") {
		c.n.Add(1)
	}
	return len(line), nil
}

// TestWaitsBetweenAttempts: doubled from 300 ms, random at the cap, cut at the deadline.
func TestWaitsBetweenAttempts(t *testing.T) {
	now := time.Unix(0, 0)
	rule := retryRule{timeout: 10 * time.Second, max: time.Second}
	var tr trial
	for _, want := range []time.Duration{300 * time.Millisecond, 600 * time.Millisecond} {
		if wait, ok := tr.again(rule, now); !ok || wait != want {
			t.Errorf("wait %v, %v, want %v", wait, ok, want)
		}
	}
	for range 100 {
		if wait, ok := tr.again(rule, now); !ok || wait >= time.Second || wait < 0 {
			t.Fatalf("wait %v, %v", wait, ok)
		}
	}
	if wait, ok := tr.again(rule, now.Add(10*time.Second-time.Millisecond)); !ok || wait > time.Millisecond {
		t.Errorf("wait %v, %v before the deadline", wait, ok)
	}
	if _, ok := tr.again(rule, now.Add(10*time.Second)); ok {
		t.Error("there is an attempt after the deadline")
	}
	if _, ok := (&trial{}).again(retryRule{}, now); ok {
		t.Error("there is an attempt with a timeout of 0")
	}
	if _, ok := (&trial{failures: 1 << 40}).again(retryRule{timeout: -1}, now); !ok {
		t.Error("attempts for ever end")
	}
}

func TestRetryRulesOfOddNumbers(t *testing.T) {
	const never = "9223372036854775807"
	for _, c := range []struct{ timeout, delay string }{{never, never}, {"-1", "0"}, {"-1", "-1"}, {never, "-9223372036854775808"}} {
		rules, err := newTolerance(map[string]string{"errors.retry.timeout": c.timeout, "errors.retry.delay.max.ms": c.delay})
		if err != nil {
			t.Fatal(err)
		}
		now, waited, tr := time.Now(), time.Duration(0), trial{}
		for range 100 {
			wait, ok := tr.again(rules.retry, now)
			if waited += wait; !ok {
				t.Errorf("%v: no further attempt", c)
				break
			}
		}
		if waited < time.Second {
			t.Errorf("%v: a hundred attempts in %v", c, waited)
		}
	}
}

// lines is a log that keeps its lines.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), text)
}

// TestFailedRecordsAreLogged in Connect's words, with the record's place only when asked for.
func TestFailedRecordsAreLogged(t *testing.T) {
	const base = `level=ERROR msg="Error encountered in task c-0. Executing stage 'VALUE_CONVERTER' with class 'test.Moody'`
	for include, want := range map[string]string{"false": base + `." error="the data is bad"`,
		"true": base + `, where consumed record is {topic='t', partition=0, offset=0, timestamp=1700000000123, timestampType=CreateTime}."`} {
		r, s := newRig(t), &script{}
		r.send(&sarama.ProducerMessage{Topic: "t", Value: sarama.StringEncoder("bad"), Timestamp: time.UnixMilli(1700000000123)})
		var log lines
		r.run(s, map[string]string{"errors.tolerance": "all", "errors.log.enable": "true", "errors.log.include.messages": include, "value.converter": "test.Moody"},
			func(sp *Spec) { sp.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		r.waitCommitted(1)
		if !log.has(want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

// TestProducerIsConfiguredAsTheWorkers: the worker's own security settings do not reach it, its producer.* do, and the
// connector has the last word.
func TestProducerIsConfiguredAsTheWorkers(t *testing.T) {
	got := producerProps(&Spec{Connector: "c", ID: 3, Worker: map[string]string{"bootstrap.servers": "b:1", "security.protocol": "SSL",
		"producer.compression.type": "gzip", "producer.client.rack": "r1"}, Props: map[string]string{"producer.override.compression.type": "lz4"}})
	for key, want := range map[string]string{"client.id": "connector-dlq-producer-c-3", "bootstrap.servers": "b:1", "acks": "all", "security.protocol": "",
		"compression.type": "lz4", "client.rack": "r1"} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
}
