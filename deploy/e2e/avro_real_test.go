//go:build real

package e2e

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/linkedin/goavro/v2"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

// Two versions of a schema, which interleave in the topic.
const (
	statusV1 = `{"type":"record","name":"Status","namespace":"fleet","fields":[
		{"name":"vehicle_id","type":"string"},{"name":"seq","type":"long"},{"name":"soc","type":"double"},
		{"name":"state","type":{"type":"enum","name":"State","symbols":["AVAILABLE","DRIVING"]}}]}`
	statusV2 = `{"type":"record","name":"Status","namespace":"fleet","fields":[
		{"name":"vehicle_id","type":"string"},{"name":"seq","type":"long"},{"name":"soc","type":"double"},
		{"name":"state","type":{"type":"enum","name":"State","symbols":["AVAILABLE","DRIVING"]}},
		{"name":"trip","type":["null","string"],"default":null},
		{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}}]}`
)

// register stores a schema version in the registry and returns its id.
func register(t *testing.T, url, subject, schema string) uint32 {
	t.Helper()
	body, err := json.Marshal(map[string]string{"schema": schema})
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(url+"/subjects/"+subject+"/versions", "application/vnd.schemaregistry.v1+json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct{ ID uint32 }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("registering a schema answered %s (%v)", res.Status, err)
	}
	return answer.ID
}

// message encodes native data the way Confluent's serializers do.
func message(t *testing.T, id uint32, schema string, native map[string]any) []byte {
	t.Helper()
	codec, err := goavro.NewCodec(schema)
	if err != nil {
		t.Fatal(err)
	}
	data, err := codec.BinaryFromNative(binary.BigEndian.AppendUint32([]byte{0}, id), native)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestAvroFromARegistry: records of two schema versions arrive as the JSON that the Java converter's data would give.
func TestAvroFromARegistry(t *testing.T) {
	k, reg := parts.Kafka(t), parts.Registry(t)
	k.Topics(t, "--create", "--topic", "status", "--partitions", "1")
	v1, v2 := register(t, reg.URL, "status-value", statusV1), register(t, reg.URL, "status-value", statusV2)
	var want []string
	conf := sarama.NewConfig()
	conf.Producer.Return.Successes = true
	p, err := sarama.NewSyncProducer([]string{k.Addr}, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var batch []*sarama.ProducerMessage
	for i := range 2000 {
		native := map[string]any{"vehicle_id": vehicle(i % 7), "seq": int64(i) << 40, "soc": float64(i) / 4, "state": "DRIVING"}
		line := fmt.Sprintf(`{"vehicle_id":%q,"seq":%d,"soc":%s,"state":"DRIVING"`, vehicle(i%7), int64(i)<<40, javaDouble(float64(i)/4))
		value := message(t, v1, statusV1, native)
		if i%3 == 0 {
			native["trip"], native["at"] = goavro.Union("string", "tour"), time.UnixMilli(1767225600000+int64(i))
			value = message(t, v2, statusV2, native)
			line += fmt.Sprintf(`,"trip":"tour","at":%d`, 1767225600000+int64(i))
		}
		want = append(want, line+"}")
		batch = append(batch, &sarama.ProducerMessage{Topic: "status", Value: sarama.ByteEncoder(value)})
	}
	if err := p.SendMessages(batch); err != nil {
		t.Fatal(err)
	}

	w := startWorker(t, k.Addr)
	out := filepath.Join(t.TempDir(), "out.txt")
	w.create(fmt.Sprintf(`{"name":"avro","config":{"connector.class":"FileStreamSink","topics":"status","file":%q,
		"value.converter":"io.confluent.connect.avro.AvroConverter","value.converter.schema.registry.url":%q}}`, out, reg.URL))
	waitLagZero(t, k, "connect-avro")
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(got) != len(want) {
		t.Fatalf("there are %d lines, want %d", len(got), len(want))
	}
	problems := newProblems(t)
	for i := range want {
		if got[i] != want[i] {
			problems.add("line %d is %s, want %s", i, got[i], want[i])
		}
	}
	problems.report()
}

// javaDouble prints quarters as Java does.
func javaDouble(f float64) string {
	text := fmt.Sprint(f)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
