package json

import (
	"context"
	"math"
	"math/big"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/converter"
)

func wrap(schema, payload string) string {
	return `{"schema":` + schema + `,"payload":` + payload + `}`
}

func TestEveryTypeOfTheEnvelope(t *testing.T) {
	const decimalSchema = `{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2"}}`
	for _, c := range []struct {
		name, schema, payload string
		want                  any
		json                  string
	}{
		{"int8", `{"type":"int8"}`, `-128`, int8(-128), `-128`},
		{"int16", `{"type":"int16"}`, `300`, int16(300), `300`},
		{"int32", `{"type":"int32"}`, `1.0`, int32(1), `1`},
		{"int32 with exponent", `{"type":"int32"}`, `2e3`, int32(2000), `2000`},
		{"int64", `{"type":"int64"}`, `9007199254740993`, int64(9007199254740993), `9007199254740993`},
		{"float", `{"type":"float"}`, `1.1`, float32(1.1), `1.1`},
		{"double", `{"type":"double"}`, `93`, float64(93), `93.0`},
		{"double beyond range", `{"type":"double"}`, `1e400`, math.Inf(1), `"Infinity"`},
		{"double as text", `{"type":"double"}`, `"-Infinity"`, math.Inf(-1), `"-Infinity"`},
		{"boolean", `{"type":"boolean"}`, `false`, false, `false`},
		{"string", `{"type":"string"}`, `"a\u00e9"`, "aé", `"aé"`},
		{"bytes", `{"type":"bytes"}`, `"AP\/+"`, []byte{0, 0xff, 0xfe}, `"AP/+"`},
		{"array", `{"type":"array","items":{"type":"int32","optional":true}}`, `[1, null]`, []any{int32(1), nil}, `[1,null]`},
		{"map", `{"type":"map","keys":{"type":"string"},"values":{"type":"int8"}}`, `{"b":1,"a":2,"b":3}`,
			schemas.Map{{Key: "b", Value: int8(3)}, {Key: "a", Value: int8(2)}}, `{"b":3,"a":2}`},
		{"map of pairs", `{"type":"map","keys":{"type":"int32"},"values":{"type":"string"}}`, `[[1,"a"], [2 , "b"]]`,
			schemas.Map{{Key: int32(1), Value: "a"}, {Key: int32(2), Value: "b"}}, `[[1,"a"],[2,"b"]]`},
		{"decimal", decimalSchema, `"AYY="`, schemas.Decimal{Unscaled: big.NewInt(390), Scale: 2}, `"AYY="`},
		{"decimal number keeps its scale", decimalSchema, `3.905`, schemas.Decimal{Unscaled: big.NewInt(3905), Scale: 3}, `"D0E="`},
		{"decimal number with exponent", decimalSchema, `-1.5E+3`, schemas.Decimal{Unscaled: big.NewInt(-15), Scale: -2}, `"8Q=="`},
		{"date", `{"type":"int32","name":"org.apache.kafka.connect.data.Date"}`, `-1`,
			time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC), `-1`},
		{"time", `{"type":"int32","name":"org.apache.kafka.connect.data.Time"}`, `86399999`,
			time.Date(1970, 1, 1, 23, 59, 59, 999e6, time.UTC), `86399999`},
		{"timestamp", `{"type":"int64","name":"org.apache.kafka.connect.data.Timestamp"}`, `1772400600123`,
			time.UnixMilli(1772400600123).UTC(), `1772400600123`},
		{"logical name on another type", `{"type":"string","name":"org.apache.kafka.connect.data.Date"}`, `"x"`, "x", `"x"`},
		{"optional null", `{"type":"int32","optional":true}`, `null`, nil, `null`},
		{"default for null", `{"type":"int32","default":7}`, `null`, int32(7), `7`},
		{"default of a logical type", `{"type":"int64","name":"org.apache.kafka.connect.data.Timestamp","default":5}`, `null`,
			time.UnixMilli(5).UTC(), `5`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, text := range []string{wrap(c.schema, c.payload), " { \"payload\" :\n" + c.payload + ", \"schema\":" + c.schema + "}\n"} {
				v, err := convert(t, nil, text)
				if err != nil {
					t.Fatal(err)
				}
				if !schemas.DataEqual(v.Data(), c.want) {
					t.Errorf("data %#v, want %#v", v.Data(), c.want)
				}
				if got := string(v.AppendJSON(nil)); got != c.json {
					t.Errorf("JSON %s, want %s", got, c.json)
				}
			}
		})
	}
}

const vehicle = `{"type":"struct","name":"fleet.Vehicle","version":3,"doc":"a car","optional":false,"parameters":{"owner":"fleet"},"fields":[
 {"field":"vin","type":"string"},
 {"field":"speed","type":"double","default":1.5},
 {"field":"note","type":"string","optional":true},
 {"field":"gps","type":"struct","optional":true,"name":"fleet.Gps","fields":[{"field":"lat","type":"double"}]}]}`

func TestStructsFollowTheSchema(t *testing.T) {
	v, err := convert(t, nil, wrap(vehicle, `{"extra":{"a":[1]},"gps":{"lat":52.5},"\u0076in":"A","vin":"B"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(v.AppendJSON(nil)), `{"vin":"B","speed":1.5,"note":null,"gps":{"lat":52.5}}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	s := v.Schema
	if s.Name != "fleet.Vehicle" || s.Version != 3 || s.Doc != "a car" || s.Optional || !reflect.DeepEqual(s.Params, map[string]string{"owner": "fleet"}) {
		t.Errorf("schema %+v", s)
	}
	if f := s.Fields[1].Schema; !f.HasDefault || f.Default != 1.5 || s.Fields[0].Schema.HasDefault || !s.Fields[2].Schema.Optional {
		t.Errorf("fields %+v", s.Fields)
	}
	if lat, ok := v.Lookup([]string{"gps", "lat"}); !ok || lat != 52.5 {
		t.Errorf("gps.lat is %v", lat)
	}
	v, err = convert(t, map[string]string{ReplaceNullsKey: "false"},
		wrap(strings.Replace(vehicle, `"default":1.5`, `"default":1.5,"optional":true`, 1), `{"vin":"A","speed":null}`))
	if got, want := string(v.AppendJSON(nil)), `{"vin":"A","speed":null,"note":null,"gps":null}`; err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}

func TestEnvelopeNulls(t *testing.T) {
	c := newEnveloped(10, true)
	for name, in := range map[string][]byte{"no bytes": nil, "null schema": []byte(wrap("null", " null"))} {
		if v, err := c.Convert(context.Background(), "fleet", in); err != nil || !v.IsNull() || v.Schema != nil {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
	v, err := convert(t, nil, wrap("null", `{"a":1.50}`))
	if err != nil || v.Schema != nil || string(v.AppendJSON(nil)) != `{"a":1.50}` {
		t.Errorf("payload without schema: %s, %v", v.AppendJSON(nil), err)
	}
	if v, err := convert(t, nil, wrap(`{"type":"int32","optional":true}`, "null")); err != nil || !v.IsNull() || v.Schema == nil {
		t.Errorf("null with schema: %+v, %v", v, err)
	}
}

func TestEnvelopeErrors(t *testing.T) {
	const deep = `{"type":"struct","fields":[{"field":"a","type":"array","items":{"type":"struct","fields":[{"field":"b","type":"int32"}]}},{"field":"m","type":"map","optional":true,"keys":{"type":"string"},"values":{"type":"int8"}}]}`
	dec := func(params string) string {
		return `{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal"` + params + `}`
	}
	const day = `{"type":"int32","name":"org.apache.kafka.connect.data.Date"}`
	const clock = `{"type":"int32","name":"org.apache.kafka.connect.data.Time"}`
	pairs := `{"type":"map","keys":{"type":"int32"},"values":{"type":"string"}}`
	for in, want := range map[string]string{
		``:                                  errEnvelope.Error(),
		`null`:                              errEnvelope.Error(),
		`[]`:                                errEnvelope.Error(),
		`{"schema":null}`:                   errEnvelope.Error(),
		`{"schema":null,"payload":1,"x":1}`: errEnvelope.Error(),
		`{"schema":null,"payload":1`:        `Converting byte[] to Kafka Connect data failed due to serialization error: Unexpected end-of-input in a value at offset 26`,
		wrap(`5`, `1`):                      `Schema must contain 'type' field`,
		wrap(`{"type":5}`, `1`):             `Schema must contain 'type' field`,
		wrap(`{"type":"nope"}`, `1`):        `Unknown schema type: nope`,
		wrap(`{"type":"array"}`, `1`):       `Array schema did not specify the element type`,
		wrap(`{"type":"map"}`, `1`):         `Map schema did not specify the key type`,
		wrap(`{"type":"map","keys":{"type":"string"}}`, `1`):                                              `Map schema did not specify the value type`,
		wrap(`{"type":"struct"}`, `1`):                                                                    `Struct schema's "fields" argument is not an array.`,
		wrap(`{"type":"struct","fields":[{"type":"int8"}]}`, `1`):                                         `Struct schema's field name not specified properly`,
		wrap(`{"type":"struct","fields":[{"field":"a","type":"int8"},{"field":"a","type":"int8"}]}`, `1`): `Cannot create field because of field name duplication a`,
		wrap(`{"type":"struct","fields":[{"field":"a","type":"array","items":{"type":"int"}}]}`, `1`):     `Unknown schema type: int (at a)`,
		wrap(`{"type":"int8","parameters":{"a":1}}`, `1`):                                                 `Schema parameters must have string values.`,
		wrap(`{"type":"int8","default":"x"}`, `1`):                                                        `Invalid default value: Invalid type for INT8 field, found STRING`,
		wrap(`{"type":"int8","default":null}`, `1`):                                                       `Invalid default value: Invalid null value for required INT8 field`,
		wrap(dec(``), `1`): `Invalid Decimal schema: scale parameter not found.`,
		wrap(dec(`,"parameters":{"scale":"2147483647"}`), `1`):              `Invalid scale parameter found in Decimal schema: 2147483647`,
		wrap(dec(`,"parameters":{"scale":"0"}`), `"%"`):                     `Invalid bytes for Decimal field`,
		wrap(dec(`,"parameters":{"scale":"0"}`), `true`):                    `Invalid type for Decimal, underlying representation should be numeric or bytes but was BOOLEAN`,
		wrap(dec(`,"parameters":{"scale":"0"}`), `1e999999999999999999999`): `Number out of range for Decimal field: scale beyond 1000`,
		wrap(dec(`,"parameters":{"scale":"0"}`), `1e-1001`):                 `Number out of range for Decimal field: scale beyond 1000`,
		wrap(day, `"1"`):                                `Invalid type for Date, underlying representation should be integer but was STRING`,
		wrap(clock, `86400000`):                         `Time values must use number of milliseconds greater than 0 and less than 86400000`,
		wrap(`{"type":"int32"}`, `null`):                `Invalid null value for required INT32 field`,
		wrap(`{"type":"int32"}`, `"12"`):                `Invalid type for INT32 field, found STRING`,
		wrap(`{"type":"int32"}`, `1.9`):                 `Number out of range for INT32 field`,
		wrap(`{"type":"int64"}`, `9223372036854775808`): `Number out of range for INT64 field`,
		wrap(`{"type":"int8"}`, `300`):                  `Number out of range for INT8 field`,
		wrap(`{"type":"float"}`, `"x"`):                 `Invalid type for FLOAT32 field, found STRING`,
		wrap(`{"type":"boolean"}`, `"true"`):            `Invalid type for BOOLEAN field, found STRING`,
		wrap(`{"type":"string"}`, `12`):                 `Invalid type for STRING field, found NUMBER`,
		wrap(`{"type":"bytes"}`, `"%"`):                 `Invalid bytes field`,
		wrap(`{"type":"bytes"}`, `{}`):                  `Invalid type for BYTES field, found OBJECT`,
		wrap(deep, `[]`):                                `Structs should be encoded as JSON objects, but found ARRAY`,
		wrap(deep, `{"a":{}}`):                          `Arrays should be encoded as JSON arrays, but found OBJECT (at a)`,
		wrap(deep, `{"a":[{"b":1},{"b":null}]}`):        `Invalid null value for required INT32 field (at a[1].b)`,
		wrap(deep, `{"a":[],"m":[]}`):                   `Maps with string fields should be encoded as JSON objects, but found ARRAY (at m)`,
		wrap(deep, `{"a":[],"m":{"k":1e9}}`):            `Number out of range for INT8 field (at m.k)`,
		wrap(pairs, `{}`):                               `Maps with non-string fields should be encoded as JSON array of tuples, but found OBJECT`,
		wrap(pairs, `[1]`):                              `Found invalid map entry instead of array tuple: NUMBER (at [0])`,
		wrap(pairs, `[[1,"a"],[1]]`):                    `Found invalid map entry, expected length 2 but found :1 (at [1])`,
	} {
		_, err := convert(t, nil, in)
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", in, err, want)
		}
	}
}

func TestErrorTextsStayShort(t *testing.T) {
	long := strings.Repeat("é", 300)
	schema, payload := `{"type":"`+long+`"}`, "1"
	for range 50 {
		schema = `{"type":"struct","fields":[{"field":"` + long + `","type":"array","items":` + schema + `}]}`
	}
	if _, err := convert(t, nil, wrap(schema, payload)); err == nil || len(err.Error()) > 512 {
		t.Errorf("%d bytes: %v", len(err.Error()), err)
	}
}

func TestAFamiliarPrefixChangesNothing(t *testing.T) {
	c := newEnveloped(10, true)
	schema := `{"type":"map","keys":{"type":"string"},"values":{"type":"int32"}}`
	for _, step := range []struct{ payload, want string }{
		{`{"a":1}`, `{"a":1}`},
		{` {"a":2} `, `{"a":2}`},
		{`{"a":3},"payload":{"b":4}`, `{"b":4}`},
		{`{"a":5},"x":6`, ""},
		{`{"a":7`, ""},
		{``, ""},
		{`{"a":"8"}`, ""},
		{`{"a":9}`, `{"a":9}`},
	} {
		text := wrap(schema, step.payload)
		v, err := c.Convert(context.Background(), "fleet", []byte(text))
		fresh, freshErr := convert(t, nil, text)
		if (err == nil) != (step.want != "") || (err == nil && string(v.AppendJSON(nil)) != step.want) {
			t.Errorf("%s: %s, %v", step.payload, v.AppendJSON(nil), err)
		}
		if (err == nil) != (freshErr == nil) || err != nil && err.Error() != freshErr.Error() || !schemas.DataEqual(v.Data(), fresh.Data()) {
			t.Errorf("%s: %v and %v, alone %v and %v", step.payload, v.Data(), err, fresh.Data(), freshErr)
		}
	}
}

func TestClonesShareSchemas(t *testing.T) {
	original := newEnveloped(4, true)
	text := []byte(wrap(vehicle, `{"vin":"A"}`))
	var group sync.WaitGroup
	seen := make([]*schemas.Schema, 8)
	first, err := original.Convert(context.Background(), "fleet", text)
	if err != nil {
		t.Fatal(err)
	}
	for n := range seen {
		c := original.Clone()
		group.Go(func() {
			for i := range 50 {
				other := wrap(`{"type":"int32","version":`+string(rune('1'+i%3))+`}`, "1")
				if _, err := c.Convert(context.Background(), "fleet", []byte(other)); err != nil {
					t.Error(err)
				}
				v, err := c.Convert(context.Background(), "fleet", text)
				if err != nil {
					t.Error(err)
				}
				seen[n] = v.Schema
			}
		})
	}
	group.Wait()
	for _, s := range seen {
		if !s.Equal(first.Schema) {
			t.Errorf("schema %v", s)
		}
	}
}

func TestTheSchemaCacheIsBounded(t *testing.T) {
	c := newPlanCache(4)
	texts := []string{`{"type":"int8"}`, `{"type":"int16"}`, `{"type":"int32"}`, `{"type":"int64"}`, `{"type":"string"}`}
	keep, err := c.get([]byte(texts[0]), true)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, text := range texts {
			if _, err := c.get([]byte(text), true); err != nil {
				t.Fatal(err)
			}
			if again, _ := c.get([]byte(texts[0]), true); again != keep {
				t.Fatal("a schema in use was dropped")
			}
			if n := len(c.young) + len(c.old); n > 4 {
				t.Fatalf("%d schemas are kept", n)
			}
		}
	}
	off := newPlanCache(0)
	if _, err := off.get([]byte(texts[0]), true); err != nil || len(off.young) != 0 {
		t.Errorf("a cache of size 0 keeps %d schemas, %v", len(off.young), err)
	}
}

func TestEmptyStructsCannotFillTheMemory(t *testing.T) {
	var fields []string
	for n := range 5000 {
		fields = append(fields, `{"field":"`+big.NewInt(int64(n)).String()+`","type":"int8","optional":true}`)
	}
	schema := `{"type":"array","items":{"type":"struct","fields":[` + strings.Join(fields, ",") + `]}}`
	_, err := convert(t, nil, wrap(schema, "["+strings.Repeat("{},", 20000)+"{}]"))
	if err == nil || !strings.Contains(err.Error(), "too much memory") {
		t.Error(err)
	}
	schema = `{"type":"array","items":{"type":"string","default":"` + strings.Repeat("x", 10000) + `"}}`
	_, err = convert(t, nil, wrap(schema, "["+strings.Repeat("null,", 20000)+"null]"))
	if err == nil || !strings.Contains(err.Error(), "too much memory") {
		t.Error(err)
	}
}

const fleetSchema = `{"type":"struct","optional":false,"name":"fleet.Telemetry","version":1,"fields":[{"field":"vehicle_id","type":"string","optional":false},{"field":"ts","type":"int64","optional":false},{"field":"event_time","type":"string","optional":false},{"field":"region","type":"string","optional":false},{"field":"kind","type":"string","optional":false},{"field":"speed","type":"double","optional":false},{"field":"soc","type":"int32","optional":false},{"field":"odometer","type":"int64","optional":false},{"field":"gps","type":"struct","optional":false,"name":"fleet.Gps","fields":[{"field":"lat","type":"double","optional":false},{"field":"lon","type":"double","optional":false}]},{"field":"tags","type":"array","optional":false,"items":{"type":"string","optional":false}},{"field":"note","type":"string","optional":true}]}`

const fleetPayload = `{"vehicle_id":"veh-0042","ts":1772400600123,"event_time":"2026-03-01T21:30:00.123Z","region":"eu-central","kind":"telemetry","speed":93.5,"soc":77,"odometer":9007199254740993,"gps":{"lat":52.520006,"lon":13.404954},"tags":["a","b"],"note":"Straße nach Köln"}`

func BenchmarkConvertEnvelope(b *testing.B) {
	for name, c := range map[string]converter.Converter{"familiar": newEnveloped(1000, true), "alternating": newEnveloped(1000, true)} {
		texts := [][]byte{[]byte(wrap(fleetSchema, fleetPayload)), []byte(wrap(strings.Replace(fleetSchema, `"version":1`, `"version":2`, 1), fleetPayload))}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(texts[0])))
			for n := 0; b.Loop(); n++ {
				text := texts[0]
				if name == "alternating" {
					text = texts[n%2]
				}
				if _, err := c.Convert(context.Background(), "fleet", text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
