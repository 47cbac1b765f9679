package redis

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// put writes a batch and returns the rejected offsets.
func put(t *testing.T, w *writer, batch ...schemas.Record) []int64 {
	t.Helper()
	n, err := w.Write(t.Context(), batch)
	var rejected *connectors.RejectedError
	if err != nil && !errors.As(err, &rejected) || n != len(batch) {
		t.Fatalf("wrote %d of %d: %v", n, len(batch), err)
	}
	var offsets []int64
	if rejected != nil {
		for _, r := range rejected.Rejections {
			offsets = append(offsets, r.Offset)
		}
	}
	return offsets
}

func TestHashFields(t *testing.T) {
	f := start(t, map[string]string{keyType: "hash"})
	inner := &schemas.Schema{Type: schemas.StructType, Fields: []schemas.Field{{Name: "x", Schema: &schemas.Schema{Type: schemas.Int32}}}}
	outer := &schemas.Schema{Type: schemas.StructType, Fields: []schemas.Field{
		{Name: "id", Schema: &schemas.Schema{Type: schemas.Int64}},
		{Name: "none", Schema: &schemas.Schema{Type: schemas.String, Optional: true}},
		{Name: "inner", Schema: inner},
		{Name: "day", Schema: &schemas.Schema{Type: schemas.Int32, Name: schemas.DateName}},
		{Name: "raw", Schema: &schemas.Schema{Type: schemas.Bytes}},
	}}
	s := &schemas.Struct{Schema: outer, Values: []any{
		int64(7), nil, &schemas.Struct{Schema: inner, Values: []any{int32(1)}}, schemas.DateFromDays(20), []byte("bytes"),
	}}
	r := rec(1, "a", s)
	r.Value = schemas.Of(outer, s)
	put(t, f.writer(t), r,
		rec(2, "b", fieldsOf("n", schemas.Number("1.50"), "list", []any{true, nil}, "f", 2.0, int32(4), "four")),
		rec(3, "c", fieldsOf("only", nil)),
		rec(4, "b", fieldsOf("more", "text", "n", nil)))
	wantShown(t, f.server,
		`events:a day=20 id=7 inner={"x":1} raw=bytes`,
		`events:b 4=four f=2.0 list=[true,null] more=text n=1.50`)
}

func TestHashReplaced(t *testing.T) {
	f := start(t, map[string]string{keyType: typeHash, keyHashMode: "replace"})
	put(t, f.writer(t),
		rec(1, "a", fieldsOf("x", "1", "y", "2")), rec(2, "a", fieldsOf("y", "3")),
		rec(3, "b", fieldsOf("x", "1")), rec(4, "b", fieldsOf()))
	wantShown(t, f.server, "events:a y=3")
}

func TestHashWithMoreFieldsThanLuaHasStack(t *testing.T) {
	f := start(t, map[string]string{keyType: typeHash, keyTTL: "9"})
	var wide schemas.Map
	for i := range 9001 {
		wide = append(wide, schemas.Entry{Key: int64(i), Value: int64(i)})
	}
	put(t, f.writer(t), rec(1, "wide", wide))
	fields, err := f.server.HKeys("events:wide")
	if err != nil || len(fields) != 9001 {
		t.Fatal(len(fields), err)
	}
}

func TestTTL(t *testing.T) {
	for _, props := range []map[string]string{
		{keyType: typeString, keyTTL: "100"}, {keyType: typeHash, keyTTL: "100"}, {keyType: typeJSON, keyTTL: "100"},
		{keyType: typeHash, keyTTL: "100", keyHashMode: "replace"},
	} {
		f := start(t, props)
		var value any = fieldsOf("x", "1")
		bad := put(t, f.writer(t),
			rec(1, "configured", value), rec(2, "header", value, ttlHeader("5"), ttlHeader(int32(7))),
			rec(3, "never", value, ttlHeader("-1")), rec(4, "null", value, ttlHeader(nil)),
			rec(5, "bad", value, ttlHeader("soon")), rec(6, "far", value, ttlHeader(int64(1)<<60)))
		if !slices.Equal(bad, []int64{5, 6}) {
			t.Errorf("%v: rejected %v", props, bad)
		}
		for key, want := range map[string]time.Duration{"configured": 100, "header": 7, "never": 0, "null": 100} {
			if got := f.server.TTL("events:" + key); got != want*time.Second || !f.server.Exists("events:"+key) {
				t.Errorf("%v: %s lives %s, want %d s", props, key, got, want)
			}
		}
	}
}

func TestRefusedRecordLeavesTheObstacleAsItWas(t *testing.T) {
	f := start(t, map[string]string{keyType: typeHash, keyTTL: "100"})
	if _, err := f.server.RPush("events:list", "x"); err != nil {
		t.Fatal(err)
	}
	bad := put(t, f.writer(t), rec(1, "a", fieldsOf("x", "1")), rec(2, "list", fieldsOf("x", "1")), rec(3, "b", fieldsOf("x", "1")))
	if !slices.Equal(bad, []int64{2}) || f.server.TTL("events:list") != 0 {
		t.Error(bad, f.server.TTL("events:list"))
	}
	wantShown(t, f.server, "events:a x=1", "events:b x=1")
}

func TestRejectionsOfClientAndServerComeInOrder(t *testing.T) {
	f := start(t, map[string]string{keyType: typeHash})
	if _, err := f.server.RPush("events:list", "x"); err != nil {
		t.Fatal(err)
	}
	good := fieldsOf("x", "1")
	bad := put(t, f.writer(t), rec(1, "list", good), rec(2, "a", "text"), rec(3, "list", good), rec(4, nil, good), rec(5, "b", good))
	if !slices.Equal(bad, []int64{1, 2, 3, 4}) {
		t.Error(bad)
	}
}

func TestLongBatchTakesSeveralPipelines(t *testing.T) {
	f := start(t, map[string]string{keyType: typeString})
	var batch []schemas.Record
	for i := range 3*pipelineCommands + 7 {
		batch = append(batch, rec(int64(i), "k"+strings.Repeat("x", i%3), int64(i)))
	}
	huge := strings.Repeat("v", pipelineBytes)
	batch = append(batch, rec(2000, "huge", huge), rec(2001, "huge", huge+"!"))
	put(t, f.writer(t), batch...)
	wantShown(t, f.server, "events:huge="+huge+"!", "events:k=1506", "events:kx=1504", "events:kxx=1505")
}

func TestJSONTakesTextAsDocument(t *testing.T) {
	f := start(t, map[string]string{keyType: typeJSON})
	bad := put(t, f.writer(t), rec(1, "a", `{"a": 1}`), rec(2, "b", []byte(`[2]`)), rec(3, "c", "{oops"), rec(4, "d", int64(4)),
		rec(5, "e", fieldsOf("n", schemas.Number("1.0"))))
	if !slices.Equal(bad, []int64{3}) {
		t.Error(bad)
	}
	wantShown(t, f.server, `events:a={"a": 1}`, `events:b=[2]`, `events:d=4`, `events:e={"n":1.0}`)
}

func TestTemporaryErrorsAreRetriable(t *testing.T) {
	f := start(t, map[string]string{keyType: typeString})
	w := f.writer(t)
	for _, code := range []string{"OOM command not allowed", "LOADING Redis is loading", "READONLY You can't write", "MASTERDOWN Link",
		"MISCONF Redis is configured", "NOREPLICAS Not enough", "BUSY Redis is busy", "-OOM of a script of Redis 6"} {
		f.server.SetError(code)
		n, err := w.Write(t.Context(), []schemas.Record{rec(1, "a", "1")})
		if n != 0 || !connectors.IsRetriable(err) || !strings.Contains(err.Error(), strings.TrimPrefix(code, "-")) {
			t.Errorf("%s: %d, %v", code, n, err)
		}
	}
	f.server.SetError("MOVED 1 10.0.0.1:6379")
	if _, err := w.Write(t.Context(), []schemas.Record{rec(1, "a", "1")}); connectors.IsRetriable(err) || !strings.Contains(err.Error(), keyCluster) {
		t.Error(err)
	}
	f.server.SetError("")
	put(t, w, rec(1, "a", "1"))
	wantShown(t, f.server, "events:a=1")
}

// A server that was replaced under its name keeps answering on old connections.
func TestFailoverIsDialledAnew(t *testing.T) {
	f := start(t, map[string]string{keyType: typeString})
	w := f.writer(t)
	put(t, w, rec(1, "a", "1"))
	for _, code := range []string{"READONLY You can't write", "NOREPLICAS Not enough", "MASTERDOWN Link"} {
		f.server.SetError(code)
		if _, err := w.Write(t.Context(), []schemas.Record{rec(2, "a", "2")}); !connectors.IsRetriable(err) {
			t.Error(code, err)
		}
		f.server.SetError("")
		before := f.server.TotalConnectionCount()
		put(t, w, rec(2, "a", "2"))
		if f.server.TotalConnectionCount() == before {
			t.Errorf("%s: the connection is used again", code)
		}
	}
}

func TestHeaderTakesTheTimeToLiveAway(t *testing.T) {
	for _, props := range []map[string]string{
		{keyType: typeString, keyTTL: "100"}, {keyType: typeHash, keyTTL: "100"}, {keyType: typeJSON, keyTTL: "100"},
		{keyType: typeHash, keyTTL: "100", keyHashMode: "replace"}, {keyType: typeHash},
	} {
		f := start(t, props)
		value := any(fieldsOf("x", "1"))
		put(t, f.writer(t), rec(1, "a", value, ttlHeader("50")), rec(2, "a", value, ttlHeader("0")),
			rec(3, "b", value, ttlHeader("50")), rec(4, "b", value, ttlHeader("-1")), rec(5, "b", value, ttlHeader("-1")))
		for _, key := range []string{"events:a", "events:b"} {
			if !f.server.Exists(key) || f.server.TTL(key) != 0 {
				t.Errorf("%v: %s lives %s", props, key, f.server.TTL(key))
			}
		}
	}
}

func TestServerThatGoesAwayAndComesBack(t *testing.T) {
	f := start(t, map[string]string{keyType: typeString})
	w := f.writer(t)
	put(t, w, rec(1, "a", "1"))
	f.server.Close()
	for range 40 { // more than the client's breaker counts
		if n, err := w.Write(t.Context(), []schemas.Record{rec(2, "a", "2")}); n != 0 || !connectors.IsRetriable(err) {
			t.Fatal(n, err)
		}
	}
	if err := f.server.Restart(); err != nil {
		t.Fatal(err)
	}
	put(t, w, rec(2, "a", "2"))
	wantShown(t, f.server, "events:a=2")
}
