package s3

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// drive offers records from position on in batches of the given sizes until they are used up, and returns the
// position that could be committed then.
func drive(t *rapid.T, w connectors.Writer, log []schemas.Record, position int64, size func() int) int64 {
	next := 0
	for next < len(log) && log[next].Offset < position {
		next++
	}
	for next < len(log) {
		batch := log[next:min(next+size(), len(log))]
		n, err := w.Write(context.Background(), batch)
		if err == nil && n < len(batch) {
			t.Fatalf("took %d of %d without saying why", n, len(batch))
		}
		next += n
		var rejected *connectors.RejectedError
		if err != nil && !errors.As(err, &rejected) {
			t.Fatal(err)
		}
		if _, err := w.Advance(context.Background(), t0); err != nil {
			t.Fatal(err)
		}
		position = max(position, log[next-1].Offset+1)
	}
	if first, any := w.Pending(); any {
		return first
	}
	return position
}

// logOf draws records with gaps in their offsets, times that wander and fields to partition by.
func logOf(t *rapid.T) []schemas.Record {
	n := rapid.IntRange(1, 120).Draw(t, "records")
	var log []schemas.Record
	offset, at := int64(0), int64(1714558030500)
	for range n {
		offset += rapid.Int64Range(1, 3).Draw(t, "gap")
		at += rapid.Int64Range(-600e3, 1200e3).Draw(t, "move")
		r := record(offset, time.UnixMilli(at), "region", rapid.SampledFrom([]string{"eu", "us", "asia"}).Draw(t, "region"))
		if rapid.IntRange(0, 19).Draw(t, "bad") == 0 {
			r.Value = schemas.Of(nil, "no map") // the FieldPartitioner rejects it
		}
		log = append(log, r)
	}
	return log
}

var layouts = []map[string]string{
	{},
	{"partitioner.class": classField, "partition.field.name": "region"},
	{"partitioner.class": classHourly, "locale": "en", "timezone": "Europe/Berlin", "timestamp.extractor": "Record", "rotate.interval.ms": "3600000"},
	{"partitioner.class": classHourly, "locale": "en", "timezone": "UTC", "timestamp.extractor": "Record", "rotate.interval.ms": "7200000",
		"rotate.file.on.partition.change": "false", "partitioner.max.open.files": "3"},
	{"partitioner.class": classDaily, "locale": "en", "timezone": "UTC", "timestamp.extractor": "Record"},
}

// TestReplayRepeats: however the records arrive, and wherever a worker dies and another goes on from the committed
// offset, the bucket ends up with the same objects, which hold every record below the position exactly once.
func TestReplayRepeats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		layout := rapid.SampledFrom(layouts).Draw(t, "layout")
		props := maps.Clone(layout)
		props["flush.size"] = fmt.Sprint(rapid.IntRange(1, 30).Draw(t, "flush"))
		props["s3.compression.type"] = rapid.SampledFrom([]string{"none", "gzip"}).Draw(t, "compression")
		log := logOf(t)
		size := func() int { return rapid.IntRange(1, 20).Draw(t, "batch") }

		calm := newBench(t, props)
		w := calm.writer(calm.task())
		position := drive(t, w, log, 0, size)
		closeWriter(t, w, connectors.Stopping)
		want := calm.objects()
		exactlyOnce(t, layout, log, position, want)

		rough := newBench(t, props)
		k, from := rough.task(), int64(0)
		for _, end := range rapid.SliceOfN(rapid.IntRange(0, len(log)), 0, 4).Draw(t, "crashes") {
			w := rough.writer(k)
			// A worker that dies may not get to commit its last position.
			reached := drive(t, w, log[:end], from, size)
			if rapid.Bool().Draw(t, "committed") {
				from = max(from, reached)
			}
			closeWriter(t, w, connectors.Lost)
		}
		w = rough.writer(k)
		drive(t, w, log, from, size)
		closeWriter(t, w, connectors.Lost)
		if got := rough.objects(); !maps.Equal(got, want) {
			t.Fatalf("other objects after crashes:\n%v\nwant\n%v", keys(got), keys(want))
		}
	})
}

// exactlyOnce checks that objects hold the good records below position, in order within each object.
func exactlyOnce(t *rapid.T, layout map[string]string, log []schemas.Record, position int64, objects map[string]string) {
	seen := map[string]int{}
	for _, key := range keys(objects) {
		lines := strings.SplitAfter(strings.TrimSuffix(objects[key], "\n"), "\n")
		var last int64 = -1
		for i, line := range lines {
			line = strings.TrimSuffix(line, "\n")
			seen[line]++
			at := slices.IndexFunc(log, func(r schemas.Record) bool { return string(r.Value.AppendJSON(nil)) == line })
			if _, has := log[max(at, 0)].Value.Lookup([]string{"n"}); at < 0 || !has {
				continue // a record that tells no offset
			}
			if log[at].Offset <= last {
				t.Fatalf("%s: offset %d after %d", key, log[at].Offset, last)
			}
			last = log[at].Offset
			if i == 0 && !strings.HasSuffix(strings.TrimSuffix(key, ".gz"), fmt.Sprintf("+%010d.json", last)) {
				t.Fatalf("%s starts with offset %d", key, last)
			}
		}
	}
	total := 0
	for _, r := range log {
		_, isMap := r.Value.Data().(schemas.Map)
		if r.Offset >= position || !isMap && layout["partitioner.class"] == classField {
			continue
		}
		total++
		if isMap && seen[string(r.Value.AppendJSON(nil))] != 1 {
			t.Fatalf("offset %d is stored %d times", r.Offset, seen[string(r.Value.AppendJSON(nil))])
		}
	}
	if got := lines(objects); got != total {
		t.Fatalf("%d records are stored, %d are below position %d", got, total, position)
	}
}

func TestFieldValuesMakeDirectories(t *testing.T) {
	b := newBench(t, map[string]string{"partitioner.class": classField, "partition.field.name": "region,car.id", "flush.size": "3"})
	w := b.writer(b.task())
	car := func(id string) schemas.Map { return schemas.Map{{Key: "id", Value: id}} }
	mustWrite(t, w, []schemas.Record{record(7, t0, "region", "eu", "car", car("x")), record(8, t0, "region", "us", "car", car("x")),
		record(9, t0, "region", "eu", "car", car("x"))})
	want := []string{"topics/trips/region=eu/car.id=x/trips+3+0000000007.json", "topics/trips/region=us/car.id=x/trips+3+0000000008.json"}
	if got := keys(b.objects()); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	closeWriter(t, w, connectors.Stopping)
}

func TestRejections(t *testing.T) {
	b := newBench(t, map[string]string{"partitioner.class": classField, "partition.field.name": "region", "flush.size": "2"})
	w := b.writer(b.task())
	batch := []schemas.Record{record(0, t0, "region", "eu"), record(1, t0), record(2, t0, "region", "../../x/..%2f/../"), record(3, t0, "region", "eu")}
	for _, bad := range []int64{1, 2} {
		n, err := w.Write(context.Background(), batch)
		var rejected *connectors.RejectedError
		if !errors.As(err, &rejected) || rejected.Rejections[0].Offset != bad || string(rejected.Rejections[0].Record.Raw.Value) != fmt.Sprintf("raw %d", bad) {
			t.Fatalf("offset %d: %v", bad, err)
		}
		batch = batch[n:]
	}
	if first, any := w.Pending(); first != 0 || !any {
		t.Errorf("pending %d, %v", first, any)
	}
	mustWrite(t, w, batch)
	if objects := b.objects(); len(objects) != 1 || lines(objects) != 2 {
		t.Errorf("%v", objects)
	}
	closeWriter(t, w, connectors.Stopping)
}

func TestNullValues(t *testing.T) {
	null := record(1, t0)
	null.Value = schemas.Value{}
	batch := []schemas.Record{record(0, t0), null, record(2, t0)}
	dlq := map[string]string{"behavior.on.null.values": "ignore", "errors.tolerance": "all", "errors.deadletterqueue.topic.name": "dead"}
	for _, c := range []struct {
		props    map[string]string
		rejected bool
		objects  int
	}{
		{map[string]string{}, true, 1},
		{map[string]string{"behavior.on.null.values": "ignore"}, false, 1},
		{dlq, true, 1},
		{map[string]string{"behavior.on.null.values": "write"}, false, 2},
	} {
		c.props["flush.size"] = "2"
		if c.objects == 2 {
			c.props["flush.size"] = "3"
		}
		b := newBench(t, c.props)
		w := b.writer(b.task())
		n, err := w.Write(context.Background(), batch)
		var rejected *connectors.RejectedError
		if errors.As(err, &rejected) != c.rejected || err != nil && !c.rejected {
			t.Errorf("%v: %v", c.props, err)
		}
		mustWrite(t, w, batch[n:])
		objects := b.objects()
		if len(objects) != c.objects {
			t.Errorf("%v: %v", c.props, keys(objects))
		}
		if c.objects == 2 && objects["topics/trips/tombstone/trips+3+0000000001.json"] != "null\n" {
			t.Errorf("%v", objects)
		}
		closeWriter(t, w, connectors.Stopping)
	}
}

func TestBytes(t *testing.T) {
	b := newBench(t, map[string]string{"format.class": classBytes, "format.bytearray.separator": " \n", "format.bytearray.extension": ".raw", "flush.size": "2"})
	w := b.writer(b.task())
	one, two := record(0, t0), record(1, t0)
	one.Value, two.Value = schemas.Of(nil, []byte{0, 255}), schemas.Of(nil, "text")
	mustWrite(t, w, []schemas.Record{one, two})
	if got := b.objects()["topics/trips/partition=3/trips+3+0000000000.raw"]; got != "\x00\xff \ntext \n" {
		t.Errorf("%q", got)
	}
	closeWriter(t, w, connectors.Stopping)
}

func TestSchemaChangeCuts(t *testing.T) {
	b := newBench(t, map[string]string{"flush.size": "100"})
	w := b.writer(b.task())
	valued := func(offset int64, s *schemas.Schema) schemas.Record {
		r := record(offset, t0)
		r.Value = schemas.Of(s, "x")
		return r
	}
	text, same, named := &schemas.Schema{Type: schemas.String}, &schemas.Schema{Type: schemas.String}, &schemas.Schema{Type: schemas.String, Name: "n"}
	mustWrite(t, w, []schemas.Record{valued(0, nil), valued(1, text), valued(2, same), valued(3, named), valued(4, nil)})
	if got := keys(b.objects()); len(got) != 3 || !strings.HasSuffix(got[2], "+0000000003.json") {
		t.Errorf("%v", got)
	}
	closeWriter(t, w, connectors.Stopping)
}

// TestScheduleClosesTheTail: without any further record the last files are cut by the clock.
func TestScheduleClosesTheTail(t *testing.T) {
	b := newBench(t, map[string]string{"rotate.schedule.interval.ms": "60000", "timezone": "UTC", "flush.size": "1000"})
	k := b.task()
	k.clock = func() time.Time { return t0 }
	w := b.writer(k)
	mustWrite(t, w, records(0, 3))
	wake, err := w.Advance(context.Background(), t0)
	if err != nil || !wake.Equal(t0.Add(time.Minute)) || len(b.objects()) != 0 {
		t.Fatalf("wake %s, %v", wake, err)
	}
	if wake, err = w.Advance(context.Background(), wake); err != nil || !wake.IsZero() {
		t.Errorf("wake %s, %v", wake, err)
	}
	if _, any := w.Pending(); any || lines(b.objects()) != 3 {
		t.Errorf("the tail is still open")
	}
	closeWriter(t, w, connectors.Stopping)
}
