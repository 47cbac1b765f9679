package avro

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/converter"
	"github.com/sluice-connect/sluice/schemas/registry"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFleetReport(t *testing.T) {
	c := reading(fleetSchema)
	defer c.Close()
	v, err := c.Convert(context.Background(), "fleet", unhex(t, fleetReport))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(v.AppendJSON([]byte("x"))); got != "x"+fleetJSON {
		t.Errorf("AppendJSON = %s", got)
	}
	s := v.Data().(*schemas.Struct)
	if s.Schema != v.Schema || v.Schema.Name != "fleet.Report" || v.Schema.Version != 1 {
		t.Errorf("schema %+v", v.Schema)
	}
	for name, want := range map[string]any{"vehicle_id": "B-EV 4711", "ts": schemas.TimestampFromMillis(1700000000123),
		"lat": 48.1371, "speed": float32(47.5), "state": "MOVING", "odometer": int64(1234567), "charging": false,
		"battery": int32(83), "error": nil, "trip": "trip-000012"} {
		if got, ok := v.Lookup([]string{name}); !ok || got != want {
			t.Errorf("Lookup(%s) = %v, %t", name, got, ok)
		}
		if got, _ := s.Get(name); got != want {
			t.Errorf("Tree %s = %v", name, got)
		}
	}
	for _, path := range [][]string{{"nope"}, {"battery", "x"}, {"error", "x"}} {
		if got, ok := v.Lookup(path); ok {
			t.Errorf("Lookup(%v) = %v", path, got)
		}
	}
}

func TestConvertToJSONAllocatesNothing(t *testing.T) {
	c, data := reading(fleetSchema), unhex(t, fleetReport)
	defer c.Close()
	dst := make([]byte, 0, 1024)
	got := testing.AllocsPerRun(2000, func() {
		v, err := c.Convert(context.Background(), "fleet", data)
		if err != nil {
			t.Fatal(err)
		}
		dst = v.AppendJSON(dst[:0])
	})
	if got > 0 { // the slab of lazy values is one allocation for hundreds of records
		t.Errorf("%v allocations a record", got)
	}
}

func TestLookupInside(t *testing.T) {
	c := reading(`{"type":"record","name":"R","fields":[
		{"name":"m","type":{"type":"map","values":{"type":"array","items":"int"}}},
		{"name":"u","type":["null","string",{"type":"record","name":"S","fields":[{"name":"x","type":["null","int"]}]}]},
		{"name":"one","type":["long"]}]}`)
	defer c.Close()
	// m: {"a":[1],"b":[2,3],"a":[4]}, u: S{x: 5}, one: 6
	v, err := c.Convert(context.Background(), "fleet",
		message(6, 2, 'a', 2, 2, 0, 2, 'b', 4, 4, 6, 0, 2, 'a', 2, 8, 0, 0, 4, 2, 10, 0, 12))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(v.AppendJSON(nil)), `{"m":{"a":[4],"b":[2,3]},"u":{"string":null,"S":{"x":5}},"one":6}`; got != want {
		t.Errorf("AppendJSON = %s, want %s: a repeated key counts once", got, want)
	}
	for _, l := range []struct {
		path string
		want any
		ok   bool
	}{
		{"m.a", []any{int32(4)}, true}, {"m.b", []any{int32(2), int32(3)}, true}, {"m.c", nil, false},
		{"u.string", nil, true}, {"u.S.x", int32(5), true}, {"u.string.x", nil, false}, {"u.T", nil, false}, {"one", int64(6), true},
	} {
		got, ok := v.Lookup(strings.Split(l.path, "."))
		if ok != l.ok || !reflect.DeepEqual(got, l.want) {
			t.Errorf("Lookup(%s) = %v, %t", l.path, got, ok)
		}
		if got, ok := schemas.LookupData(v.Data(), strings.Split(l.path, ".")); ok != l.ok || !reflect.DeepEqual(got, l.want) {
			t.Errorf("in the tree %s = %v, %t", l.path, got, ok)
		}
	}
}

func TestForeignBytes(t *testing.T) {
	c := reading(`"int"`)
	defer c.Close()
	for in, want := range map[string]string{
		"": "5 bytes", "\x00\x00\x00": "5 bytes", "\x03\x00abc": "Glue", `{"a":1}`: "looks like JSON", `[1]`: "looks like JSON",
		"\x01aaaa": "GUID", "plain": "Unknown magic byte!", "\x00\x00\x00\x00\x07": "ends early",
		"\x00\x00\x00\x00\x07\x02\x02": "behind the value", "\x00\x00\x00\x00\x08\x02": "not registered",
	} {
		if v, err := c.Convert(context.Background(), "fleet", []byte(in)); err == nil || !strings.Contains(err.Error(), want) || converter.IsRetriable(err) {
			t.Errorf("%q: %v, %v, want %s", in, v, err, want)
		}
	}
	if v, err := c.Convert(context.Background(), "fleet", nil); err != nil || !v.IsNull() {
		t.Errorf("null: %v, %v", v, err)
	}
}

func TestTreeOutlivesTheMessage(t *testing.T) {
	c := reading(`{"type":"record","name":"R","fields":[{"name":"s","type":"string"},{"name":"b","type":"bytes"}]}`)
	defer c.Close()
	data := message(2, 'a', 2, 'b')
	v, err := c.Convert(context.Background(), "fleet", data)
	if err != nil {
		t.Fatal(err)
	}
	s := v.Data().(*schemas.Struct)
	clear(data)
	if s.Values[0] != "a" || string(s.Values[1].([]byte)) != "b" {
		t.Errorf("values %v", s.Values)
	}
}

// fakeRegistry serves one schema and counts what it is asked.
func fakeRegistry(t *testing.T, status *atomic.Int32, asked *atomic.Int32) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if n := status.Load(); n != 200 {
			w.WriteHeader(int(n))
			return
		}
		out := map[string]any{"schema": `"int"`}
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			if r.URL.Path != "/subjects/fleet-value" || string(body) != `{"schema":"\"int\""}` {
				t.Errorf("version asked with %s %s", r.URL, body)
			}
			out["version"] = 4
		} else if r.URL.Path != "/schemas/ids/7" || r.URL.Query().Get("subject") != "fleet-value" {
			t.Errorf("schema asked with %s", r.URL)
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestClonesShareSchemas(t *testing.T) {
	var status, asked atomic.Int32
	status.Store(200)
	c, err := converter.New("AvroConverter", map[string]string{registry.URLKey: fakeRegistry(t, &status, &asked)}, converter.ForValue)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var all sync.WaitGroup
	for range 8 {
		clone := c.Clone()
		all.Go(func() {
			for range 50 {
				v, err := clone.Convert(context.Background(), "fleet", message(4))
				if err != nil || v.Schema.Version != 4 || v.Data() != int32(2) {
					t.Error(v, err)
					return
				}
			}
		})
	}
	all.Wait()
	if n := asked.Load(); n != 2 {
		t.Errorf("%d requests", n)
	}
}

func TestRegistryTroubleIsNotTheRecordsFault(t *testing.T) {
	var status, asked atomic.Int32
	props := map[string]string{registry.URLKey: fakeRegistry(t, &status, &asked), "max.retries": "0"}
	c, err := converter.New(Class, props, converter.ForValue)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	status.Store(503)
	if _, err := c.Convert(context.Background(), "fleet", message(4)); !converter.IsRetriable(err) {
		t.Errorf("503: %v", err)
	}
	status.Store(200)
	if v, err := c.Convert(context.Background(), "fleet", message(4)); err != nil || v.Data() != int32(2) {
		t.Errorf("after recovery: %v, %v", v, err)
	}
	status.Store(401)
	if _, err := c.Convert(context.Background(), "fleet", []byte{0, 0, 0, 0, 9, 4}); !errors.Is(err, registry.ErrRefused) || converter.IsRetriable(err) {
		t.Errorf("401: %v", err)
	}
}

func TestStrategies(t *testing.T) {
	for name, ok := range map[string]bool{"TopicNameStrategy": true, strategyPackage + "RecordNameStrategy": true, "Nope": false} {
		props := map[string]string{registry.URLKey: "http://h", valueStrategy: name}
		c, err := converter.New(Class, props, converter.ForValue)
		if (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
		if c != nil {
			c.Close()
		}
	}
	s := subjects{strategy: byTopicRecord}
	if _, err := s.of("t", &node{kind: kInt}); err == nil {
		t.Error("a subject for an int")
	}
}

func TestSharedTypesAndReferences(t *testing.T) {
	s := &registry.Schema{ID: 7, Type: "AVRO", Text: `{"type":"record","name":"R","namespace":"n","fields":[{"name":"a","type":"n.P"},{"name":"b","type":["null","P"]},{"name":"c","type":"P"}]}`,
		Imports: []registry.Import{{Name: "n.P", Text: `{"type":"record","name":"P","namespace":"n","fields":[{"name":"x","type":"int"}]}`}}}
	n, err := parseRegistered(s)
	if err != nil {
		t.Fatal(err)
	}
	p, err := compile(n, 1, options{})
	if err != nil {
		t.Fatal(err)
	}
	f := p.root.schema.Fields
	if f[0].Schema != f[2].Schema || f[0].Schema == f[1].Schema || !f[1].Schema.Optional || f[1].Schema.Name != "n.P" {
		t.Errorf("fields %+v", f)
	}
	if _, err := parseRegistered(&registry.Schema{Type: "PROTOBUF"}); err == nil {
		t.Error("a Protobuf schema was read")
	}
}
