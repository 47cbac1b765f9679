//go:build real

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

// change is a record of a topic of changes; an empty value is a tombstone.
type change struct{ key, value string }

// changes is a topic whose keys come, change, go and come again, and the ledger of what is in it.
type changes struct {
	topic      string
	partitions int32
	log        []change
}

func newChanges(t *testing.T, k *parts.KafkaPart, topic string, partitions int32) *changes {
	t.Helper()
	k.Topics(t, "--create", "--topic", topic, "--partitions", fmt.Sprint(partitions))
	return &changes{topic: topic, partitions: partitions}
}

// next is the change that follows: of keys keys, the n-th change of a key has one of three fields of its own, and
// every fifth deletes it.
func (c *changes) next(keys int) change {
	i := len(c.log)
	n, key := i/keys, fmt.Sprintf("vehicle-%05d", i%keys)
	if (n+i%keys)%5 == 4 {
		return change{key: key}
	}
	return change{key, fmt.Sprintf(`{"seq":%d,"field%d":"%d é 🚗","odometer":%d}`, i, n%3, i, 9007199254740993+int64(i))}
}

// produce appends n changes of keys keys to the topic.
func (c *changes) produce(t *testing.T, addr string, n, keys int) {
	t.Helper()
	added := make([]change, 0, n)
	for range n {
		added = append(added, c.next(keys))
		c.log = append(c.log, added[len(added)-1])
	}
	c.send(t, addr, added, keys)
}

// send produces records; those of a key go to one partition.
func (c *changes) send(t *testing.T, addr string, added []change, keys int) {
	t.Helper()
	conf := sarama.NewConfig()
	conf.Version = sarama.V2_8_0_0
	conf.Producer.Return.Successes = true
	conf.Producer.Partitioner = sarama.NewHashPartitioner
	conf.Producer.RequiredAcks = sarama.WaitForAll
	conf.Producer.Compression = sarama.CompressionLZ4
	p, err := sarama.NewSyncProducer([]string{addr}, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for len(added) > 0 {
		chunk := added[:min(len(added), 2000)]
		added = added[len(chunk):]
		batch := make([]*sarama.ProducerMessage, len(chunk))
		for i, r := range chunk {
			batch[i] = &sarama.ProducerMessage{Topic: c.topic, Key: sarama.StringEncoder(r.key)}
			if r.value != "" {
				batch[i].Value = sarama.StringEncoder(r.value)
			}
		}
		if err := p.SendMessages(batch); err != nil {
			t.Fatal(err)
		}
	}
}

// last returns the newest value of each key that is not deleted.
func (c *changes) last() map[string]string {
	newest := map[string]string{}
	for _, r := range c.log {
		if r.value == "" {
			delete(newest, r.key)
		} else {
			newest[r.key] = r.value
		}
	}
	return newest
}

// merged returns the fields that each key got since it was last deleted.
func (c *changes) merged(t *testing.T) map[string]map[string]string {
	t.Helper()
	state := map[string]map[string]string{}
	for _, r := range c.log {
		if r.value == "" {
			delete(state, r.key)
			continue
		}
		if state[r.key] == nil {
			state[r.key] = map[string]string{}
		}
		for name, v := range fields(t, r.value) {
			state[r.key][name] = hashText(t, v)
		}
	}
	return state
}

// waitLogged waits until the worker has logged a line with all the texts.
func (w *worker) waitLogged(texts ...string) {
	w.t.Helper()
	eventually(w.t, 30*time.Second, fmt.Sprintf("log line with %q", texts), func() bool {
		log, err := os.ReadFile(filepath.Join(w.dir, "log"))
		if err != nil {
			w.t.Fatal(err)
		}
	lines:
		for _, line := range bytes.Split(log, []byte("\n")) {
			for _, text := range texts {
				if !bytes.Contains(line, []byte(text)) {
					continue lines
				}
			}
			return true
		}
		return false
	})
}
