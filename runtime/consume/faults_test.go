package consume_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime/consume"
)

// reasons returns why the partitions were given up so far.
func (c *counter) reasons() []connectors.CloseReason {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.closed)
}

// counts waits until n records have come, and checks that none came twice.
func (c *counter) counts(t *testing.T, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d records", n), func() bool { got, _ := c.count(); return got >= n })
	if got, twice := c.count(); got != n || twice != 0 {
		t.Errorf("%d records arrived, %d twice; want %d once", got, twice, n)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, err := range c.disorder {
		t.Error(err)
	}
}

const (
	joinGroup       = kmsg.JoinGroup
	syncGroup       = kmsg.SyncGroup
	heartbeat       = kmsg.Heartbeat
	offsetCommit    = kmsg.OffsetCommit
	offsetFetch     = kmsg.OffsetFetch
	findCoordinator = kmsg.FindCoordinator
	listOffsets     = kmsg.ListOffsets
	fetch           = kmsg.Fetch
)

// TestCoordinatorErrors: whatever the coordinator answers for a while, all records come once and are committed, and
// the consumer can be stopped.
func TestCoordinatorErrors(t *testing.T) {
	for _, c := range []struct {
		key   kmsg.Key
		codes []*kerr.Error
	}{
		{findCoordinator, []*kerr.Error{kerr.CoordinatorNotAvailable, kerr.CoordinatorLoadInProgress}},
		{joinGroup, []*kerr.Error{kerr.CoordinatorNotAvailable, kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.RebalanceInProgress, kerr.UnknownMemberID, kerr.GroupMaxSizeReached}},
		{syncGroup, []*kerr.Error{kerr.NotCoordinator, kerr.RebalanceInProgress, kerr.IllegalGeneration, kerr.UnknownMemberID}},
		{offsetFetch, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.UnstableOffsetCommit}},
		{heartbeat, []*kerr.Error{kerr.CoordinatorNotAvailable, kerr.NotCoordinator, kerr.RebalanceInProgress}},
		{offsetCommit, []*kerr.Error{kerr.CoordinatorNotAvailable, kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.RebalanceInProgress, kerr.OffsetMetadataTooLarge}},
		{listOffsets, []*kerr.Error{kerr.NotLeaderForPartition, kerr.LeaderNotAvailable}},
		{fetch, []*kerr.Error{kerr.NotLeaderForPartition, kerr.UnknownTopicOrPartition, kerr.KafkaStorageError}},
	} {
		for _, code := range c.codes {
			t.Run(c.key.Name()+" "+code.Message, func(t *testing.T) {
				t.Parallel()
				b := broker(t, map[string]int32{"t": 2})
				topLevel := c.key == joinGroup || c.key == syncGroup || c.key == heartbeat || c.key == offsetFetch
				fault := b.Fault(kfake.Fault{Keys: []kmsg.Key{c.key}, TopLevel: topLevel, Err: code, Count: 3})
				produce(t, b.Addr, "t", 2, 0, 100)
				h := newCounter()
				props := map[string]string{}
				if code == kerr.UnknownMemberID { // the broker knows better and waits for the old member
					props["session.timeout.ms"] = "500"
				}
				_, stop := member(t, b.Addr, h, props, nil)
				h.counts(t, 100)
				if err := fault.Wait(t.Context(), 3); err != nil {
					t.Fatal(err)
				}
				if err := stop(); err != nil {
					t.Errorf("stop: %v", err)
				}
				for p := range int32(2) {
					if got := committed(t, b, "connect-test", "t", p); got != 50 {
						t.Errorf("partition %d: committed %d, want 50", p, got)
					}
				}
			})
		}
	}
}

// TestMembershipLost: when the coordinator says that the group went on, nothing may be written for the partitions any
// more, and the member joins again.
func TestMembershipLost(t *testing.T) {
	for _, key := range []kmsg.Key{heartbeat, offsetCommit} {
		for _, code := range []*kerr.Error{kerr.UnknownMemberID, kerr.IllegalGeneration} {
			t.Run(key.Name()+" "+code.Message, func(t *testing.T) {
				t.Parallel()
				b := broker(t, map[string]int32{"t": 1})
				h := newCounter()
				member(t, b.Addr, h, map[string]string{"session.timeout.ms": "500"}, nil)
				eventually(t, "first assignment", func() bool { return h.owns() == 1 })
				b.Fault(kfake.Fault{Keys: []kmsg.Key{key}, TopLevel: key == heartbeat, Err: code})
				produce(t, b.Addr, "t", 1, 0, 50)
				eventually(t, "a loss", func() bool { return slices.Equal(h.reasons(), []connectors.CloseReason{connectors.Lost}) })
				eventually(t, "second assignment", func() bool { return h.owns() == 1 })
				eventually(t, "commit by the new membership", func() bool { return committed(t, b, "connect-test", "t", 0) == 50 })
			})
		}
	}
}

// TestFencedByATwin: of two members with one instance id the first gives way for good.
func TestFencedByATwin(t *testing.T) {
	b := broker(t, map[string]int32{"t": 1})
	static := func(c *consume.Config) { c.InstanceID = "one" }
	h1, h2 := newCounter(), newCounter()
	_, stop1 := member(t, b.Addr, h1, nil, static)
	eventually(t, "first assignment", func() bool { return h1.owns() == 1 })
	member(t, b.Addr, h2, nil, static)
	eventually(t, "takeover", func() bool { return h1.owns() == 0 && h2.owns() == 1 })
	if err := stop1(); !errors.Is(err, consume.ErrLost) || !strings.Contains(err.Error(), "group.instance.id one") {
		t.Errorf("the first ended with %v", err)
	}
	if got := h1.reasons(); !slices.Equal(got, []connectors.CloseReason{connectors.Lost}) {
		t.Errorf("the first gave up with %v", got)
	}
	if h2.owns() != 1 {
		t.Error("the first took the second along when it left")
	}
}

// TestSilentCoordinator: a coordinator that answers nothing, not even commits, for longer than the session costs the
// partitions in time.
func TestSilentCoordinator(t *testing.T) {
	b := broker(t, map[string]int32{"t": 1})
	h := newCounter()
	_, stop := member(t, b.Addr, h, map[string]string{"session.timeout.ms": "1000"}, nil)
	eventually(t, "first assignment", func() bool { return h.owns() == 1 })
	var silent atomic.Bool
	silent.Store(true)
	for _, key := range []kmsg.Key{heartbeat, offsetCommit, findCoordinator} {
		b.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
			b.KeepControl()
			return nil, nil, silent.Load() // handled without an answer: the client waits
		})
	}
	produce(t, b.Addr, "t", 1, 0, 10)
	eventually(t, "a loss", func() bool { return slices.Equal(h.reasons(), []connectors.CloseReason{connectors.Lost}) })
	silent.Store(false)
	eventually(t, "commit by the new membership", func() bool { return committed(t, b, "connect-test", "t", 0) == 10 })
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestCutConnections: a connection that is cut in the middle of any request is made again.
func TestCutConnections(t *testing.T) {
	for _, key := range []kmsg.Key{findCoordinator, joinGroup, syncGroup, offsetFetch, heartbeat, offsetCommit, listOffsets, fetch, kmsg.Metadata} {
		t.Run(key.Name(), func(t *testing.T) {
			t.Parallel()
			b := broker(t, map[string]int32{"t": 1})
			produce(t, b.Addr, "t", 1, 0, 10)
			var cuts atomic.Int32
			b.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
				if cuts.Add(1) > 2 {
					b.DropControl()
					return nil, nil, false
				}
				b.KeepControl()
				return nil, errors.New("cut"), true
			})
			h := newCounter()
			_, stop := member(t, b.Addr, h, nil, nil)
			h.counts(t, 10)
			eventually(t, "two cuts", func() bool { return cuts.Load() >= 2 })
			if err := stop(); err != nil {
				t.Error(err)
			}
			if got := committed(t, b, "connect-test", "t", 0); got != 10 {
				t.Errorf("committed %d, want 10", got)
			}
		})
	}
}

// TestStopWhileJoining: a stop ends the wait for other members, and the member leaves although its connection is gone.
func TestStopWhileJoining(t *testing.T) {
	for _, key := range []kmsg.Key{joinGroup, syncGroup} {
		t.Run(key.Name(), func(t *testing.T) {
			b := broker(t, map[string]int32{"t": 1})
			first := newCounter()
			member(t, b.Addr, first, nil, nil)
			eventually(t, "first assignment", func() bool { return first.owns() == 1 })
			firstID := b.GroupInfo("connect-test").Members[0].MemberID
			waiting := make(chan struct{}, 1)
			b.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
				b.KeepControl()
				id := ""
				switch r := req.(type) {
				case *kmsg.JoinGroupRequest:
					id = r.MemberID
				case *kmsg.SyncGroupRequest:
					id = r.MemberID
				}
				if id == "" || id == firstID { // it is told its id first
					return nil, nil, false
				}
				select {
				case waiting <- struct{}{}:
				default:
				}
				b.DropControl()
				return nil, nil, true
			})
			_, stop := member(t, b.Addr, newCounter(), nil, nil)
			<-waiting
			if err := stop(); err != nil {
				t.Error(err)
			}
			eventually(t, "the group without the second member", func() bool {
				info := b.GroupInfo("connect-test")
				return info != nil && len(info.Members) == 1 && first.owns() == 1
			})
		})
	}
}

// TestStopOfAStaticMemberThatIsNotLetInYet: the group does not wait for it, although it never learnt its member id.
func TestStopOfAStaticMemberThatIsNotLetInYet(t *testing.T) {
	b := broker(t, map[string]int32{"t": 2})
	first := newCounter()
	member(t, b.Addr, first, nil, nil)
	eventually(t, "first assignment", func() bool { return first.owns() == 2 })
	var deaf atomic.Bool
	deaf.Store(true)
	b.ControlKey(int16(heartbeat), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		return req.ResponseKind(), nil, deaf.Load() // the first member does not hear that the group rebalances
	})
	_, stop := member(t, b.Addr, newCounter(), nil, func(c *consume.Config) { c.InstanceID, c.SessionTimeout = "two", 5*time.Minute })
	eventually(t, "a join that is pending", func() bool { return len(b.GroupInfo("connect-test").Members) == 2 })
	if err := stop(); err != nil {
		t.Error(err)
	}
	deaf.Store(false)
	eventually(t, "the group without the second member", func() bool {
		info := b.GroupInfo("connect-test")
		return len(info.Members) == 1 && info.State == "Stable" && first.owns() == 2
	})
}

// TestPartitionWithoutLeader: a partition whose start cannot be looked up keeps neither the others nor a stop waiting.
func TestPartitionWithoutLeader(t *testing.T) {
	b := broker(t, map[string]int32{"t": 2})
	fault := b.Fault(kfake.Fault{Keys: []kmsg.Key{listOffsets}, Topic: "t", Partitions: []int32{1}, Err: kerr.LeaderNotAvailable, Count: -1})
	produce(t, b.Addr, "t", 2, 0, 20)
	h := newCounter()
	member(t, b.Addr, h, nil, nil)
	eventually(t, "records of the other partition", func() bool { got, _ := h.count(); return got == 10 })
	fault.Remove()
	h.counts(t, 20)
	if got := h.reasons(); len(got) != 0 {
		t.Errorf("the group rebalanced: %v", got)
	}
}

// TestLatestKeepsItsStart: a member that starts at the end and sees nothing still fixes where its group has come to.
func TestLatestKeepsItsStart(t *testing.T) {
	b := broker(t, map[string]int32{"t": 1})
	produce(t, b.Addr, "t", 1, 0, 10)
	_, stop := member(t, b.Addr, newCounter(), map[string]string{"auto.offset.reset": "latest"}, nil)
	eventually(t, "commit of the start", func() bool { return committed(t, b, "connect-test", "t", 0) == 10 })
	if err := stop(); err != nil {
		t.Error(err)
	}
	produce(t, b.Addr, "t", 1, 10, 20)
	h := newCounter()
	member(t, b.Addr, h, map[string]string{"auto.offset.reset": "latest"}, nil)
	h.counts(t, 10)
}

// TestManyPartitions: a thousand partitions on one member, and no more in memory for it.
func TestManyPartitions(t *testing.T) {
	b := broker(t, map[string]int32{"t": 1000})
	produce(t, b.Addr, "t", 1000, 0, 5000)
	h := newCounter()
	_, stop := member(t, b.Addr, h, map[string]string{"fetch.max.bytes": "1000000"}, nil)
	h.counts(t, 5000)
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestBatchLargerThanTheLimits: max.partition.fetch.bytes does not keep a larger batch from being read.
func TestBatchLargerThanTheLimits(t *testing.T) {
	b := broker(t, map[string]int32{"t": 1})
	produce(t, b.Addr, "t", 1, 0, 1000)
	h := newCounter()
	member(t, b.Addr, h, map[string]string{"max.partition.fetch.bytes": "100", "fetch.max.bytes": "200"}, nil)
	h.counts(t, 1000)
}

// TestStopWhileNothingMatches: waiting for a topic does not outlast a stop.
func TestStopWhileNothingMatches(t *testing.T) {
	b := broker(t, nil)
	_, stop := member(t, b.Addr, newCounter(), nil, func(c *consume.Config) { c.MetadataMaxAge = time.Hour })
	if err := stop(); err != nil {
		t.Error(err)
	}
}
