package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// ErrGroupInUse says that a consumer group has members, so that nobody else may change its offsets.
var ErrGroupInUse = errors.New("the consumer group has members")

// UnknownPartitionError says that Kafka has no such partition.
type UnknownPartitionError struct{ Partition schemas.TopicPartition }

// Error names the partition.
func (e *UnknownPartitionError) Error() string {
	return fmt.Sprintf("Kafka has no partition %d of topic %s", e.Partition.Partition, e.Partition.Topic)
}

// Offsets reads and changes what consumer groups have committed. Each call opens a client and closes it again.
type Offsets struct{}

// Read returns the offsets that group has committed, none when there is no such group. props are the properties of an
// admin client.
func (Offsets) Read(ctx context.Context, props map[string]string, group string) (map[schemas.TopicPartition]int64, error) {
	var found map[schemas.TopicPartition]int64
	err := withCoordinator(ctx, props, group, func(g coordinated) (err error) {
		found, err = g.read()
		return err
	})
	return found, err
}

// Alter commits offsets for group, which must have no members; nil forgets what a partition had.
func (Offsets) Alter(ctx context.Context, props map[string]string, group string, offsets map[schemas.TopicPartition]*int64) error {
	return withCoordinator(ctx, props, group, func(g coordinated) error {
		for tp := range offsets {
			if err := partitionExists(g.client, tp); err != nil {
				return err
			}
		}
		if err := g.commit(offsets); err != nil {
			return err
		}
		return g.forget(offsets)
	})
}

// Delete deletes group, which must have no members. That there is none is no error.
func (Offsets) Delete(ctx context.Context, props map[string]string, group string) error {
	return withCoordinator(ctx, props, group, func(g coordinated) error {
		answer, err := g.DeleteGroups(&sarama.DeleteGroupsRequest{Version: 2, Groups: []string{group}})
		if err != nil {
			return fmt.Errorf("delete consumer group %s: %w", group, err)
		}
		if code := answer.GroupErrorCodes[group]; !errors.Is(code, sarama.ErrNoError) && !errors.Is(code, sarama.ErrGroupIDNotFound) {
			return groupError("delete consumer group "+group, code)
		}
		return nil
	})
}

// Evict takes static members out of group, by their group.instance.id; those it does not have are no error.
func (Offsets) Evict(ctx context.Context, props map[string]string, group string, instances []string) error {
	return withCoordinator(ctx, props, group, func(g coordinated) error {
		req := &sarama.LeaveGroupRequest{Version: 3, GroupId: group}
		for _, id := range instances {
			req.Members = append(req.Members, sarama.MemberIdentity{GroupInstanceId: &id})
		}
		answer, err := g.LeaveGroup(req)
		if err != nil {
			return fmt.Errorf("take members out of consumer group %s: %w", group, err)
		}
		if !errors.Is(answer.Err, sarama.ErrNoError) && !errors.Is(answer.Err, sarama.ErrUnknownMemberId) {
			return groupError("take members out of consumer group "+group, answer.Err)
		}
		return nil
	})
}

// AdminProps layers the properties of an admin client as Connect does: the worker's own, its admin.*, the connector's
// admin.override.*.
func AdminProps(worker, connector map[string]string, clientID string) map[string]string {
	props := maps.Clone(worker)
	if props["security.protocol"] == "" {
		// Who secures the consumers only has told us all we need.
		maps.Copy(props, configdef.WithPrefix(worker, "consumer."))
		props["bootstrap.servers"] = worker["bootstrap.servers"]
	}
	props["client.id"] = clientID
	maps.Copy(props, configdef.WithPrefix(worker, "admin."))
	maps.Copy(props, configdef.WithPrefix(connector, "admin.override."))
	return props
}

// coordinated is a consumer group at its coordinator.
type coordinated struct {
	*sarama.Broker
	client sarama.Client
	group  string
}

// Attempts at a request while the coordinator of a group is on the move.
const (
	coordinatorTries = 5
	coordinatorWait  = 200 * time.Millisecond
)

// withCoordinator runs f with a client that ends with ctx.
func withCoordinator(ctx context.Context, props map[string]string, group string, f func(coordinated) error) error {
	conf, brokers, err := Config(props)
	if err != nil {
		return fmt.Errorf("configure Kafka client: %w", err)
	}
	conf.Metadata.AllowAutoTopicCreation = false // asking about a topic must not make it
	if err := Reach(ctx, brokers, conf); err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	client, err := sarama.NewClient(brokers, within(ctx, conf))
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	for try := 1; ; try++ {
		err = atCoordinator(client, group, f)
		if err == nil || !moved(err) || try == coordinatorTries || !wait(ctx, coordinatorWait) {
			return errors.Join(err, client.Close())
		}
		_ = client.RefreshCoordinator(group) // the next attempt says what is wrong
	}
}

func atCoordinator(client sarama.Client, group string, f func(coordinated) error) error {
	broker, err := client.Coordinator(group)
	if err != nil {
		return fmt.Errorf("find the coordinator of consumer group %s: %w", group, err)
	}
	return f(coordinated{Broker: broker, client: client, group: group})
}

// moved reports whether another attempt may find the coordinator somewhere else, or ready.
func moved(err error) bool {
	return errors.Is(err, sarama.ErrNotCoordinatorForConsumer) || errors.Is(err, sarama.ErrOffsetsLoadInProgress) ||
		errors.Is(err, sarama.ErrConsumerCoordinatorNotAvailable)
}

func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (g coordinated) read() (map[schemas.TopicPartition]int64, error) {
	answer, err := g.FetchOffset(sarama.NewOffsetFetchRequest(sarama.V2_8_0_0, g.group, nil)) // nil: all topics
	if err != nil {
		return nil, fmt.Errorf("read offsets of consumer group %s: %w", g.group, err)
	}
	found := map[schemas.TopicPartition]int64{}
	if errors.Is(answer.Err, sarama.ErrGroupIDNotFound) {
		return found, nil
	}
	if !errors.Is(answer.Err, sarama.ErrNoError) {
		return nil, fmt.Errorf("read offsets of consumer group %s: %w", g.group, answer.Err)
	}
	for topic, partitions := range answer.Blocks {
		for number, block := range partitions {
			if !errors.Is(block.Err, sarama.ErrNoError) {
				return nil, fmt.Errorf("read offset of %s-%d: %w", topic, number, block.Err)
			}
			if block.Offset >= 0 {
				found[schemas.TopicPartition{Topic: topic, Partition: number}] = block.Offset
			}
		}
	}
	return found, nil
}

func partitionExists(c sarama.Client, tp schemas.TopicPartition) error {
	known, err := c.Partitions(tp.Topic)
	switch {
	case errors.Is(err, sarama.ErrUnknownTopicOrPartition), errors.Is(err, sarama.ErrInvalidTopic),
		err == nil && !slices.Contains(known, tp.Partition):
		return &UnknownPartitionError{Partition: tp}
	case err != nil:
		return fmt.Errorf("look up topic %s: %w", tp.Topic, err)
	}
	return nil
}

// commit commits as nobody's member, which a coordinator allows while the group is empty.
func (g coordinated) commit(offsets map[schemas.TopicPartition]*int64) error {
	req := &sarama.OffsetCommitRequest{Version: 7, ConsumerGroup: g.group, ConsumerGroupGeneration: sarama.GroupGenerationUndefined}
	some := false
	for tp, offset := range offsets {
		if offset != nil {
			const noEpoch, noTime = -1, 0
			req.AddBlockWithLeaderEpoch(tp.Topic, tp.Partition, *offset, noEpoch, noTime, "")
			some = true
		}
	}
	if !some {
		return nil
	}
	answer, err := g.CommitOffset(req)
	if err != nil {
		return fmt.Errorf("commit offsets of consumer group %s: %w", g.group, err)
	}
	return partitionErrors("commit offset", answer.Errors)
}

// forget removes the offsets of partitions that shall have none.
func (g coordinated) forget(offsets map[schemas.TopicPartition]*int64) error {
	req := &sarama.DeleteOffsetsRequest{Group: g.group}
	some := false
	for tp, offset := range offsets {
		if offset == nil {
			req.AddPartition(tp.Topic, tp.Partition)
			some = true
		}
	}
	if !some {
		return nil
	}
	answer, err := g.DeleteOffsets(req)
	if err != nil {
		return fmt.Errorf("forget offsets of consumer group %s: %w", g.group, err)
	}
	if !errors.Is(answer.ErrorCode, sarama.ErrNoError) {
		return groupError("forget offsets of consumer group "+g.group, answer.ErrorCode)
	}
	return partitionErrors("forget offset", answer.Errors)
}

func partitionErrors(doing string, codes map[string]map[int32]sarama.KError) error {
	for topic, partitions := range codes {
		for number, code := range partitions {
			tp := schemas.TopicPartition{Topic: topic, Partition: number}
			switch {
			case errors.Is(code, sarama.ErrNoError):
			case errors.Is(code, sarama.ErrUnknownTopicOrPartition):
				return &UnknownPartitionError{Partition: tp}
			default:
				return groupError(doing+" of "+tp.String(), code)
			}
		}
	}
	return nil
}

// groupError tells apart that the group is in use from everything else.
func groupError(doing string, err error) error {
	for _, busy := range []error{sarama.ErrUnknownMemberId, sarama.ErrNonEmptyGroup, sarama.ErrGroupSubscribedToTopic,
		sarama.ErrIllegalGeneration, sarama.ErrRebalanceInProgress} {
		if errors.Is(err, busy) {
			return fmt.Errorf("%s: %w", doing, ErrGroupInUse)
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}
