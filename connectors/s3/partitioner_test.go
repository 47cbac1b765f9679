package s3

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluice-connect/sluice/schemas"
)

func TestFieldPartitioner(t *testing.T) {
	nested := schemas.Map{{Key: "id", Value: "v7"}}
	position := &schemas.Schema{Type: schemas.StructType, Fields: []schemas.Field{{Name: "zone", Schema: &schemas.Schema{Type: schemas.Int32}}}}
	whole := &schemas.Schema{Type: schemas.StructType, Fields: []schemas.Field{{Name: "pos", Schema: position}}}
	st := &schemas.Struct{Schema: whole, Values: []any{&schemas.Struct{Schema: position, Values: []any{int32(-4)}}}}
	m := record(1, t0, "region", "eu", "on", true, "none", nil, "count", schemas.Number("12"), "price", schemas.Number("1.5"),
		"f", 1.5, "car", nested, "slash", "a/b")
	for _, c := range []struct {
		r      schemas.Record
		fields string
		want   string
	}{
		{m, "region,on,none,count", "region=eu/on=true/none=null/count=12"},
		{m, "car.id,n", "car.id=v7/n=1"},
		{m, "slash", "slash=a/b"},
		{schemas.Record{Value: schemas.Of(whole, st)}, "pos.zone", "pos.zone=-4"},
		{schemas.Record{Value: schemas.Of(whole, st)}, "pos", ""},
		{m, "missing", ""}, {m, "price", ""}, {m, "f", ""}, {m, "car", ""}, {m, "region.x", ""},
		{schemas.Record{Value: schemas.Of(nil, "text")}, "region", ""},
	} {
		got, err := newByFields(strings.Split(c.fields, ","), "/").encode(nil, &c.r, 0)
		if c.want == "" && err == nil || c.want != "" && string(got) != c.want {
			t.Errorf("%s: %q, %v", c.fields, got, err)
		}
	}
}

func TestNames(t *testing.T) {
	r := record(42, t0)
	for _, c := range []struct {
		n        naming
		enc, key string
	}{
		{naming{"topics", "/", "+", 10, ".json"}, "partition=3", "topics/trips/partition=3/trips+3+0000000042.json"},
		{naming{"", "/", "+", 10, ".json"}, "partition=3", "trips/partition=3/trips+3+0000000042.json"},
		{naming{"a/b", "_", "-", 1, ".json.gz"}, "partition=3", "a/b_trips_partition=3_trips-3-42.json.gz"},
		{naming{"t", "/", "+", 0, ".bin"}, "f=x/y", "t/trips/f=x/y/trips+3+42.bin"},
		{naming{"t", "/", "+", 0, ".bin"}, "f=..", "t/trips/f=../trips+3+42.bin"}, // no segment of its own
		{naming{"t", "/", "+", 0, ".bin"}, "f=x/../../y", ""},
		{naming{"t", "/", "+", 0, ".bin"}, "f=x/..", ""},
		{naming{"t", "/", "+", 0, ".bin"}, "f=x/./y", ""},
		{naming{"t", "/", "+", 0, ".bin"}, "f=x\\..\\y", ""},
		{naming{"t", "/", "+", 0, ".bin"}, "f=a\nb", ""},
		{naming{"t", "/", "+", 0, ".bin"}, "f=a\x00", ""},
		{naming{"t", "/", "+", 0, ".bin"}, "f=\xff", ""},
		{naming{"t", "/", "+", 0, ".bin"}, strings.Repeat("x", 1024), ""},
	} {
		key, err := c.n.key(string(c.n.dir(nil, r.Topic))+c.enc, &r)
		if key != c.key || (err == nil) != (c.key != "") {
			t.Errorf("%q: %q, %v", c.enc, key, err)
		}
	}
	r.Topic = "../up"
	if _, err := (naming{"t", "/", "+", 0, ""}).key("../up/partition=0", &r); err == nil {
		t.Error("a topic leaves its directory")
	}
}

// TestKeysStayInside: whatever a record says, its object stays below topics.dir.
func TestKeysStayInside(t *testing.T) {
	piece := rapid.SampledFrom([]string{"..", ".", "/", "\\", "a", "=", "\n", "é", "", " "})
	rapid.Check(t, func(t *rapid.T) {
		r := record(1, t0, "f", strings.Join(rapid.SliceOf(piece).Draw(t, "value"), ""))
		r.Topic = strings.Join(rapid.SliceOf(piece).Draw(t, "topic"), "")
		n := naming{"root", "/", "+", 10, ".json"}
		dir, err := newByFields([]string{"f"}, "/").encode(n.dir(nil, r.Topic), &r, 0)
		if err != nil {
			t.Fatal(err)
		}
		key, err := n.key(string(dir), &r)
		if err != nil {
			return
		}
		depth := 0
		for s := range strings.FieldsFuncSeq(key, func(c rune) bool { return c == '/' || c == '\\' }) {
			if depth++; s == ".." || s == "." || strings.ContainsRune(s, '\n') {
				t.Fatalf("key %q", key)
			}
		}
		if !strings.HasPrefix(key, "root/") || len(key) > maxKey {
			t.Fatalf("key %q", key)
		}
	})
}

func TestFieldTime(t *testing.T) {
	const want = 1714558030500 // 2024-05-01T10:07:10.5Z
	for _, c := range []struct {
		unit string
		data any
		want int64
	}{
		{"ms", time.UnixMilli(want), want},
		{"ms", int64(want), want},
		{"ms", schemas.Number("1714558030500"), want},
		{"ms", "1714558030500", want},
		{"ms", schemas.Number("1714558030500.9"), want},
		{"s", schemas.Number("1714558030.5"), want},
		{"s", int32(1714558030), want - 500},
		{"us", int64(want*1000 + 999), want},
		{"ns", int64(want*1000000 + 999999), want},
		{"us", int64(-1), -1},
		{"ms", "2024-05-01T10:07:10.5Z", want},
		{"ms", "2024-05-01T10:07:10,500", want},
		{"ms", "2024-05-01T12:07:10.500+02:00", want},
		{"ms", "2024-05-01T12:07:10.500123456+0200", want},
		{"ms", "2024-05-01T05:07:10.5-05", want},
		{"ms", "2024-05-01T10:07", want - 10500},
		{"ms", "2024-05-01T10", 1714557600000},
		{"ms", "2024-05-01", 1714521600000},
		{"ms", "2024-05", 1714521600000},
		{"ms", "yesterday", 0}, {"ms", "2024-13-01", 0}, {"ms", "2024-05-01T25:00", 0}, {"ms", "2024-05-01T10:07:10.x", 0},
		{"ms", "2024-05-01T10:07+2:00", 0}, {"ms", "", 0}, {"ms", "T10", 0}, {"ms", nil, 0}, {"ms", true, 0}, {"ms", "NaN", 0},
		{"s", int64(1) << 62, 0}, {"ms", int64(1) << 62, 0}, {"ms", "1e300", 0},
	} {
		r := record(0, t0, "at", c.data)
		got, err := fieldTime("at", c.unit)(&r, t0)
		if got != c.want && err == nil || (err == nil) != (c.want != 0) {
			t.Errorf("%v in %s: %d, %v", c.data, c.unit, got, err)
		}
	}
	r := record(0, t0)
	if _, err := fieldTime("at", "ms")(&r, t0); err == nil || !strings.Contains(err.Error(), "at") {
		t.Errorf("missing field: %v", err)
	}
	r.Timestamp = time.Time{}
	if _, err := recordTime(&r, t0); err == nil {
		t.Error("a record without a timestamp has a time")
	}
}
