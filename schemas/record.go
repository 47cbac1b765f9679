package schemas

import (
	"fmt"
	"time"
)

// TopicPartition names a partition of a Kafka topic.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// String renders tp as Kafka prints it: topic-partition.
func (tp TopicPartition) String() string { return fmt.Sprintf("%s-%d", tp.Topic, tp.Partition) }

// TimestampType says who set a record's timestamp.
type TimestampType uint8

// The timestamp types of Kafka.
const (
	NoTimestampType TimestampType = iota
	CreateTime
	LogAppendTime
)

// Record is one consumed Kafka record after conversion.
//
// The memory of lazy values and of the raw fields belongs to the batch: a sink that keeps a record beyond the call
// it was given in copies what it keeps.
type Record struct {
	// Topic is the topic after transforms; Source names the partition the record was consumed from.
	Topic  string
	Source TopicPartition
	Offset int64
	// Timestamp is the zero time if the record has none; resolution is a millisecond.
	Timestamp     time.Time
	TimestampType TimestampType
	Key, Value    Value
	Headers       []Header
	Raw           Raw
}

// Raw is what Kafka delivered, before any converter: what a dead-letter topic gets.
type Raw struct {
	Key, Value []byte // nil when null
	Headers    []RawHeader
}

// RawHeader is a header as consumed.
type RawHeader struct {
	Key   string
	Value []byte // nil when null
}

// Header is a converted header.
type Header struct {
	Key   string
	Value Value
}

// Clone returns a copy of r that shares no memory with it.
func (r Raw) Clone() Raw {
	c := Raw{Key: cloneBytes(r.Key), Value: cloneBytes(r.Value)}
	for _, h := range r.Headers {
		c.Headers = append(c.Headers, RawHeader{Key: h.Key, Value: cloneBytes(h.Value)})
	}
	return c
}

// cloneBytes tells nil from empty.
func cloneBytes(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}
