package s3

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/sluice-connect/sluice/schemas"
)

// partitioner appends the encoded partition of a record: the directories between topic and file name. One is used by
// one goroutine; at is the record's time, which only time-based partitioners look at.
type partitioner interface {
	encode(dst []byte, r *schemas.Record, at int64) ([]byte, error)
}

// byPartition is Confluent's default: one directory for each Kafka partition.
type byPartition struct{}

func (byPartition) encode(dst []byte, r *schemas.Record, _ int64) ([]byte, error) {
	return strconv.AppendInt(append(dst, "partition="...), int64(r.Source.Partition), 10), nil
}

// byFields makes a directory name=value for each field, in the configured order.
type byFields struct {
	names []string
	paths [][]string
	delim string
}

func newByFields(names []string, delim string) byFields {
	f := byFields{names: names, delim: delim}
	for _, n := range names {
		f.paths = append(f.paths, strings.Split(n, "."))
	}
	return f
}

func (f byFields) encode(dst []byte, r *schemas.Record, _ int64) ([]byte, error) {
	for i, name := range f.names {
		data, ok := r.Value.Lookup(f.paths[i])
		if !ok {
			return dst, fmt.Errorf("find the partition field %s: the record has none", name)
		}
		if i > 0 {
			dst = append(dst, f.delim...)
		}
		dst = append(append(dst, name...), '=')
		var err error
		if dst, err = appendFieldValue(dst, data); err != nil {
			return dst, fmt.Errorf("use the partition field %s: %w", name, err)
		}
	}
	return dst, nil
}

// appendFieldValue appends what names a directory: times, fractions and containers would make names that nobody finds
// again.
func appendFieldValue(dst []byte, data any) ([]byte, error) {
	switch d := data.(type) {
	case nil, bool, int8, int16, int32, int64, string:
	case schemas.Number:
		if strings.ContainsAny(string(d), ".eE") {
			return dst, errFieldValue
		}
	default:
		return dst, errFieldValue
	}
	return schemas.AppendText(dst, nil, data, schemas.TextOptions{}), nil
}

var errFieldValue = errors.New("only integers, strings and booleans can name a directory")

// byTime files records by their time.
type byTime struct{ *buckets }

func (b byTime) encode(dst []byte, _ *schemas.Record, at int64) ([]byte, error) {
	return append(dst, b.dir(at)...), nil
}
