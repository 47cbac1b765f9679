package consume_test

import (
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/deploy/local/kafka"
	"github.com/sluice-connect/sluice/runtime/consume"
)

// TestReplicaThatNobodyKnows: a leader that sends consumers to a broker which is not there is asked for the records
// itself, and not thousands of times a second.
func TestReplicaThatNobodyKnows(t *testing.T) {
	for name, always := range map[string]bool{"to racks": false, "always, then no more": true} {
		t.Run(name, func(t *testing.T) {
			b := cluster(t, 1, map[string]int32{"t": 1})
			produce(t, b.Addr, "t", 1, 0, 20)
			var sent atomic.Int64
			b.ControlKey(int16(fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
				b.KeepControl()
				r := req.(*kmsg.FetchRequest)
				if len(r.Topics) == 0 || (always && sent.Load() >= 10) || (!always && r.Rack == "") {
					return nil, nil, false
				}
				sent.Add(1)
				res := badAnswer(r, &r.Topics[0]).(*kmsg.FetchResponse)
				res.Topics[0].Partitions[0] = kmsg.NewFetchResponseTopicPartition()
				res.Topics[0].Partitions[0].PreferredReadReplica = 99
				return res, nil, true
			})
			h := newCounter()
			member(t, b.Addr, h, map[string]string{"client.rack": "a", "metadata.max.age.ms": "60000"}, nil)
			h.counts(t, 20)
			if n := sent.Load(); n > 10 {
				t.Errorf("the leader named the replica %d times", n)
			}
		})
	}
}

// TestStopDoesNotWaitForAThrottle of an hour, be it of fetches or of the coordinator.
func TestStopDoesNotWaitForAThrottle(t *testing.T) {
	const hour = int32(time.Hour / time.Millisecond)
	for name, key := range map[string]kmsg.Key{"fetch": fetch, "heartbeat": heartbeat, "metadata": kmsg.Metadata} {
		t.Run(name, func(t *testing.T) {
			b := cluster(t, 1, map[string]int32{"t": 1})
			h := newCounter()
			_, stop := member(t, b.Addr, h, nil, nil)
			produce(t, b.Addr, "t", 1, 0, 10)
			h.counts(t, 10)
			var throttled, over atomic.Bool
			b.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
				b.KeepControl()
				if over.Load() {
					return nil, nil, false
				}
				res := req.ResponseKind()
				if t, ok := res.(kmsg.SetThrottleResponse); ok {
					t.SetThrottle(hour)
				}
				throttled.Store(true)
				return res, nil, true
			})
			eventually(t, "a throttle", throttled.Load)
			if err := stop(); err != nil {
				t.Errorf("stop: %v", err)
			}
			over.Store(true)
			if got := committed(t, b, "connect-test", "t", 0); got != 10 {
				t.Errorf("committed %d, want 10", got)
			}
			if info := b.GroupInfo("connect-test"); info != nil && len(info.Members) > 0 {
				t.Error("the member did not leave")
			}
		})
	}
}

// TestStopWhileConnecting says nothing about brokers: that none answered is the stop's doing.
func TestStopWhileConnecting(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	called := make(chan net.Conn, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				close(called)
				return
			}
			called <- conn
		}
	}()
	log := &logged{}
	_, stop := member(t, l.Addr().String(), newCounter(), nil, func(c *consume.Config) { c.Logger = slog.New(slog.NewTextHandler(log, nil)) })
	conn := <-called
	if err := stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	_ = conn.Close()
	if log.contains("no Kafka broker can be reached") {
		t.Errorf("the log says %s", log.text.String())
	}
}

// TestSyncThatIsNotAnswered is given up after request.timeout.ms, although a join may take much longer.
func TestSyncThatIsNotAnswered(t *testing.T) {
	b := cluster(t, 1, map[string]int32{"t": 1})
	var silent atomic.Int64
	b.ControlKey(int16(syncGroup), func(kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		return nil, nil, silent.Add(1) == 1
	})
	h := newCounter()
	member(t, b.Addr, h, map[string]string{"request.timeout.ms": "500", "max.poll.interval.ms": "3600000"}, nil)
	eventually(t, "the assignment by a second attempt", func() bool { return h.owns() == 1 })
}

// TestIdleFetchesNameNothing: while nothing is written, requests say that nothing changed, and answers that nothing is
// new.
func TestIdleFetchesNameNothing(t *testing.T) {
	b := cluster(t, 1, map[string]int32{"t": 6})
	var mu sync.Mutex
	var idle, named int
	b.ControlKey(int16(fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		mu.Lock()
		defer mu.Unlock()
		if r := req.(*kmsg.FetchRequest); len(r.Topics) > 0 {
			named++
		} else if r.SessionID != 0 {
			idle++
		}
		return nil, nil, false
	})
	h := newCounter()
	member(t, b.Addr, h, map[string]string{"fetch.max.wait.ms": "10"}, nil)
	eventually(t, "idle fetches", func() bool { mu.Lock(); defer mu.Unlock(); return idle >= 20 })
	mu.Lock()
	if named > 3 {
		t.Errorf("%d requests named partitions", named)
	}
	mu.Unlock()
	produce(t, b.Addr, "t", 6, 0, 600)
	h.counts(t, 600)
}

// TestSessionsThatBrokersForget are started anew.
func TestSessionsThatBrokersForget(t *testing.T) {
	const notFound, invalidEpoch = 70, 71
	b := cluster(t, 1, map[string]int32{"t": 3})
	n := 0
	b.ControlKey(int16(fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		r := req.(*kmsg.FetchRequest)
		if n++; n%3 != 0 || r.SessionID == 0 {
			return nil, nil, false
		}
		res := r.ResponseKind().(*kmsg.FetchResponse)
		res.ErrorCode = notFound
		if n%2 == 0 {
			res.ErrorCode = invalidEpoch
		}
		return res, nil, true
	})
	h := newCounter()
	member(t, b.Addr, h, map[string]string{"fetch.max.wait.ms": "10"}, nil)
	for i := range 10 {
		produce(t, b.Addr, "t", 3, i*30, (i+1)*30)
	}
	h.counts(t, 300)
}

// TestLoginsThatEnd: a broker that takes a login for a short time only gets another one in time, and the log has nothing
// to say.
func TestLoginsThatEnd(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "t"), kfake.EnableSASL(), kfake.Superuser("PLAIN", "bob", "pass"),
		kfake.GroupMinSessionTimeout(time.Millisecond), kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0", "connections.max.reauth.ms": "300"}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b := &kafka.Broker{Cluster: c, Addr: c.ListenAddrs()[0]}
	var logins atomic.Int64
	var fetches atomic.Int64
	b.ControlKey(int16(kmsg.SASLAuthenticate), func(kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		logins.Add(1)
		return nil, nil, false
	})
	b.ControlKey(int16(fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		fetches.Add(1)
		return nil, nil, false
	})
	log := &journal{}
	_, stop := member(t, b.Addr, newCounter(), map[string]string{"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "heartbeat.interval.ms": "3000",
		"sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required username="bob" password="pass";`}, into(log))
	eventually(t, "fetches", func() bool { return fetches.Load() > 0 })
	before := logins.Load()
	eventually(t, "further logins", func() bool { return logins.Load() >= before+3 })
	if err := stop(); err != nil {
		t.Error(err)
	}
	if line := log.line("level=WARN"); line != "" {
		t.Errorf("the log says %s", line)
	}
}
