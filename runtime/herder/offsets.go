package herder

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"time"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/javatext"
	"github.com/sluice-connect/sluice/schemas"
)

// Offsets reads and changes what consumer groups have committed; props are the properties of an admin client. Its
// errors wrap kafka.ErrGroupInUse and kafka.UnknownPartitionError.
type Offsets interface {
	Read(ctx context.Context, props map[string]string, group string) (map[schemas.TopicPartition]int64, error)
	Alter(ctx context.Context, props map[string]string, group string, offsets map[schemas.TopicPartition]*int64) error
	Delete(ctx context.Context, props map[string]string, group string) error
	Evict(ctx context.Context, props map[string]string, group string, instances []string) error
}

// offsetsTime bounds what one request does with Kafka and with the sink.
const offsetsTime = 60 * time.Second

// ConnectorOffsets lists what the connector's consumer group has committed, in any state of the connector.
func (h *Herder) ConnectorOffsets(ctx context.Context, name string) ([]runtime.ConnectorOffset, error) {
	config, err := h.ConnectorConfig(name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, offsetsTime)
	defer cancel()
	found, err := h.readOffsets(ctx, name, config)
	if err != nil {
		h.about(name).Error("reading offsets", "error", err)
		return nil, runtime.Errorf(runtime.Internal, "Failed to retrieve consumer group offsets for sink connector %s", name)
	}
	list := make([]runtime.ConnectorOffset, 0, len(found))
	for tp, offset := range found {
		list = append(list, runtime.ConnectorOffset{Partition: tp, Offset: offset})
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i].Partition, list[j].Partition
		return a.Topic < b.Topic || a.Topic == b.Topic && a.Partition < b.Partition
	})
	return list, nil
}

// AlterOffsets changes the offsets of a stopped connector. It returns the text for the user.
func (h *Herder) AlterOffsets(ctx context.Context, name string, wanted []runtime.PartitionOffset) (string, error) {
	if len(wanted) == 0 {
		return "", runtime.Errorf(runtime.BadRequest, "Partitions / offsets need to be provided for an alter offsets request")
	}
	g, err := h.stoppedGroup(ctx, name)
	if err != nil {
		return "", err
	}
	offsets, err := readPartitionOffsets(wanted)
	if err != nil {
		return "", err
	}
	for tp, offset := range offsets {
		if offset != nil && *offset < 0 {
			return "", runtime.Errorf(runtime.BadRequest, "Failed to modify offsets for sink connector %s: the offset of %s is negative", name, tp)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, offsetsTime)
	defer cancel()
	told, err := g.tellSink(ctx, offsets)
	if err != nil {
		return "", err
	}
	if err := g.alone(ctx, func() error { return h.opt.Offsets.Alter(ctx, g.admin, g.id, offsets) }); err != nil {
		return "", g.failure("alter", "Failed to alter consumer group offsets for connector %s", err)
	}
	h.opt.Logger.Info("altered offsets", "connector", name, "partitions", len(offsets))
	return outcome("altered", told), nil
}

// ResetOffsets forgets the offsets of a stopped connector: it deletes its consumer group. It returns the text for the
// user.
func (h *Herder) ResetOffsets(ctx context.Context, name string) (string, error) {
	g, err := h.stoppedGroup(ctx, name)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, offsetsTime)
	defer cancel()
	const failed = "Failed to reset consumer group offsets for sink connector %s"
	found, err := h.opt.Offsets.Read(ctx, g.admin, g.id)
	if err != nil {
		return "", g.failure("reset", failed, err)
	}
	none := make(map[schemas.TopicPartition]*int64, len(found))
	for tp := range found {
		none[tp] = nil
	}
	told, err := g.tellSink(ctx, none)
	if err != nil {
		return "", err
	}
	if err := g.alone(ctx, func() error { return h.opt.Offsets.Delete(ctx, g.admin, g.id) }); err != nil {
		return "", g.failure("reset", failed, err)
	}
	h.opt.Logger.Info("reset offsets", "connector", name)
	return outcome("reset", told), nil
}

// outcome words a success. A sink that was not told may keep offsets of its own.
func outcome(done string, told bool) string {
	if told {
		return fmt.Sprintf("The offsets for this connector have been %s successfully", done)
	}
	return fmt.Sprintf("The Connect framework-managed offsets for this connector have been %s successfully. However, if this connector "+
		"manages offsets externally, they will need to be manually %s in the system that the connector uses.", done, done)
}

// The keys that name a partition of a sink connector and its offset.
const (
	TopicKey     = "kafka_topic"
	PartitionKey = "kafka_partition"
	OffsetKey    = "kafka_offset"
)

// readPartitionOffsets understands what a client sent, with the texts and the leniency of Kafka Connect: numbers may be
// strings, further keys do not matter, the last offset for a partition counts. A nil offset resets a partition.
func readPartitionOffsets(list []runtime.PartitionOffset) (map[schemas.TopicPartition]*int64, error) {
	offsets := make(map[schemas.TopicPartition]*int64, len(list))
	for _, entry := range list {
		tp, err := readPartition(entry.Partition)
		if err != nil {
			return nil, err
		}
		if offsets[tp], err = readOffset(entry.Offset); err != nil {
			return nil, err
		}
	}
	return offsets, nil
}

func readPartition(m map[string]json.RawMessage) (schemas.TopicPartition, error) {
	var tp schemas.TopicPartition
	if m == nil {
		return tp, runtime.Errorf(runtime.BadRequest, "The partition for a sink connector offset cannot be null or missing")
	}
	topic, hasTopic := m[TopicKey]
	number, hasNumber := m[PartitionKey]
	switch {
	case !hasTopic || !hasNumber:
		return tp, runtime.Errorf(runtime.BadRequest, "The partition for a sink connector offset must contain the keys '%s' and '%s'", TopicKey, PartitionKey)
	case javatext.IsNull(topic):
		return tp, runtime.Errorf(runtime.BadRequest, "Kafka topic names must be valid strings and may not be null")
	case javatext.IsNull(number):
		return tp, runtime.Errorf(runtime.BadRequest, "Kafka partitions must be valid numbers and may not be null")
	}
	n, err := javatext.ParseInt(javatext.JSON(number), 32)
	if err != nil {
		return tp, runtime.Errorf(runtime.BadRequest, "Failed to parse the following Kafka partition value in the provided offsets: '%s'. "+
			"Partition values for sink connectors need to be integers.", javatext.JSON(number))
	}
	return schemas.TopicPartition{Topic: javatext.JSON(topic), Partition: int32(n)}, nil
}

func readOffset(m map[string]json.RawMessage) (*int64, error) {
	if m == nil {
		return nil, nil
	}
	value, ok := m[OffsetKey]
	if !ok {
		return nil, runtime.Errorf(runtime.BadRequest, "The offset for a sink connector should either be null or contain the key '%s'", OffsetKey)
	}
	n, err := javatext.ParseInt(javatext.JSON(value), 64)
	if err != nil {
		return nil, runtime.Errorf(runtime.BadRequest, "Failed to parse the following Kafka offset value in the provided offsets: '%s'. "+
			"Offset values for sink connectors need to be integers.", javatext.JSON(value))
	}
	return &n, nil
}
