package s3

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// discard answers uploads without keeping them.
func discard(w http.ResponseWriter, r *http.Request) bool {
	_, _ = io.Copy(io.Discard, r.Body)
	switch kind(r) {
	case "create":
		fmt.Fprint(w, `<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>`)
	case "complete":
		fmt.Fprint(w, `<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>`)
	default:
		w.Header().Set("ETag", `"e"`)
	}
	return true
}

// line is a value that is its own JSON.
type line []byte

func (l line) Tree() any                        { return string(l) }
func (l line) AppendJSON(dst []byte) []byte     { return append(dst, l...) }
func (l line) Lookup(path []string) (any, bool) { return "value", true }

func telemetry(n int) []schemas.Record {
	out := make([]schemas.Record, n)
	for i := range out {
		text := fmt.Appendf(nil, `{"vehicle_id":"veh-%05d","ts":%d,"speed":%d.%d,"lat":52.%07d,"lon":13.%07d,"soc":%d`,
			i*7919%5000, 1714558030500+i*137, i%130, i%10, i*7919%9999999, i*104729%9999999, i%100)
		for len(text) < 270 {
			text = fmt.Appendf(text, `,"s%d":%d`, len(text), i*len(text)%100003)
		}
		out[i] = record(int64(i), t0)
		out[i].Value = schemas.LazyOf(nil, line(append(text, '}')))
	}
	return out
}

func BenchmarkWrite(b *testing.B) {
	hourly := map[string]string{"partitioner.class": classHourly, "locale": "en", "timezone": "UTC", "timestamp.extractor": "Record"}
	for name, props := range map[string]map[string]string{
		"none": {}, "gzip": {"s3.compression.type": "gzip"}, "gzip-1": {"s3.compression.type": "gzip", "s3.compression.level": "1"}, "hourly": hourly,
	} {
		b.Run(name, func(b *testing.B) {
			props["flush.size"] = "20000"
			s := newBench(b, props)
			k := s.task()
			s.break_(discard)
			w := s.writer(k)
			batch := telemetry(1000)
			bytes := 0
			for i := range batch {
				bytes += len(batch[i].Value.AppendJSON(nil)) + 1
			}
			b.SetBytes(int64(bytes / len(batch)))
			b.ReportAllocs()
			b.ResetTimer()
			for done := 0; done < b.N; done += len(batch) {
				for i := range batch {
					batch[i].Offset += int64(len(batch))
				}
				if _, err := w.Write(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			closeWriter(b, w, connectors.Stopping)
		})
	}
}

// TestMemoryIsBounded: a file of 256 MiB passes through a few parts' worth of memory.
func TestMemoryIsBounded(t *testing.T) {
	for _, compression := range []string{"none", "gzip"} {
		props := partProps(compression)
		props["flush.size"] = "1000000"
		b := newBench(t, props)
		k := b.task()
		b.break_(discard)
		w := b.writer(k)
		value := make([]byte, 256<<10)
		for i := range value {
			value[i] = byte(i * i >> 3)
		}
		batch := []schemas.Record{record(0, t0)}
		batch[0].Value = schemas.LazyOf(nil, line(value))
		var before, now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		peak := uint64(0)
		for i := range 1024 {
			batch[0].Offset = int64(i)
			mustWrite(t, w, batch)
			if i%128 == 127 {
				runtime.GC()
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapAlloc)
			}
		}
		if grown := int64(peak) - int64(before.HeapAlloc); grown > 40<<20 {
			t.Errorf("%s: %d MiB are held", compression, grown>>20)
		}
		closeWriter(t, w, connectors.Revoked)
	}
}
