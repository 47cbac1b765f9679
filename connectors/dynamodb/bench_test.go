package dynamodb

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// telemetry is the 12-attribute item that the design measured the SDK with.
func telemetry(offset int64) schemas.Record {
	value := schemas.Map{
		{Key: "pk", Value: fmt.Sprintf("dev-%d", offset%5000)}, {Key: "sk", Value: schemas.Number(fmt.Sprint(offset))},
		{Key: "temperature", Value: schemas.Number("21.53")}, {Key: "humidity", Value: schemas.Number("44.1")},
		{Key: "site", Value: "ams-01"}, {Key: "ok", Value: true}, {Key: "battery_mv", Value: schemas.Number("3300")},
		{Key: "seq", Value: schemas.Number("9007199254740993")}, {Key: "tags", Value: []any{"prod", "fw"}},
		{Key: "note", Value: nil}, {Key: "msg", Value: strings.Repeat("x", 60)}, {Key: "ts", Value: schemas.Number("1795363155453")},
	}
	v := schemas.Of(nil, value)
	return schemas.Record{Topic: "events", Source: things, Offset: offset, Value: v, Raw: schemas.Raw{Value: v.AppendJSON(nil)}}
}

func cpuTime() time.Duration {
	var ru syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &ru)
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

func BenchmarkEncode(b *testing.B) {
	s := settings{hash: reference{text: "value.pk", from: fromValue, path: []string{"pk"}, column: "pk"}, single: "value"}
	s.sort = &reference{text: "value.sk", from: fromValue, path: []string{"sk"}, column: "sk"}
	e := newEncoder(&s)
	l := layout{hash: attribute{"pk", 'S'}, sort: attribute{"sk", 'N'}}
	r := telemetry(1)
	b.ReportAllocs()
	for b.Loop() {
		if err := e.encode(&l, &r, false); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSink writes through the SDK to a server that throws away what it reads; its cost is part of the result.
func BenchmarkSink(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := `{"UnprocessedItems":{}}`
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "DescribeTable") {
			answer = `{"Table":{"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"}]}}`
		}
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	v, problems := definition.Parse(map[string]string{keyRegion: "r", keyEndpoint: server.URL, keyAccessKey: "a", keySecretKey: "b",
		keyHash: "value.pk", keySort: "value.sk"})
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	k, err := Connector{}.NewTask(b.Context(), connectors.TaskContext{Wake: func(schemas.TopicPartition) {}}, connectors.Config{Values: v, Topics: []string{"events"}})
	if err != nil {
		b.Fatal(err)
	}
	w, _ := k.Open(b.Context(), things, 0)
	batch := make([]schemas.Record, 500)
	for i := range batch {
		batch[i] = telemetry(int64(i))
	}
	b.ReportAllocs()
	cpu, start, n := cpuTime(), time.Now(), 0
	for b.Loop() {
		for i := range batch {
			batch[i].Offset = int64(n)
			n++
		}
		if _, err := w.Write(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		if _, err := w.Advance(b.Context(), time.Now()); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(context.Background(), connectors.Stopping); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(n)/time.Since(start).Seconds(), "items/s")
	b.ReportMetric((cpuTime()-cpu).Seconds()*1e6/float64(n), "cpu-us/item")
	_ = k.Close(context.Background())
}
