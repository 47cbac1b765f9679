package s3

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/connectors/sinktest"
	"github.com/sluice-connect/sluice/schemas"
)

func TestSuite(t *testing.T) {
	for name, props := range map[string]map[string]string{
		"records": {"flush.size": "1"},
		"fields":  {"flush.size": "1", "partitioner.class": classField, "partition.field.name": "kind", "s3.compression.type": "gzip"},
		"clock":   {"flush.size": "7", "rotate.schedule.interval.ms": "60000", "timezone": "UTC"},
	} {
		t.Run(name, func(t *testing.T) { sinktest.Run(t, subject(props)) })
	}
}

func subject(props map[string]string) sinktest.Subject {
	var b *bench
	return sinktest.Subject{
		Connector: Connector{},
		Fresh: func(t *testing.T) map[string]string {
			b = newBench(t, props)
			return b.props
		},
		Record: suiteRecord,
		Stored: func(*testing.T, map[string]string) []string {
			var ids []string
			for _, text := range b.objects() {
				ids = append(ids, strings.SplitAfter(text, "\n")...)
			}
			return strings.Fields(strings.Join(ids, ""))
		},
		Identity:    func(r schemas.Record) string { return string(r.Value.AppendJSON(nil)) },
		ExactlyOnce: props["rotate.schedule.interval.ms"] == "",
		Tombstones:  sinktest.Rejects,
		Poison: func(tp schemas.TopicPartition, offset int64) schemas.Record {
			r := suiteRecord(tp, offset, "poison", 0)
			r.Topic = "no\ntopic"
			return r
		},
		Outage: func(*testing.T, map[string]string) func() {
			b.break_(func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) })
			return func() { b.break_(nil) }
		},
		RefuseLogin: func(*testing.T, map[string]string) func() {
			b.break_(func(w http.ResponseWriter, _ *http.Request) bool { return answer(w, 403, "InvalidAccessKeyId") })
			return func() { b.break_(nil) }
		},
		NoLateRequests: "an object that arrives late has the name and the records of the one it replaces",
		Writes: func() int64 {
			return int64(b.count("PUT") + b.count("create") + b.count("part") + b.count("complete"))
		},
	}
}

func suiteRecord(tp schemas.TopicPartition, offset int64, key string, n int) schemas.Record {
	r := record(offset, t0, "key", key, "kind", fmt.Sprint(n%3), "partition", int64(tp.Partition))
	r.Topic, r.Source = tp.Topic, tp
	return r
}
