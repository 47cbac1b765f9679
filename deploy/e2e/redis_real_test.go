//go:build real

package e2e

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

// redisBody is a connector of the given type whose keys begin with its name and live an hour.
func redisBody(name, topic, addr, kind string) string {
	return fmt.Sprintf(`{"name": %q, "config": {
    "connector.class": "com.redis.kafka.connect.RedisSinkConnector", "tasks.max": "1", "topics": %q,
    "redis.uri": "redis://%s", "redis.type": %q, "redis.keyspace": %q, "redis.key.ttl": "3600", "redis.timeout": "5"}}`,
		name, topic, addr, kind, name)
}

func redisClient(t *testing.T, addr string) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestRedisKilledMidStream: a server that dies between records is waited for; deletes and re-creations come out as
// the topic says, and no key is left without its time to live.
func TestRedisKilledMidStream(t *testing.T) {
	const keys = 300
	kafka, server := parts.Kafka(t), parts.Redis(t)
	c := newChanges(t, kafka, "garage", 2)
	c.produce(t, kafka.Addr, 5*keys, keys)
	w := startWorker(t, kafka.Addr)
	for name, kind := range map[string]string{"text": "STRING", "hash": "HASH"} {
		w.create(redisBody(name, c.topic, server.Addr, kind))
		w.waitRunning(name, 1)
	}
	client := redisClient(t, server.Addr)
	eventually(t, 30*time.Second, "first keys", func() bool {
		n, err := client.DBSize(t.Context()).Result()
		return err == nil && n > 0
	})
	c.produce(t, kafka.Addr, 20*keys, keys)
	server.Kill()
	c.produce(t, kafka.Addr, 7*keys+keys/2, keys)
	w.waitLogged("connector=text", "writing to the sink; will retry")
	w.waitLogged("connector=hash", "writing to the sink; will retry")
	w.waitRunning("text", 1)
	w.waitRunning("hash", 1)
	server.Restart()
	waitLagZero(t, kafka, "connect-text")
	waitLagZero(t, kafka, "connect-hash")
	w.waitRunning("text", 1)
	w.waitRunning("hash", 1)
	c.checkKeys(t, client)
}

// checkKeys compares the keys of both connectors with the topic.
func (c *changes) checkKeys(t *testing.T, client *redis.Client) {
	t.Helper()
	ctx, problems := t.Context(), newProblems(t)
	texts, hashes := c.last(), c.merged(t)
	for key, want := range texts {
		got, err := client.Get(ctx, "text:"+key).Result()
		if err != nil || canonicalJSON(fields(t, got)) != canonicalJSON(fields(t, want)) {
			problems.add("text:%s is %q (%v), want %q", key, got, err, want)
		}
		if got, err := client.HGetAll(ctx, "hash:"+key).Result(); err != nil || !maps.Equal(got, hashes[key]) {
			problems.add("hash:%s is %v (%v), want %v", key, got, err, hashes[key])
		}
		for _, name := range []string{"text:", "hash:"} {
			if ttl, err := client.PTTL(ctx, name+key).Result(); err != nil || ttl <= 0 {
				problems.add("%s%s lives %s (%v)", name, key, ttl, err)
			}
		}
	}
	if n, err := client.DBSize(ctx).Result(); err != nil || n != int64(2*len(texts)) {
		problems.add("there are %d keys (%v), want %d: deleted ones came back", n, err, 2*len(texts))
	}
	if len(texts) == 0 {
		problems.add("nothing to compare")
	}
	problems.report()
}

// TestRedisThatIsFullIsTriedAgain: a server without memory is no reason to fail; with memory the records go on.
func TestRedisThatIsFullIsTriedAgain(t *testing.T) {
	const records = 120
	kafka, server := parts.Kafka(t), parts.Redis(t, "--maxmemory", "4mb", "--maxmemory-policy", "noeviction")
	c := newChanges(t, kafka, "heavy", 1)
	fill := strings.Repeat("x", 100_000)
	for i := range records {
		c.log = append(c.log, change{fmt.Sprintf("vehicle-%05d", i), fmt.Sprintf(`{"seq":%d,"fill":%q}`, i, fill)})
	}
	c.send(t, kafka.Addr, c.log, 10)
	w := startWorker(t, kafka.Addr)
	for name, kind := range map[string]string{"text": "STRING", "hash": "HASH"} {
		w.create(redisBody(name, c.topic, server.Addr, kind))
	}
	w.waitLogged("connector=text", "will retry", "OOM")
	w.waitLogged("connector=hash", "will retry", "OOM")
	w.waitRunning("text", 1)
	w.waitRunning("hash", 1)
	client := redisClient(t, server.Addr)
	if err := client.ConfigSet(t.Context(), "maxmemory", "0").Err(); err != nil {
		t.Fatal(err)
	}
	waitLagZero(t, kafka, "connect-text")
	waitLagZero(t, kafka, "connect-hash")
	c.checkKeys(t, client)
}

// TestRedisThatIsAwayAtTheStart: the task says what it waits for and starts once the server is there.
func TestRedisThatIsAwayAtTheStart(t *testing.T) {
	kafka, server := parts.Kafka(t), parts.Redis(t)
	c := newChanges(t, kafka, "early", 1)
	c.produce(t, kafka.Addr, 100, 10)
	server.Stop()
	w := startWorker(t, kafka.Addr)
	body := redisBody("text", c.topic, server.Addr, "STRING")
	if code, answer := w.call("POST", "/connectors", body); code != 201 {
		t.Fatalf("a connector whose server is away is not accepted: %d %s", code, answer)
	}
	w.waitLogged("connector=text", "waiting for the sink; will retry")
	w.waitRunning("text", 1)
	if trace := w.status("text").Tasks[0].Trace; !strings.Contains(trace, "waiting for the sink") {
		t.Errorf("the status of the waiting task says %q", trace)
	}
	server.Restart()
	waitLagZero(t, kafka, "connect-text")
	if trace := w.status("text").Tasks[0].Trace; trace != "" {
		t.Errorf("the status still says %q", trace)
	}
	client := redisClient(t, server.Addr)
	if n, err := client.DBSize(t.Context()).Result(); err != nil || n != int64(len(c.last())) {
		t.Errorf("%d keys (%v), want %d", n, err, len(c.last()))
	}
}
