package consume

import (
	"context"
	"errors"
	"fmt"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/schemas"
)

// member speaks the classic group protocol with the coordinator over a connection of its own: a join may wait for
// minutes, and a commit must not wait behind a fetch. It is used by one goroutine.
type member struct {
	cfg        *Config
	conn       *kafka.Conn
	id         string
	generation int32
}

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
	case sarama.ErrUnknownMemberId, sarama.ErrIllegalGeneration:
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
	if joined.LeaderId == joined.MemberId && len(joined.Members) > 0 {
		if sync.GroupAssignments, err = plan(m.cfg.Strategy, joined, partitions); err != nil {
			return nil, err
		}
	}
	var synced *sarama.SyncGroupResponse
	if err := m.conn.During(ctx, func() (err error) { synced, err = m.conn.SyncGroup(sync); return err }); err != nil {
		return nil, fmt.Errorf("sync with group %s: %w", m.cfg.Group, err)
	}
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
		var joined *sarama.JoinGroupResponse
		if err := m.conn.During(ctx, func() (err error) { joined, err = m.conn.JoinGroup(req); return err }); err != nil {
			return nil, fmt.Errorf("join group %s: %w", m.cfg.Group, err)
		}
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
	if err := m.conn.During(ctx, func() (err error) { res, err = m.conn.Heartbeat(req); return err }); err != nil {
		return fmt.Errorf("send heartbeat to group %s: %w", m.cfg.Group, err)
	}
	return m.classify("send heartbeat to group", res.Err)
}

// leave takes the member out of the group at once, a static one too.
func (m *member) leave(ctx context.Context) error {
	if m.id == "" {
		return nil
	}
	req := &sarama.LeaveGroupRequest{Version: 3, GroupId: m.cfg.Group, Members: []sarama.MemberIdentity{{MemberId: m.id, GroupInstanceId: m.instance()}}}
	var res *sarama.LeaveGroupResponse
	if err := m.conn.During(ctx, func() (err error) { res, err = m.conn.LeaveGroup(req); return err }); err != nil {
		return fmt.Errorf("leave group %s: %w", m.cfg.Group, err)
	}
	m.id = ""
	if res.Err != sarama.ErrNoError {
		return fmt.Errorf("leave group %s: %w", m.cfg.Group, res.Err)
	}
	return nil
}

// commit sends the offsets. It returns the partitions that were refused one by one; err is for the whole request.
func (m *member) commit(ctx context.Context, offsets map[schemas.TopicPartition]int64) (refused map[schemas.TopicPartition]sarama.KError, err error) {
	req := &sarama.OffsetCommitRequest{Version: 7, ConsumerGroup: m.cfg.Group, ConsumerGroupGeneration: m.generation, ConsumerID: m.id, GroupInstanceId: m.instance()}
	for tp, offset := range offsets {
		req.AddBlockWithLeaderEpoch(tp.Topic, tp.Partition, offset, -1, 0, "")
	}
	var res *sarama.OffsetCommitResponse
	if err := m.conn.During(ctx, func() (err error) { res, err = m.conn.CommitOffset(req); return err }); err != nil {
		return nil, fmt.Errorf("commit offsets of group %s: %w", m.cfg.Group, err)
	}
	for tp := range offsets {
		code := sarama.ErrUnknown
		if c, ok := res.Errors[tp.Topic][tp.Partition]; ok {
			code = c
		}
		switch code {
		case sarama.ErrNoError:
		case sarama.ErrRebalanceInProgress, sarama.ErrUnknownMemberId, sarama.ErrIllegalGeneration, sarama.ErrFencedInstancedId:
			return nil, m.classify("commit offsets of group", code)
		default:
			if refused == nil {
				refused = map[schemas.TopicPartition]sarama.KError{}
			}
			refused[tp] = code
		}
	}
	return refused, nil
}

// committed returns the group's offsets of the partitions; -1 where there is none.
func (m *member) committed(ctx context.Context, assigned map[string][]int32) (map[schemas.TopicPartition]int64, error) {
	offsets := map[schemas.TopicPartition]int64{}
	if len(assigned) == 0 {
		return offsets, nil
	}
	req := sarama.NewOffsetFetchRequest(sarama.V2_4_0_0, m.cfg.Group, assigned)
	var res *sarama.OffsetFetchResponse
	if err := m.conn.During(ctx, func() (err error) { res, err = m.conn.FetchOffset(req); return err }); err != nil {
		return nil, fmt.Errorf("fetch committed offsets of group %s: %w", m.cfg.Group, err)
	}
	if err := m.classify("fetch committed offsets of group", res.Err); err != nil {
		return nil, err
	}
	for topic, partitions := range assigned {
		for _, p := range partitions {
			block := res.GetBlock(topic, p)
			if block == nil {
				return nil, fmt.Errorf("fetch committed offsets of group %s: the answer lacks %s-%d", m.cfg.Group, topic, p)
			}
			if err := m.classify("fetch committed offsets of group", block.Err); err != nil {
				return nil, err
			}
			offsets[schemas.TopicPartition{Topic: topic, Partition: p}] = block.Offset
		}
	}
	return offsets, nil
}
