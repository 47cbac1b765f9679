package sinktest

import (
	"fmt"
	"strconv"
	"time"

	"github.com/sluice-connect/sluice/schemas"
)

// Record makes the record of a subject that needs no special ones: its key is the string key, its value the schemaless object
// {"id": key, "n": n}, as JsonConverter reads them.
func Record(tp schemas.TopicPartition, offset int64, key string, n int) schemas.Record {
	return schemas.Record{
		Topic: tp.Topic, Source: tp, Offset: offset,
		Timestamp: time.UnixMilli(1_700_000_000_000 + offset).UTC(), TimestampType: schemas.CreateTime,
		Key:   schemas.Of(nil, key),
		Value: schemas.Of(nil, schemas.Map{{Key: "id", Value: key}, {Key: "n", Value: schemas.Number(strconv.Itoa(n))}}),
		Raw:   schemas.Raw{Key: fmt.Appendf(nil, "%q", key), Value: fmt.Appendf(nil, `{"id":%q,"n":%d}`, key, n)},
	}
}

// ID is what Stored returns for a stored record of Record: the key, and n as text; n is empty for a tombstone.
func ID(key, n string) string { return key + "=" + n }

func identity(r schemas.Record) string {
	key, _ := r.Key.Data().(string)
	n := ""
	if found, ok := r.Value.Lookup([]string{"n"}); ok {
		n = fmt.Sprint(found)
	}
	return ID(key, n)
}
