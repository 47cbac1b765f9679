package runtime

import (
	"encoding/json"

	"github.com/sluice-connect/sluice/schemas"
)

// The keys that name a partition of a sink connector and its offset.
const (
	TopicKey     = "kafka_topic"
	PartitionKey = "kafka_partition"
	OffsetKey    = "kafka_offset"
)

// PartitionOffset is a partition and the offset it shall have, as a client sends them: objects of JSON values, nil for
// none.
type PartitionOffset struct {
	Partition, Offset map[string]json.RawMessage
}

// readPartitionOffsets understands what a client sent, with the texts and the leniency of Kafka Connect: numbers may be
// strings, further keys do not matter, the last offset for a partition counts. A nil offset resets a partition.
func readPartitionOffsets(list []PartitionOffset) (map[schemas.TopicPartition]*int64, error) {
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
		return tp, Errorf(BadRequest, "The partition for a sink connector offset cannot be null or missing")
	}
	topic, hasTopic := m[TopicKey]
	number, hasNumber := m[PartitionKey]
	switch {
	case !hasTopic || !hasNumber:
		return tp, Errorf(BadRequest, "The partition for a sink connector offset must contain the keys '%s' and '%s'", TopicKey, PartitionKey)
	case isNull(topic):
		return tp, Errorf(BadRequest, "Kafka topic names must be valid strings and may not be null")
	case isNull(number):
		return tp, Errorf(BadRequest, "Kafka partitions must be valid numbers and may not be null")
	}
	n, err := ParseJavaInt(javaText(number), 32)
	if err != nil {
		return tp, Errorf(BadRequest, "Failed to parse the following Kafka partition value in the provided offsets: '%s'. "+
			"Partition values for sink connectors need to be integers.", javaText(number))
	}
	return schemas.TopicPartition{Topic: javaText(topic), Partition: int32(n)}, nil
}

func readOffset(m map[string]json.RawMessage) (*int64, error) {
	if m == nil {
		return nil, nil
	}
	value, ok := m[OffsetKey]
	if !ok {
		return nil, Errorf(BadRequest, "The offset for a sink connector should either be null or contain the key '%s'", OffsetKey)
	}
	n, err := ParseJavaInt(javaText(value), 64)
	if err != nil {
		return nil, Errorf(BadRequest, "Failed to parse the following Kafka offset value in the provided offsets: '%s'. "+
			"Offset values for sink connectors need to be integers.", javaText(value))
	}
	return &n, nil
}
