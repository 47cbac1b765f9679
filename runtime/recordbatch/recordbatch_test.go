package recordbatch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/schemas"
)

func generated(rnd *rand.Rand, n int) (framed []byte) {
	for i := range n {
		r := kmsg.Record{TimestampDelta64: int64(i), OffsetDelta: int32(i), Key: fmt.Appendf(nil, "key %d", i)}
		switch rnd.IntN(20) {
		case 0:
			r.Key = nil
		case 1:
			r.Value = make([]byte, rnd.IntN(300<<10))
		default:
			r.Value = bytes.Repeat([]byte{byte(i)}, rnd.IntN(400))
		}
		for h := range rnd.IntN(3) {
			r.Headers = append(r.Headers, kmsg.Header{Key: fmt.Sprint("h", h), Value: []byte{byte(i)}})
		}
		framed = append(framed, record(r)...)
	}
	return framed
}

// TestAgainstFranz reads generated batches of every codec as franz-go does.
func TestAgainstFranz(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for name, codec := range codecs {
		t.Run(name, func(t *testing.T) {
			for range 10 {
				n := 1 + rnd.IntN(400)
				raw := encode(t, kmsg.RecordBatch{FirstOffset: 1000, LastOffsetDelta: int32(n - 1), FirstTimestamp: 5000, ProducerID: -1, NumRecords: int32(n)}, codec, generated(rnd, n))
				batches, partial, err := Split(raw)
				if err != nil || partial != nil || len(batches) != 1 {
					t.Fatal(batches, partial, err)
				}
				got, err := readAll(&batches[0], 1003, Limits{})
				if err != nil {
					t.Fatal(err)
				}
				want, _ := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{Offset: 1003, Topic: "t", Partition: 3}, &kmsg.FetchResponseTopicPartition{RecordBatches: raw}, kgo.DefaultDecompressor(), nil)
				if want.Err != nil || len(got) != len(want.Records) {
					t.Fatalf("%d records, want %d (%v)", len(got), len(want.Records), want.Err)
				}
				for i, w := range want.Records {
					g := got[i]
					same := g.Offset == w.Offset && bytes.Equal(g.Raw.Key, w.Key) && bytes.Equal(g.Raw.Value, w.Value) && (g.Raw.Key == nil) == (w.Key == nil) && g.Timestamp.Equal(w.Timestamp) && len(g.Raw.Headers) == len(w.Headers)
					for j := range w.Headers {
						same = same && g.Raw.Headers[j].Key == w.Headers[j].Key && bytes.Equal(g.Raw.Headers[j].Value, w.Headers[j].Value)
					}
					if !same {
						t.Fatalf("record %d differs", i)
					}
				}
			}
		})
	}
}

// TestCutAnywhere sees that an answer cut at any byte delivers the whole batches and says what the last one needs.
func TestCutAnywhere(t *testing.T) {
	one := encode(t, kmsg.RecordBatch{FirstOffset: 7, NumRecords: 1}, codecs["none"], record(kmsg.Record{Value: []byte("v")}))
	raw := append(bytes.Clone(one), one...)
	for cut := range raw {
		batches, partial, err := Split(raw[:cut])
		if err != nil || len(batches) != cut/len(one) || (partial == nil) != (cut%len(one) == 0) {
			t.Fatal(cut, len(batches), partial, err)
		}
		if partial != nil && cut%len(one) >= 12 && *partial != (Partial{Offset: 7, Size: len(one)}) {
			t.Fatal(cut, *partial)
		}
	}
}

// TestRecordsCutAnywhere sees that compressed records that end too early are damage, not a panic or an end.
func TestRecordsCutAnywhere(t *testing.T) {
	framed := generated(rand.New(rand.NewPCG(3, 4)), 5)
	framed = framed[:min(len(framed), 1500)]
	for name, codec := range codecs {
		data, kind := compressed(t, codec, framed)
		for cut := range data {
			batches, _, err := Split(seal(kmsg.RecordBatch{Magic: 2, Attributes: kind, FirstOffset: 7, LastOffsetDelta: 9, NumRecords: 10, Records: data[:cut]}))
			if err == nil {
				_, err = readAll(&batches[0], 0, Limits{})
			}
			var corrupt *Corrupt
			if !errors.As(err, &corrupt) || corrupt.From < 7 || corrupt.To != 16 {
				t.Fatalf("%s cut at %d: %v", name, cut, err)
			}
		}
	}
}

func TestLegacy(t *testing.T) {
	for magic := int8(0); magic <= 1; magic++ {
		for name, codec := range codecs {
			if name == "zstd" {
				continue
			}
			var set []byte
			for i := range int64(5) {
				offset := i
				if magic == 0 {
					offset += 100
				}
				set = append(set, messageBytes(magic, 0, offset, 50+i, []byte("k"), []byte{byte(i)})...)
			}
			data, kind := compressed(t, codec, set)
			raw := messageBytes(magic, int8(kind), 104, 54, nil, data)
			if kind == 0 {
				raw = messageBytes(magic, 0, 104, 54, []byte("k"), []byte{4})
			}
			batches, _, err := Split(raw)
			if err != nil {
				t.Fatal(err)
			}
			recs, err := readAll(&batches[0], 102, Limits{})
			if err != nil || len(recs) == 0 {
				t.Fatal(magic, name, len(recs), err)
			}
			last := recs[len(recs)-1]
			if kind != 0 && (len(recs) != 3 || recs[0].Offset != 102) || last.Offset != 104 || last.Raw.Value[0] != 4 || last.Timestamp.IsZero() != (magic == 0) {
				t.Fatalf("format %d, %s: %+v", magic, name, recs)
			}
		}
	}
}

// bomb is a batch whose records are a few bytes that inflate to size.
func bomb(t testing.TB, size int) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	data := w.EncodeAll(record(kmsg.Record{Value: make([]byte, size)}), nil)
	return seal(kmsg.RecordBatch{Magic: 2, Attributes: 4, NumRecords: 1, Records: data})
}

// TestBombs reads batches of 60 MiB each that come in a few KB, one after the other: what is held stays bounded.
func TestBombs(t *testing.T) {
	const n = 30
	raw := bytes.Repeat(bomb(t, 60<<20), n)
	batches, _, err := Split(raw)
	if err != nil || len(batches) != n {
		t.Fatal(len(batches), err)
	}
	var most uint64
	for i := range batches {
		recs, err := readAll(&batches[i], 0, Limits{})
		if err != nil || len(recs) != 1 || len(recs[0].Raw.Value) != 60<<20 {
			t.Fatal(len(recs), err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapInuse)
	}
	t.Logf("%d bytes in %d batches, at most %d MiB of heap in use", len(raw), n, most>>20)
	if most > 400<<20 {
		t.Fatalf("%d MiB", most>>20)
	}
}

func TestTooLarge(t *testing.T) {
	batches, _, _ := Split(bomb(t, 60<<20))
	_, err := readAll(&batches[0], 0, Limits{Decoded: 1 << 20})
	var large *TooLarge
	if !errors.As(err, &large) || large.Limit != 1<<20 || large.To != 0 {
		t.Fatal(err)
	}
}

// TestClaimedSize refuses a frame that claims 4 GiB in its header, before memory is taken for it.
func TestClaimedSize(t *testing.T) {
	frame := binary.LittleEndian.AppendUint64([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0}, 4<<30)
	batches, _, err := Split(seal(kmsg.RecordBatch{Magic: 2, Attributes: 4, NumRecords: 1, Records: append(frame, 1, 0, 0)}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = readAll(&batches[0], 0, Limits{})
	var large *TooLarge
	if !errors.As(err, &large) {
		t.Fatal(err)
	}
}

// TestTooManyHeaders skips a record with 31 million headers in a few bytes, and delivers what is around it.
func TestTooManyHeaders(t *testing.T) {
	const headers = 31e6
	body := append([]byte{0, 0, 2, 1, 1}, binary.AppendVarint(nil, headers)...)
	body = append(body, make([]byte, 2*headers)...)
	many := append(binary.AppendVarint(nil, int64(len(body))), body...)
	framed := append(record(kmsg.Record{}), many...)
	framed = append(framed, record(kmsg.Record{OffsetDelta: 2})...)
	batches, _, err := Split(encode(t, kmsg.RecordBatch{FirstOffset: 10, LastOffsetDelta: 2, NumRecords: 3}, codecs["zstd"], framed))
	if err != nil {
		t.Fatal(err)
	}
	r, err := batches[0].Open(testTP, 0, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	room := Room{Records: 100, Bytes: 1 << 20}
	recs, err := r.Read(nil, &room)
	var large *TooLarge
	if !errors.As(err, &large) || large.From != 11 || large.To != 11 || len(recs) != 1 {
		t.Fatal(len(recs), err)
	}
	recs, err = r.Read(nil, &room)
	if !errors.Is(err, io.EOF) || len(recs) != 1 || recs[0].Offset != 12 {
		t.Fatal(len(recs), err)
	}
}

// TestExtremes reads deltas near the limits of 64 bits.
func TestExtremes(t *testing.T) {
	raw := encode(t, kmsg.RecordBatch{FirstOffset: math.MaxInt64 - 5, LastOffsetDelta: 3, NumRecords: 1, FirstTimestamp: math.MaxInt64}, codecs["none"], record(kmsg.Record{OffsetDelta: 3, TimestampDelta64: math.MaxInt64}))
	batches, _, err := Split(raw)
	if err != nil {
		t.Fatal(err)
	}
	recs, err := readAll(&batches[0], 0, Limits{})
	if err != nil || recs[0].Offset != math.MaxInt64-2 || !recs[0].Timestamp.IsZero() {
		t.Fatal(recs, err)
	}
}

func TestFilter(t *testing.T) {
	data := func(offset, producer int64) []byte {
		return encode(t, kmsg.RecordBatch{FirstOffset: offset, Attributes: transaction, ProducerID: producer, NumRecords: 1}, codecs["none"], record(kmsg.Record{}))
	}
	marker := func(offset, producer int64, kind byte) []byte {
		return encode(t, kmsg.RecordBatch{FirstOffset: offset, Attributes: transaction | control, ProducerID: producer, NumRecords: 1}, codecs["none"], record(kmsg.Record{Key: []byte{0, 0, 0, kind}}))
	}
	raw := bytes.Join([][]byte{data(0, 1), data(1, 2), marker(2, 1, 0), marker(3, 2, 1), data(4, 1)}, nil)
	batches, _, err := Split(raw)
	if err != nil {
		t.Fatal(err)
	}
	f := NewFilter([]AbortedTransaction{{ProducerID: 1, FirstOffset: 0}})
	for i, want := range []bool{true, false, true, true, false} {
		if got := f.Skip(&batches[i]); got != want {
			t.Errorf("batch %d: skipped %v", i, got)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, codec := range codecs {
		f.Add(encode(f, kmsg.RecordBatch{NumRecords: 3, LastOffsetDelta: 2}, codec, generated(rand.New(rand.NewPCG(1, 1)), 3)))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) >= batchHeader && raw[magicAt] == 2 { // what a checksum would keep from the rest
			raw = bytes.Clone(raw)
			var b kmsg.RecordBatch
			if b.ReadFrom(raw) == nil {
				raw = seal(b)
			}
		}
		batches, _, _ := Split(raw)
		for i := range batches {
			_, _ = readAll(&batches[i], 0, Limits{Decoded: 1 << 20, Headers: 100})
		}
	})
}

const benchRecords = 1000

// jsonBatch holds values of about 200 bytes.
func jsonBatch(t testing.TB, codec kgo.CompressionCodec) []byte {
	var framed []byte
	for i := range benchRecords {
		framed = append(framed, record(kmsg.Record{OffsetDelta: int32(i), Key: fmt.Appendf(nil, "key-%d", i), Value: fmt.Appendf(nil, `{"id":%d,"name":"customer %d","pad":"%0150d"}`, i, i*7, i*7919)})...)
	}
	return encode(t, kmsg.RecordBatch{LastOffsetDelta: benchRecords - 1, NumRecords: benchRecords}, codec, framed)
}

func BenchmarkRead(b *testing.B) {
	for name, codec := range codecs {
		raw := jsonBatch(b, codec)
		b.Run(name, func(b *testing.B) {
			dst := make([]schemas.Record, 0, benchRecords)
			b.ReportAllocs()
			for b.Loop() {
				batches, _, _ := Split(raw)
				r, err := batches[0].Open(testTP, 0, Limits{})
				if err != nil {
					b.Fatal(err)
				}
				if recs, err := r.Read(dst, &Room{Records: benchRecords + 1, Bytes: 1 << 30}); !errors.Is(err, io.EOF) || len(recs) != benchRecords {
					b.Fatal(err)
				}
				r.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRecords, "ns/record")
		})
	}
}
