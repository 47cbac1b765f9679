package recordbatch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// saramaReader is a sarama broker that gets the same answer to every fetch: the only way to sarama's decoder.
func saramaReader(t testing.TB, raw []byte) func() *sarama.FetchResponseBlock {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	answer := kmsg.FetchResponse{Version: 4, Topics: []kmsg.FetchResponseTopic{{Topic: "t", Partitions: []kmsg.FetchResponseTopicPartition{{RecordBatches: raw}}}}}
	body := answer.AppendTo(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		for {
			var size [4]byte
			if _, err := io.ReadFull(conn, size[:]); err != nil {
				return
			}
			request := make([]byte, binary.BigEndian.Uint32(size[:]))
			if _, err := io.ReadFull(conn, request); err != nil {
				return
			}
			out := binary.BigEndian.AppendUint32(nil, uint32(4+len(body)))
			out = append(append(out, request[4:8]...), body...)
			if _, err := conn.Write(out); err != nil {
				return
			}
		}
	}()
	config := sarama.NewConfig()
	config.Version, config.ApiVersionsRequest = sarama.V0_11_0_0, false
	broker := sarama.NewBroker(l.Addr().String())
	if err := broker.Open(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = broker.Close()
		_ = l.Close()
		<-done
	})
	return func() *sarama.FetchResponseBlock {
		response, err := broker.Fetch(&sarama.FetchRequest{Version: 4})
		if err != nil {
			t.Fatal(err)
		}
		return response.GetBlock("t", 0)
	}
}

// TestAgainstSarama reads generated batches of every codec as sarama does.
func TestAgainstSarama(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for name, codec := range codecs {
		t.Run(name, func(t *testing.T) {
			n := 500
			raw := encode(t, kmsg.RecordBatch{FirstOffset: 40, LastOffsetDelta: int32(n - 1), FirstTimestamp: 1, NumRecords: int32(n)}, codec, generated(rnd, n))
			batches, _, err := Split(raw)
			if err != nil {
				t.Fatal(err)
			}
			got, err := readAll(&batches[0], 0, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			want := saramaReader(t, raw)().RecordsSet[0].RecordBatch
			if len(got) != len(want.Records) {
				t.Fatalf("%d records, want %d", len(got), len(want.Records))
			}
			for i, w := range want.Records {
				g := got[i]
				same := g.Offset == want.FirstOffset+w.OffsetDelta && bytes.Equal(g.Raw.Key, w.Key) && bytes.Equal(g.Raw.Value, w.Value) && g.Timestamp.Equal(want.FirstTimestamp.Add(w.TimestampDelta)) && len(g.Raw.Headers) == len(w.Headers)
				for j, h := range w.Headers {
					same = same && g.Raw.Headers[j].Key == string(h.Key) && bytes.Equal(g.Raw.Headers[j].Value, h.Value)
				}
				if !same {
					t.Fatalf("record %d differs", i)
				}
			}
		})
	}
}

// BenchmarkSarama is what sarama takes for the same batches, with a loopback connection.
func BenchmarkSarama(b *testing.B) {
	for name, codec := range codecs {
		raw := jsonBatch(b, codec)
		b.Run(name, func(b *testing.B) {
			fetch := saramaReader(b, raw)
			b.ReportAllocs()
			for b.Loop() {
				if block := fetch(); len(block.RecordsSet[0].RecordBatch.Records) != benchRecords {
					b.Fatal(fmt.Sprint(len(block.RecordsSet)))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRecords, "ns/record")
		})
	}
}
