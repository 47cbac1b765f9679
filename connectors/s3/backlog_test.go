package s3

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// TestManySmallFilesNeedNoCompressor: a compressor takes several times what a small file holds.
func TestManySmallFilesNeedNoCompressor(t *testing.T) {
	b := newBench(t, map[string]string{"partitioner.class": classField, "partition.field.name": "region", "flush.size": "2001",
		"s3.compression.type": "gzip", "s3.elastic.buffer.init.capacity": "4096"})
	w := b.writer(b.task())
	log := []schemas.Record{record(0, t0, "region", "0", "text", strings.Repeat("x", maxRaw))}
	for i := range int64(1999) {
		log = append(log, record(i+1, t0, "region", fmt.Sprint(i%1000)))
	}
	mustWrite(t, w, log)
	zips := 0
	for _, f := range w.files {
		if f.zip != nil {
			zips++
		}
	}
	if len(w.files) != 1000 || zips != 1 {
		t.Errorf("%d files, %d compressors", len(w.files), zips)
	}
	mustWrite(t, w, []schemas.Record{record(2000, t0, "region", "7")})
	if got := lines(b.objects()); got != 2001 {
		t.Errorf("%d records", got)
	}
	closeWriter(t, w, connectors.Stopping)
}

// TestGateHoldsBackAndBoundsMemory: while a commit does not come, nothing more is stored, files still end where they
// should, and at some point no more records are taken.
func TestGateHoldsBackAndBoundsMemory(t *testing.T) {
	b := newBench(t, map[string]string{"rotate.schedule.interval.ms": "3600000", "timezone": "UTC", "flush.size": "10", "s3.part.size": "5242880"})
	k := b.task()
	k.clock = func() time.Time { return t0 }
	asked := 0
	k.tc.RequestCommit = func() { asked++ }
	w := b.writer(k)
	w.Committed(0)
	log, next := big(330), 0
	for next < len(log) {
		n, err := w.Write(context.Background(), log[next:min(next+7, len(log))])
		if next += n; err != nil {
			if !connectors.IsRetriable(err) || !strings.Contains(err.Error(), "wait for their commit") {
				t.Fatal(err)
			}
			break
		}
		if wake, err := w.Advance(context.Background(), t0); err != nil || next > 10 && wake.IsZero() {
			t.Fatalf("wake %s: %v", wake, err)
		}
	}
	if next == len(log) || w.held > 7<<20 || b.count("PUT") != 1 || asked == 0 {
		t.Fatalf("took %d records, holds %d bytes, %d requests, asked %d times", next, w.held, b.count("PUT"), asked)
	}
	if first, any := w.Pending(); first != 10 || !any {
		t.Fatalf("pending %d, %v", first, any)
	}
	for next < len(log) || len(w.closed) > 0 {
		n, err := w.Write(context.Background(), log[next:])
		if next += n; err != nil && !connectors.IsRetriable(err) {
			t.Fatal(err)
		}
		puts := b.count("PUT")
		first, _ := w.Pending()
		w.Committed(first)
		if _, err := w.Advance(context.Background(), t0); err != nil || b.count("PUT") > puts+1 {
			t.Fatalf("%d requests: %v", b.count("PUT")-puts, err)
		}
	}
	for key, text := range b.objects() {
		if strings.Count(text, "\n") != 10 {
			t.Errorf("%s has %d records", key, strings.Count(text, "\n"))
		}
	}
	if w.held != 0 || w.full || lines(b.objects()) != 330 {
		t.Errorf("holds %d bytes, full %v, %d records stored", w.held, w.full, lines(b.objects()))
	}
	closeWriter(t, w, connectors.Stopping)
}

// TestCloseWhileACutWaits: uploads of cuts that wait are taken back like those of open files.
func TestCloseWhileACutWaits(t *testing.T) {
	props := partProps("none")
	props["rotate.schedule.interval.ms"], props["timezone"], props["flush.size"] = "3600000", "UTC", "150"
	b := newBench(t, props)
	w := b.writer(b.task())
	w.Committed(0)
	mustWrite(t, w, big(330)[:300]) // one stored, one waiting
	deadline := time.Now().Add(time.Minute)
	for b.count("part") < 3 { // its upload is there when its first part comes
		if time.Now().After(deadline) {
			t.Fatal("the waiting file is not sent ahead")
		}
		time.Sleep(time.Millisecond)
	}
	closeWriter(t, w, connectors.Revoked)
	if b.count("complete") != 1 || b.count("abort") != 1 || len(b.objects()) != 1 {
		t.Errorf("requests %v, objects %v", b.requests, keys(b.objects()))
	}
	if first, any := w.Pending(); first != 150 || !any {
		t.Errorf("pending %d, %v", first, any)
	}
}
