package dynamodb

import (
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/schemas"
)

func TestReferences(t *testing.T) {
	for text, want := range map[string]string{
		"partition": "partition", "offset": "offset", "offset:seq": "seq", "key": "key", "key:id": "id",
		"key.a.b": "b", "value.vin": "vin", "value.a.b:c": "c", "value": "value",
		"": "error", "topic": "error", "partition.x": "error", "key.": "error", "value..a": "error", "value.a:": "error",
		"value." + strings.Repeat("x", 256): "error",
	} {
		ref, err := parseReference(text)
		if got := ref.column; err == nil && got != want || err != nil && want != "error" {
			t.Errorf("%q: column %q, %v; want %q", text, got, err, want)
		}
	}
}

func keyRecord() *schemas.Record {
	point := &schemas.Schema{Type: schemas.StructType, Fields: []schemas.Field{{Name: "x", Schema: &schemas.Schema{Type: schemas.Int32}}}}
	return &schemas.Record{
		Topic: "t", Source: schemas.TopicPartition{Topic: "t", Partition: 3}, Offset: 42,
		Key:   schemas.Of(point, &schemas.Struct{Schema: point, Values: []any{int32(7)}}),
		Value: schemas.Of(nil, schemas.Map{{Key: "car", Value: schemas.Map{{Key: "vin", Value: "V1"}}}, {Key: "none", Value: nil}}),
	}
}

func TestFindingKeys(t *testing.T) {
	r := keyRecord()
	for text, want := range map[string]any{
		"partition": int32(3), "offset": int64(42), "key.x": int32(7), "value.car.vin": "V1",
		"key.y": nil, "value.car.color": nil, "value.none": nil, "value.car.vin.x": nil,
	} {
		ref, err := parseReference(text)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := ref.find(r, r.Value.Data())
		if got != want && want != nil || (err != nil) != (want == nil) {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestFindingKeysToDelete(t *testing.T) {
	object := schemas.Of(nil, schemas.Map{{Key: "vin", Value: "V1"}, {Key: "id", Value: "I"}})
	for _, c := range []struct {
		key  schemas.Value
		text string
		only bool
		want any
	}{
		{object, "value.vin", false, "V1"},
		{object, "value.car.vin", true, "V1"},
		{object, "value.car:id", false, "I"},
		{object, "key.id", false, "I"},
		{object, "value.color", false, nil},
		{schemas.Of(nil, "V2"), "value.vin", true, "V2"},
		{schemas.Of(nil, "V2"), "value.vin", false, nil},
		{schemas.Value{}, "value.vin", true, nil},
		{schemas.Value{}, "key", true, nil},
		{schemas.Of(nil, "V2"), "partition", false, int32(3)},
	} {
		ref, err := parseReference(c.text)
		if err != nil {
			t.Fatal(err)
		}
		r := keyRecord()
		r.Key, r.Value = c.key, schemas.Value{}
		got, _, err := ref.findForDelete(r, c.only)
		if got != c.want && c.want != nil || (err != nil) != (c.want == nil) {
			t.Errorf("%s in %v: %v, %v; want %v", c.text, c.key.Data(), got, err, c.want)
		}
	}
}

func TestKeysAreConvertedOnlyWithoutLoss(t *testing.T) {
	for _, c := range []struct {
		typ  byte
		data any
		want string // wire form; empty for refused
	}{
		{'S', "a", `{"S":"a"}`},
		{'S', "", ""},
		{'S', int32(5), `{"S":"5"}`},
		{'S', schemas.Number("5"), `{"S":"5"}`},
		{'S', schemas.Number("5.0"), ""},
		{'S', 1.5, ""},
		{'S', true, ""},
		{'S', "\xff", ""},
		{'S', strings.Repeat("x", maxHashBytes+1), ""},
		{'N', int64(-5), `{"N":"-5"}`},
		{'N', "17", `{"N":"17"}`},
		{'N', "017", ""},
		{'N', "1.5", ""},
		{'N', "abc", ""},
		{'N', schemas.Number("1.50"), `{"N":"1.50"}`},
		{'N', schemas.Number("1e999"), ""},
		{'B', []byte{1}, `{"B":"AQ=="}`},
		{'B', []byte{}, ""},
		{'B', "a", ""},
		{'S', schemas.Map{}, ""},
	} {
		item := &itemWriter{}
		k := keyWriter{item: item}
		err := k.put(attribute{"k", c.typ}, maxHashBytes, nil, c.data, true)
		if got := string(item.buf); err == nil && got != `"k":`+c.want || (err != nil) != (c.want == "") {
			t.Errorf("%v as %c: %s, %v; want %s", c.data, c.typ, got, err, c.want)
		}
	}
}

func identityOf(t *testing.T, typ byte, parts ...any) string {
	t.Helper()
	k := keyWriter{item: &itemWriter{}}
	for _, p := range parts {
		if err := k.put(attribute{"k", typ}, maxHashBytes, nil, p, true); err != nil {
			t.Fatal(err)
		}
	}
	return string(k.identity)
}

func TestEqualKeysHaveOneIdentity(t *testing.T) {
	same := [][2]string{
		{identityOf(t, 'N', schemas.Number("1")), identityOf(t, 'N', schemas.Number("1.0"))},
		{identityOf(t, 'N', schemas.Number("100")), identityOf(t, 'N', schemas.Number("1E2"))},
		{identityOf(t, 'N', schemas.Number("-0.0")), identityOf(t, 'N', int8(0))},
		{identityOf(t, 'N', schemas.Number("0.05")), identityOf(t, 'N', schemas.Number("5e-2"))},
		{identityOf(t, 'N', "12"), identityOf(t, 'N', float64(12))},
	}
	for i, p := range same {
		if p[0] != p[1] {
			t.Errorf("pair %d: %q and %q", i, p[0], p[1])
		}
	}
	other := [][2]string{
		{identityOf(t, 'S', "a", "b"), identityOf(t, 'S', "b", "a")},
		{identityOf(t, 'S', "a", "bc"), identityOf(t, 'S', "ab", "c")},
		{identityOf(t, 'N', int8(1), int8(12)), identityOf(t, 'N', int8(11), int8(2))},
		{identityOf(t, 'S', "1"), identityOf(t, 'N', "1")},
		{identityOf(t, 'N', int8(1)), identityOf(t, 'N', int8(10))},
		{identityOf(t, 'N', int8(1)), identityOf(t, 'N', int8(-1))},
	}
	for i, p := range other {
		if p[0] == p[1] {
			t.Errorf("pair %d: both %q", i, p[0])
		}
	}
}
