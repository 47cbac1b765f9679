package avro

import (
	"context"
	"encoding/hex"
	"testing"

	"github.com/sluice-connect/sluice/schemas/converter"
	"github.com/sluice-connect/sluice/schemas/registry"
)

// fleetSchema is a record of 12 fields, as vehicles report them; fleetReport is a value of it behind the header of id
// 7, and fleetJSON the value as JSON.
const (
	fleetSchema = `{"type":"record","name":"Report","namespace":"fleet","fields":[
 {"name":"vehicle_id","type":"string"},
 {"name":"ts","type":{"type":"long","logicalType":"timestamp-millis"}},
 {"name":"lat","type":"double"},{"name":"lon","type":"double"},
 {"name":"speed","type":["null","float"],"default":null},
 {"name":"state","type":{"type":"enum","name":"State","symbols":["IDLE","MOVING","OFF"]}},
 {"name":"odometer","type":"long"},{"name":"charging","type":"boolean"},
 {"name":"battery","type":"int"},{"name":"error","type":["null","string"],"default":null},
 {"name":"trip","type":["null","string"],"default":null},{"name":"firmware","type":"string"}]}`
	fleetReport = "0000000007" +
		"12422d45562034373131f6a1abfef9620b24287e8c1148409f3c2cd49a2627400200003e42028eda960100a601000216747269702d3030303031320e76322e312e3430"
	fleetJSON = `{"vehicle_id":"B-EV 4711","ts":1700000000123,"lat":48.1371,"lon":11.5754,"speed":47.5,"state":"MOVING",` +
		`"odometer":1234567,"charging":false,"battery":83,"error":null,"trip":"trip-000012","firmware":"v2.1.40"}`
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// reading is a converter for which id 7 is the given schema.
func reading(schema string) *avroConverter {
	src := one{schema: registry.Schema{ID: 7, Type: "AVRO", Text: schema}, subject: "fleet-value", version: 1}
	return newConverter(src, subjects{role: converter.ForValue}, options{metadata: true, flatten: true}, 10)
}

func BenchmarkConvert(b *testing.B) {
	c, data := reading(fleetSchema), unhex(b, fleetReport)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Convert(context.Background(), "fleet", data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkConvertToJSON(b *testing.B) {
	c, data := reading(fleetSchema), unhex(b, fleetReport)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		v, err := c.Convert(context.Background(), "fleet", data)
		if err != nil {
			b.Fatal(err)
		}
		dst = v.AppendJSON(dst[:0])
	}
}

func BenchmarkTree(b *testing.B) {
	c, data := reading(fleetSchema), unhex(b, fleetReport)
	v, err := c.Convert(context.Background(), "fleet", data)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		v.Data()
	}
}

func BenchmarkLookup(b *testing.B) {
	c, data := reading(fleetSchema), unhex(b, fleetReport)
	v, err := c.Convert(context.Background(), "fleet", data)
	if err != nil {
		b.Fatal(err)
	}
	path := []string{"battery"}
	b.ReportAllocs()
	for b.Loop() {
		v.Lookup(path)
	}
}
