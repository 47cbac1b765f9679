package herder

import (
	"encoding/json"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/javatext"
	"github.com/sluice-connect/sluice/schemas"
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
	topic, hasTopic := m[runtime.TopicKey]
	number, hasNumber := m[runtime.PartitionKey]
	switch {
	case !hasTopic || !hasNumber:
		return tp, runtime.Errorf(runtime.BadRequest, "The partition for a sink connector offset must contain the keys '%s' and '%s'", runtime.TopicKey, runtime.PartitionKey)
	case javatext.IsNull(topic):
		return tp, runtime.Errorf(runtime.BadRequest, "Kafka topic names must be valid strings and may not be null")
	case javatext.IsNull(number):
		return tp, runtime.Errorf(runtime.BadRequest, "Kafka partitions must be valid numbers and may not be null")
	}
	n, err := javatext.ParseInt(javatext.Text(number), 32)
	if err != nil {
		return tp, runtime.Errorf(runtime.BadRequest, "Failed to parse the following Kafka partition value in the provided offsets: '%s'. "+
			"Partition values for sink connectors need to be integers.", javatext.Text(number))
	}
	return schemas.TopicPartition{Topic: javatext.Text(topic), Partition: int32(n)}, nil
}

func readOffset(m map[string]json.RawMessage) (*int64, error) {
	if m == nil {
		return nil, nil
	}
	value, ok := m[runtime.OffsetKey]
	if !ok {
		return nil, runtime.Errorf(runtime.BadRequest, "The offset for a sink connector should either be null or contain the key '%s'", runtime.OffsetKey)
	}
	n, err := javatext.ParseInt(javatext.Text(value), 64)
	if err != nil {
		return nil, runtime.Errorf(runtime.BadRequest, "Failed to parse the following Kafka offset value in the provided offsets: '%s'. "+
			"Offset values for sink connectors need to be integers.", javatext.Text(value))
	}
	return &n, nil
}
