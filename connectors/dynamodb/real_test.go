//go:build real

package dynamodb

import (
	"context"
	"errors"
	"math"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/deploy/e2e/parts"
	"github.com/sluice-connect/sluice/schemas"
)

func realWorld(tb testing.TB) *world {
	tb.Helper()
	server := parts.DynamoDB(tb)
	return &world{url: server.Endpoint, client: dynamodb.New(dynamodb.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.Endpoint), HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})}
}

// object makes the value of a record from names and values.
func object(pairs ...any) schemas.Map {
	var m schemas.Map
	for i := 0; i < len(pairs); i += 2 {
		m = append(m, schemas.Entry{Key: pairs[i], Value: pairs[i+1]})
	}
	return m
}

func nested(levels int) any {
	var v any = "x"
	for range levels {
		v = object("in", v)
	}
	return v
}

// TestRealOddRecords: each record is stored or rejected for itself, whatever its batch mates are.
func TestRealOddRecords(t *testing.T) {
	w := realWorld(t)
	w.table(t, "things", "vin:S")
	number := func(text string) schemas.Map { return object("n", schemas.Number(text)) }
	cases := []struct {
		name string
		data schemas.Map
		want string // attribute n or what show says of it; empty: rejected
	}{
		{"38 digits", number(strings.Repeat("9", 38)), "N:" + strings.Repeat("9", 38)},
		{"39 digits", number(strings.Repeat("9", 39)), ""},
		{"38 digits and zeros", number(strings.Repeat("9", 38) + "000.0"), "N:" + strings.Repeat("9", 38) + "000"},
		{"largest", number("9.9999999999999999999999999999999999999E+125"), "*"},
		{"too large", number("1e126"), ""},
		{"1e400", number("1e400"), ""},
		{"smallest", number("-1e-130"), "*"},
		{"too small", number("1e-131"), ""},
		{"minus zero", number("-0"), "*"},
		{"zero with a huge exponent", number("0e999999999"), "*"},
		{"float zero", object("n", math.Copysign(0, -1)), "*"},
		{"NaN", object("n", math.NaN()), ""},
		{"infinity", object("n", math.Inf(-1)), ""},
		{"largest float", object("n", math.MaxFloat64), ""},
		{"float32", object("n", float32(0.1)), "N:0.1"},
		{"decimal", object("n", schemas.Decimal{Unscaled: big.NewInt(-5), Scale: 120}), "*"},
		{"hostile decimal", object("n", schemas.Decimal{Unscaled: big.NewInt(1), Scale: math.MinInt32}), ""},
		{"empty text", object("n", ""), "S:"},
		{"empty bytes", object("n", []byte{}), "B:"},
		{"empty list", object("n", []any{}), "L:[]"},
		{"broken text", object("n", "a\xff\xed\xa0\x80b"), "*"},
		{"every plane", object("n", "é\u0000\u2028🚗"), "S:é\u0000\u2028🚗"},
		{"said twice", object("n", "first", "n", "second"), "S:second"},
		{"empty name", object("n", "x", "", "y"), ""},
		{"deepest", object("n", nested(31)), "*"},
		{"40 levels", object("n", nested(40)), ""},
		{"large", object("n", strings.Repeat("x", 409_000)), "*"},
		{"too large item", object("n", strings.Repeat("x", 410_000)), ""},
		{"key in the value", object("n", "x", "vin", "other"), "S:x"},
	}
	d := drive(t, w.props(keyHash, "key:vin", keySort, ""))
	records := []schemas.Record{record(0, "", object("n", "x")), record(1, strings.Repeat("k", 2049), object("n", "x")), record(2, strings.Repeat("k", 2048), object("n", "x"))}
	for i, c := range cases {
		records = append(records, record(int64(3+i), c.name, c.data))
	}
	rejected := map[int64]error{}
	note := func(err error) {
		var refused *connectors.RejectedError
		if errors.As(err, &refused) {
			for _, r := range refused.Rejections {
				rejected[r.Offset] = r.Err
			}
		} else if err != nil {
			t.Fatal(err)
		}
	}
	n, err := d.Write(context.Background(), records)
	if note(err); n != len(records) {
		t.Fatal(n, err)
	}
	d.until(t, func(err error) bool {
		note(err)
		return d.safe(nil)
	})
	stored := map[string]string{}
	for _, item := range w.scan(t, "things") {
		stored[strings.TrimPrefix(show(item["vin"]), "S:")] = show(item["n"])
	}
	if rejected[0] == nil || rejected[1] == nil || rejected[2] != nil {
		t.Error("empty, too long and longest key:", rejected[0], rejected[1], rejected[2])
	}
	for i, c := range cases {
		got, ok := stored[c.name]
		if err := rejected[int64(3+i)]; (c.want == "") != (err != nil) || ok == (err != nil) || c.want != "*" && got != c.want {
			t.Errorf("%s: stored %.60q, rejected %v; want %.60q", c.name, got, err, c.want)
		} else if err != nil {
			t.Logf("%s: %v", c.name, err)
		}
	}
}

func record(offset int64, key string, data schemas.Map) schemas.Record {
	r := vehicle(things, offset, key, 0)
	r.Value = schemas.Of(nil, data)
	return r
}

// BenchmarkRealWrite writes to DynamoDB Local, which is what limits it.
func BenchmarkRealWrite(b *testing.B) {
	w := realWorld(b)
	v, problems := definition.Parse(w.props(keyHash, "value.pk", keySort, "value.sk"))
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	w.table(b, "things", "pk:S", "sk:N")
	k, err := Connector{}.NewTask(b.Context(), connectors.TaskContext{Wake: func(schemas.TopicPartition) {}}, connectors.Config{Values: v, Topics: []string{"events"}})
	if err != nil {
		b.Fatal(err)
	}
	writer, _ := k.Open(b.Context(), things, 0)
	start, n := time.Now(), 0
	for b.Loop() {
		batch := make([]schemas.Record, 500)
		for i := range batch {
			batch[i] = telemetry(int64(n))
			n++
		}
		if _, err := writer.Write(b.Context(), batch); err != nil && !connectors.IsRetriable(err) {
			b.Fatal(err)
		}
	}
	if err := writer.Close(context.Background(), connectors.Stopping); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(n)/time.Since(start).Seconds(), "items/s")
	_ = k.Close(context.Background())
}
