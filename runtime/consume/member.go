package consume

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/runtime/kafka"
)

// member speaks the classic group protocol with the coordinator over a connection of its own: a join may wait for
// minutes, and a commit must not wait behind a fetch. It is used by one goroutine.
type member struct {
	cfg        *Config
	conn       *kafka.Conn
	id         string
	generation int32
	leads      bool // the group's leader plans the assignment and watches the topics for all
	// asked says that a static member without an id has asked to join and heard nothing: the group may wait for it.
	asked bool
}

// requestTime bounds the requests that do not wait for other members: a coordinator that does not answer must not keep
// the member from seeing that its session is over.
func (m *member) requestTime() time.Duration {
	return min(m.cfg.Client.Net.ReadTimeout, m.cfg.SessionTimeout/3)
}

// errNoAnswer says that a request took longer than requestTime.
var errNoAnswer = errors.New("the coordinator does not answer")

// ask sends one request that the coordinator answers at once.
func (m *member) ask(ctx context.Context, request func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, m.requestTime(), errNoAnswer)
	defer cancel()
	return m.conn.During(ctx, request)
}

// sync sends a SyncGroup, which is answered when the group's leader has planned: the connection would wait for as long
// as a join may take, and the member would not see that the coordinator hangs.
func (m *member) sync(ctx context.Context, request func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, m.cfg.Client.Net.ReadTimeout, errNoAnswer)
	defer cancel()
	return m.conn.During(ctx, request)
}

// throttle notes for how long the coordinator reads no further requests.
func (m *member) throttle(millis int32) { m.conn.Throttle(time.Duration(millis) * time.Millisecond) }

// Errors of a membership, told apart because they decide what may still be written and committed.
var (
	// errRebalance: the group rebalances; this member still owns its partitions until it joins again.
	errRebalance = errors.New("group is rebalancing")
	// ErrLost: the group went on without this member; its partitions belong to others.
	ErrLost = errors.New("membership was lost")
)

// fatalError is an error no retry will mend.
type fatalError struct{ error }

func (e fatalError) Unwrap() error { return e.error }

// protocolType is that of consumer groups.
const protocolType = "consumer"

func (m *member) instance() *string {
	if m.cfg.InstanceID == "" {
		return nil
	}
	return &m.cfg.InstanceID
}

// classify says what a group error means.
func (m *member) classify(doing string, code sarama.KError) error {
	switch code {
	case sarama.ErrNoError:
		return nil
	case sarama.ErrRebalanceInProgress:
		return errRebalance
	case sarama.ErrIllegalGeneration: // the coordinator still knows the member: with a new id the old one would be waited for
		return fmt.Errorf("%s: %w (%w)", doing, ErrLost, code)
	case sarama.ErrUnknownMemberId:
		m.id = ""
		return fmt.Errorf("%s: %w (%w)", doing, ErrLost, code)
	case sarama.ErrFencedInstancedId:
		m.id = "" // leaving would take the other one out
		return fatalError{fmt.Errorf("%s: group.instance.id %s is used by another running task, which has taken over: %w (%w)", doing, m.cfg.InstanceID, code, ErrLost)}
	case sarama.ErrGroupAuthorizationFailed, sarama.ErrInconsistentGroupProtocol, sarama.ErrInvalidSessionTimeout,
		sarama.ErrInvalidGroupId, sarama.ErrTopicAuthorizationFailed, sarama.ErrClusterAuthorizationFailed:
		return fatalError{fmt.Errorf("%s %s: %w", doing, m.cfg.Group, code)}
	}
	return fmt.Errorf("%s %s: %w", doing, m.cfg.Group, code)
}

// join enters the next generation of the group and returns the partitions assigned to this member.
func (m *member) join(ctx context.Context, topics []string, partitions func(string) []int32) (map[string][]int32, error) {
	joined, err := m.joinGroup(ctx, topics)
	if err != nil {
		return nil, err
	}
	m.id, m.generation = joined.MemberId, joined.GenerationId
	sync := &sarama.SyncGroupRequest{Version: 3, GroupId: m.cfg.Group, GenerationId: m.generation, MemberId: m.id, GroupInstanceId: m.instance()}
	m.leads = joined.LeaderId == joined.MemberId
	if m.leads && len(joined.Members) > 0 {
		if sync.GroupAssignments, err = plan(m.cfg.Strategy, joined, partitions); err != nil {
			return nil, err
		}
	}
	var synced *sarama.SyncGroupResponse
	if err := m.sync(ctx, func() (err error) { synced, err = m.conn.SyncGroup(sync); return err }); err != nil {
		return nil, fmt.Errorf("sync with group %s: %w", m.cfg.Group, err)
	}
	m.throttle(synced.ThrottleTime)
	if err := m.classify("sync with group", synced.Err); err != nil {
		return nil, err
	}
	if len(synced.MemberAssignment) == 0 {
		return nil, nil
	}
	assigned, err := synced.GetMemberAssignment()
	if err != nil {
		return nil, fmt.Errorf("read assignment of group %s: %w", m.cfg.Group, err)
	}
	return assigned.Topics, nil
}

func (m *member) joinGroup(ctx context.Context, topics []string) (*sarama.JoinGroupResponse, error) {
	for {
		req := &sarama.JoinGroupRequest{Version: 5, GroupId: m.cfg.Group, MemberId: m.id, GroupInstanceId: m.instance(),
			SessionTimeout: int32(m.cfg.SessionTimeout.Milliseconds()), RebalanceTimeout: int32(m.cfg.RebalanceTimeout.Milliseconds()), ProtocolType: protocolType}
		if err := req.AddGroupProtocolMetadata(m.cfg.Strategy.Name(), &sarama.ConsumerGroupMemberMetadata{Topics: topics}); err != nil {
			return nil, fmt.Errorf("encode subscription: %w", err)
		}
		m.asked = m.cfg.InstanceID != "" && m.id == ""
		var joined *sarama.JoinGroupResponse
		if err := m.conn.During(ctx, func() (err error) { joined, err = m.conn.JoinGroup(req); return err }); err != nil {
			return nil, fmt.Errorf("join group %s: %w", m.cfg.Group, err)
		}
		m.throttle(joined.ThrottleTime)
		m.asked = false
		if joined.Err == sarama.ErrMemberIdRequired && m.id == "" {
			m.id = joined.MemberId
			continue
		}
		return joined, m.classify("join group", joined.Err)
	}
}

func (m *member) heartbeat(ctx context.Context) error {
	req := &sarama.HeartbeatRequest{Version: 3, GroupId: m.cfg.Group, GenerationId: m.generation, MemberId: m.id, GroupInstanceId: m.instance()}
	var res *sarama.HeartbeatResponse
	if err := m.ask(ctx, func() (err error) { res, err = m.conn.Heartbeat(req); return err }); err != nil {
		return fmt.Errorf("send heartbeat to group %s: %w", m.cfg.Group, err)
	}
	m.throttle(res.ThrottleTime)
	return m.classify("send heartbeat to group", res.Err)
}

// belongs reports whether the group may know this member.
func (m *member) belongs() bool { return m.id != "" || m.asked }

// leave takes the member out of the group at once, a static one too, by its instance id if it knows no other.
func (m *member) leave(ctx context.Context) error {
	if !m.belongs() {
		return nil
	}
	req := &sarama.LeaveGroupRequest{Version: 3, GroupId: m.cfg.Group, Members: []sarama.MemberIdentity{{MemberId: m.id, GroupInstanceId: m.instance()}}}
	var res *sarama.LeaveGroupResponse
	if err := m.ask(ctx, func() (err error) { res, err = m.conn.LeaveGroup(req); return err }); err != nil {
		return fmt.Errorf("leave group %s: %w", m.cfg.Group, err)
	}
	if res.Err != sarama.ErrNoError && res.Err != sarama.ErrUnknownMemberId {
		return fmt.Errorf("leave group %s: %w", m.cfg.Group, res.Err)
	}
	m.id, m.asked = "", false
	return nil
}
