package avro

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
)

// message puts the header of id 7 before body.
func message(body ...byte) []byte { return append([]byte{0, 0, 0, 0, 7}, body...) }

// long is n in Avro's zigzag form.
func long(n int64) []byte { return binary.AppendVarint(nil, n) }

// allocated is how many bytes f asks the heap for.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// selfish is a record that may hold itself, the shape of the nesting bombs.
const selfish = `{"type":"record","name":"N","fields":[{"name":"next","type":["null","N"]}]}`

func TestAvroBombs(t *testing.T) {
	const empty = `{"type":"record","name":"E","fields":[]}`
	array := func(items string) string { return `{"type":"array","items":` + items + `}` }
	var blocks []byte
	for range 100 {
		blocks = append(blocks, long(1<<20)...)
	}
	for _, c := range []struct {
		name, schema, want string
		body               []byte
	}{
		{"count 2^31-1 of strings", array(`"string"`), faultTexts[faultItems], long(math.MaxInt32)},
		{"count 10^8 in a map", `{"type":"map","values":"string"}`, faultTexts[faultItems], long(1e8)},
		{"count 2*10^8 of nothing", array(empty), faultTexts[faultItems], append(long(2e8), 0)},
		{"count 2*10^8 of null", array(`"null"`), "Standalone null", append(long(2e8), 0)},
		{"100 blocks of 2^20 nothings", array(empty), faultTexts[faultItems], append(blocks, 0)},
		{"100 blocks of 9000 nothings", array(`{"type":"fixed","name":"F","size":0}`), faultTexts[faultZeroWidth],
			append(bytes.Repeat(long(9000), 100), 0)},
		{"count -2^63", array(`"int"`), faultTexts[faultItems], append(long(math.MinInt64), 0, 0)},
		{"20 kB nested, unended", selfish, faultTexts[faultDepth], bytes.Repeat([]byte{2}, 20_000)},
		{"1 MB nested", selfish, faultTexts[faultDepth], append(bytes.Repeat([]byte{2}, 1<<20), 0)},
		{"2 MB nested", selfish, faultTexts[faultDepth], append(bytes.Repeat([]byte{2}, 2<<20), 0)},
		{"nested arrays", `{"type":"record","name":"N","fields":[{"name":"a","type":{"type":"array","items":"N"}}]}`,
			faultTexts[faultDepth], bytes.Repeat([]byte{2}, 20_000)},
		{"record in itself", `{"type":"record","name":"N","fields":[{"name":"n","type":"N"}]}`, faultTexts[faultDepth], []byte{0}},
		{"length 2^62", `"string"`, faultTexts[faultLength], long(1 << 62)},
		{"length -1", `"string"`, faultTexts[faultLength], long(-1)},
		{"endless integer", `"long"`, faultTexts[faultVarint], bytes.Repeat([]byte{0xff}, 1000)},
		{"fixed of 16 MiB", `{"type":"fixed","name":"F","size":16777216}`, faultTexts[faultEnd], []byte{1}},
		{"2^60 empty records", doubling(60, empty), faultTexts[faultZeroWidth], nil},
		{"names a million times", array(`{"type":"record","name":"R","fields":[{"name":"` + strings.Repeat("x", 10_000) + `","type":"int"}]}`),
			faultTexts[faultWeight], append(long(1e6), make([]byte, 1e6+1)...)},
		{"symbols a million times", array(`{"type":"enum","name":"R","symbols":["` + strings.Repeat("x", 10_000) + `"]}`),
			faultTexts[faultWeight], append(long(1e6), make([]byte, 1e6+1)...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			conv, data := reading(c.schema), message(c.body...)
			defer conv.Close()
			convert := func() error { _, err := conv.Convert(context.Background(), "fleet", data); return err }
			if err := convert(); err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > maxErrorText {
				t.Fatalf("error %v, want %s", err, c.want)
			}
			if got := allocated(func() { _ = convert() }); got > 64<<10 {
				t.Errorf("%d bytes allocated for one message", got)
			}
		})
	}
}

// doubling is a record of two records of two records and so on, around the innermost schema.
func doubling(depth int, innermost string) string {
	schema := innermost
	for i := range depth {
		if i == 0 {
			schema = fmt.Sprintf(`{"type":"record","name":"R0","fields":[{"name":"a","type":%s},{"name":"b","type":"E"}]}`, schema)
			continue
		}
		schema = fmt.Sprintf(`{"type":"record","name":"R%d","fields":[{"name":"a","type":%s},{"name":"b","type":"R%d"}]}`, i, schema, i-1)
	}
	return schema
}

func TestSchemaBombs(t *testing.T) {
	nested := func(n int) string {
		return strings.Repeat(`{"type":"array","items":`, n) + `"int"` + strings.Repeat("}", n)
	}
	many := func(n int, each func(i int) string) string {
		var parts []string
		for i := range n {
			parts = append(parts, each(i))
		}
		return strings.Join(parts, ",")
	}
	symbols := `{"type":"enum","name":"E","symbols":[` + many(2000, func(i int) string { return fmt.Sprintf(`"S%d"`, i) }) + `]}`
	for name, c := range map[string]struct{ schema, want string }{
		"9000 deep":     {nested(9000), "nested more than"},
		"100 deep":      {nested(100), "nested more than"},
		"unclosed":      {strings.Repeat(`[`, 500_000), "nested more than"},
		"2 MiB":         {`"` + strings.Repeat("x", 2<<20) + `"`, "larger than 1 MiB"},
		"6000 fields":   {`{"type":"record","name":"R","fields":[` + many(6000, func(i int) string { return fmt.Sprintf(`{"name":"f%d","type":"int"}`, i) }) + `]}`, "more than 5000"},
		"6000 branches": {`[` + many(6000, func(i int) string { return `"int"` }) + `]`, "more than 5000"},
		"fixed of 2^40": {`{"type":"fixed","name":"F","size":1099511627776}`, "no size"},
		"scale of 10^9": {`{"type":"bytes","logicalType":"decimal","precision":4,"scale":1000000000}`, "scale"},
		"parameters times fields": {`{"type":"record","name":"R","fields":[{"name":"e","type":` + symbols + `},` +
			many(2000, func(i int) string { return fmt.Sprintf(`{"name":"f%d","type":"E","default":"S1"}`, i) }) + `]}`, "parameters"},
		"no schema": {`{"a":1}`, "no type"},
		"no JSON":   {`{`, "no JSON"},
		"unknown":   {`"Foo"`, "unknown type name"},
	} {
		t.Run(name, func(t *testing.T) {
			conv := reading(c.schema)
			defer conv.Close()
			var err error
			got := allocated(func() { _, err = conv.Convert(context.Background(), "fleet", message(0)) })
			if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > maxErrorText {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if got > 48<<20 {
				t.Errorf("%d MiB allocated", got>>20)
			}
		})
	}
}

func TestDeepestAllowed(t *testing.T) {
	conv := reading(selfish)
	defer conv.Close()
	body := append(bytes.Repeat([]byte{2}, maxDepth-1), 0)
	v, err := conv.Convert(context.Background(), "fleet", message(body...))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(v.AppendJSON(nil)), "next"); got != maxDepth {
		t.Errorf("%d levels", got)
	}
	if _, err := conv.Convert(context.Background(), "fleet", message(append([]byte{2}, body...)...)); err == nil {
		t.Error("one level more passes")
	}
}
