package dynamodb

import (
	"fmt"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors/sinktest"
	"github.com/sluice-connect/sluice/schemas"
)

func vehicle(tp schemas.TopicPartition, offset int64, key string, n int) schemas.Record {
	return schemas.Record{
		Topic: tp.Topic, Source: tp, Offset: offset, Timestamp: time.UnixMilli(1_700_000_000_000 + offset).UTC(),
		TimestampType: schemas.CreateTime,
		Key:           schemas.Of(nil, key),
		Value:         schemas.Of(nil, schemas.Map{{Key: "vin", Value: key}, {Key: "n", Value: schemas.Number(fmt.Sprint(n))}}),
		Raw:           schemas.Raw{Key: []byte(key), Value: fmt.Appendf(nil, `{"vin":%q,"n":%d}`, key, n)},
	}
}

func TestSuiteLatestState(t *testing.T) {
	var w *world
	sinktest.Run(t, sinktest.Subject{
		Connector: Connector{}, Keyed: true, Tombstones: sinktest.Deletes,
		Fresh: func(t *testing.T) map[string]string {
			w = newWorld(t)
			w.table(t, "things", "vin:S")
			return w.props(keyHash, "value.vin", keySort, "", keyNulls, "delete")
		},
		Record: vehicle,
		Stored: func(t *testing.T, _ map[string]string) (ids []string) {
			for _, item := range w.scan(t, "things") {
				ids = append(ids, show(item["vin"])+" "+show(item["n"]))
			}
			return ids
		},
		Identity: func(r schemas.Record) string {
			m := r.Value.Data().(schemas.Map)
			vin, _ := m.Get("vin")
			n, _ := m.Get("n")
			return fmt.Sprintf("S:%s N:%s", vin, n)
		},
		Poison: func(tp schemas.TopicPartition, offset int64) schemas.Record {
			r := vehicle(tp, offset, "", 0) // no empty keys in DynamoDB
			return r
		},
		Outage:      func(*testing.T, map[string]string) func() { return w.outage() },
		RefuseLogin: func(*testing.T, map[string]string) func() { return w.refuseLogin() },
		Writes:      func() int64 { return w.writes.Load() },

		NoLateRequests: "README.md says, under Delivery, what they can do",
	})
}

func TestSuiteAppendLog(t *testing.T) {
	var w *world
	sinktest.Run(t, sinktest.Subject{
		Connector: Connector{}, ExactlyOnce: true, Tombstones: sinktest.Writes,
		Fresh: func(t *testing.T) map[string]string {
			w = newWorld(t)
			w.table(t, sinktest.Topic, "partition:N", "offset:N")
			return w.props(keyTable, topicVariable)
		},
		Record: vehicle,
		Stored: func(t *testing.T, _ map[string]string) (ids []string) {
			for _, item := range w.scan(t, sinktest.Topic) {
				ids = append(ids, show(item["partition"])+" "+show(item["offset"]))
			}
			return ids
		},
		Identity: func(r schemas.Record) string {
			return fmt.Sprintf("N:%d N:%d", r.Source.Partition, r.Offset)
		},
		Poison: func(tp schemas.TopicPartition, offset int64) schemas.Record {
			r := vehicle(tp, offset, "k", 0)
			r.Value = schemas.Of(nil, schemas.Map{{Key: "n", Value: schemas.Number("1e400")}})
			return r
		},
		Outage:      func(*testing.T, map[string]string) func() { return w.outage() },
		RefuseLogin: func(*testing.T, map[string]string) func() { return w.refuseLogin() },
		Writes:      func() int64 { return w.writes.Load() },

		NoLateRequests: "an item has the partition and offset of its record as its key: it is written with one content only",
	})
}
