//go:build real

package redis

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/deploy/e2e/parts"
	"github.com/sluice-connect/sluice/schemas"
)

func realTask(t *testing.T, addr string, props map[string]string) (*task, *goredis.Client) {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{keyHost: host, keyPort: port, keyTimeout: "5"}
	for k, v := range props {
		all[k] = v
	}
	client := goredis.NewClient(&goredis.Options{Addr: addr, Password: props[keyPassword]})
	t.Cleanup(func() { _ = client.Close() })
	return startTask(t, all), client
}

func TestRealScriptsAndErrors(t *testing.T) {
	server := parts.Redis(t)
	for _, mode := range []string{"merge", "replace"} {
		k, client := realTask(t, server.Addr, map[string]string{keyType: typeHash, keyTTL: "100", keyHashMode: mode})
		client.FlushAll(t.Context())
		client.RPush(t.Context(), "events:list", "x")
		bad := put(t, k.writer(t), rec(1, "a", fieldsOf("x", "1")), rec(2, "list", fieldsOf("x", "1")), rec(3, "a", fieldsOf("y", "2")))
		if got := len(bad); mode == "merge" && got != 1 || mode == "replace" && got != 0 {
			t.Errorf("%s: rejected %v", mode, bad)
		}
		if mode == "merge" && client.TTL(t.Context(), "events:list").Val() > 0 {
			t.Error("a refused record made its obstacle expire")
		}
		want := map[string]int{"merge": 2, "replace": 1}[mode]
		if got := client.HGetAll(t.Context(), "events:a").Val(); len(got) != want || got["y"] != "2" {
			t.Errorf("%s: %v", mode, got)
		}
		if client.PTTL(t.Context(), "events:a").Val() <= 0 {
			t.Errorf("%s: the key does not expire", mode)
		}
		put(t, k.writer(t), rec(4, "a", fieldsOf("z", "3"), ttlHeader("0")))
		if got := client.PTTL(t.Context(), "events:a").Val(); got != -1 {
			t.Errorf("%s: a header of 0 leaves the key %s", mode, got)
		}
	}
	k, _ := realTask(t, server.Addr, map[string]string{keyType: typeJSON})
	if err := k.probe(t.Context()); err == nil || !strings.Contains(err.Error(), "JSON module") {
		t.Error(err)
	}
}

func TestRealFullServerIsRetriable(t *testing.T) {
	server := parts.Redis(t, "--maxmemory", "3mb")
	for _, props := range []map[string]string{{keyType: typeString}, {keyType: typeHash, keyTTL: "100"}} {
		k, client := realTask(t, server.Addr, props)
		w := k.writer(t)
		var err error
		for i := int64(0); err == nil && i < 100; i++ {
			text := strings.Repeat("x", 100_000)
			value := any(text)
			if props[keyType] == typeHash {
				value = fieldsOf("x", text)
			}
			_, err = w.Write(t.Context(), []schemas.Record{rec(i, fmt.Sprint(i), value)})
		}
		if !connectors.IsRetriable(err) || !strings.Contains(err.Error(), "OOM") {
			t.Errorf("%v: %v", props, err)
		}
		client.FlushAll(t.Context())
	}
}

func TestRealLogin(t *testing.T) {
	server := parts.Redis(t)
	admin := goredis.NewClient(&goredis.Options{Addr: server.Addr})
	defer func() { _ = admin.Close() }()
	if err := admin.ConfigSet(t.Context(), "requirepass", "geheim").Err(); err != nil {
		t.Fatal(err)
	}
	for password, text := range map[string]string{"": "set redis.username", "falsch": "refuses", "geheim": ""} {
		k, _ := realTask(t, server.Addr, map[string]string{keyType: typeString, keyPassword: password})
		err := k.probe(t.Context())
		if text == "" && err != nil || text != "" && (err == nil || !strings.Contains(err.Error(), text)) {
			t.Errorf("password %q: %v", password, err)
		}
	}
}

func TestRealServerKilledWhileWriting(t *testing.T) {
	server := parts.Redis(t, "--appendfsync", "always")
	k, client := realTask(t, server.Addr, map[string]string{keyType: typeString})
	w := k.writer(t)
	log := make([]schemas.Record, 20_000)
	for i := range log {
		log[i] = rec(int64(i), fmt.Sprint(i%100), fmt.Sprint(i))
	}
	for rest, batches := log, 0; len(rest) > 0; batches++ {
		if batches == 5 {
			server.Kill()
		}
		n, err := w.Write(t.Context(), rest[:min(1000, len(rest))])
		if err != nil && !connectors.IsRetriable(err) {
			t.Fatal(err)
		}
		if err != nil {
			server.Restart()
		}
		rest = rest[n:]
	}
	for i := range 100 {
		want := fmt.Sprint(len(log) - 100 + i)
		if got := client.Get(t.Context(), fmt.Sprint("events:", i)).Val(); got != want {
			t.Fatalf("key %d is %s, want %s", i, got, want)
		}
	}
}

// TestRealReplicaTakesOver: a server that became a replica refuses writes, in scripts and without, until it is one no more;
// and records that no replica has are not done.
func TestRealReplicaTakesOver(t *testing.T) {
	server := parts.Redis(t)
	for _, props := range []map[string]string{{keyType: typeString}, {keyType: typeHash, keyTTL: "100"}} {
		k, client := realTask(t, server.Addr, props)
		w, batch := k.writer(t), []schemas.Record{rec(1, "a", fieldsOf("x", "1"))}
		client.Do(t.Context(), "REPLICAOF", "127.0.0.1", "1")
		if n, err := w.Write(t.Context(), batch); n != 0 || !connectors.IsRetriable(err) || !strings.Contains(err.Error(), "READONLY") {
			t.Errorf("%v: %d, %v", props, n, err)
		}
		client.Do(t.Context(), "REPLICAOF", "NO", "ONE")
		put(t, w, batch...)
		client.ConfigSet(t.Context(), "min-replicas-to-write", "1")
		if n, err := w.Write(t.Context(), batch); n != 0 || !connectors.IsRetriable(err) || !strings.Contains(err.Error(), "NOREPLICAS") {
			t.Errorf("%v: %d, %v", props, n, err)
		}
		client.ConfigSet(t.Context(), "min-replicas-to-write", "0")
		client.FlushAll(t.Context())
	}
	k, _ := realTask(t, server.Addr, map[string]string{keyType: typeString, keyReplicas: "1", keyWaitTimeout: "20"})
	n, err := k.writer(t).Write(t.Context(), []schemas.Record{rec(1, "a", "1"), rec(2, nil, "bad")})
	if n != 0 || !connectors.IsRetriable(err) || !strings.Contains(err.Error(), "0 of 1") {
		t.Error(n, err)
	}
}

// TestRealPermissionsAreFatal: what the user may not do stops the task, in scripts and without.
func TestRealPermissionsAreFatal(t *testing.T) {
	server := parts.Redis(t)
	admin := goredis.NewClient(&goredis.Options{Addr: server.Addr})
	defer func() { _ = admin.Close() }()
	if err := admin.Do(t.Context(), "ACL", "SETUSER", "me", "on", ">geheim", "~events:*", "+@all", "-set", "-hset").Err(); err != nil {
		t.Fatal(err)
	}
	for _, props := range []map[string]string{{keyType: typeString}, {keyType: typeHash}, {keyType: typeHash, keyTTL: "100"}} {
		host, port, _ := net.SplitHostPort(server.Addr)
		props[keyHost], props[keyPort], props[keyUsername], props[keyPassword] = host, port, "me", "geheim"
		n, err := startTask(t, props).writer(t).Write(t.Context(), []schemas.Record{rec(1, "a", fieldsOf("x", "1"))})
		var rejected *connectors.RejectedError
		if n != 0 || err == nil || connectors.IsRetriable(err) || errors.As(err, &rejected) || !strings.Contains(err.Error(), "extend its ACL") {
			t.Errorf("%v: %d, %v", props, n, err)
		}
	}
}

func BenchmarkRealWrite(b *testing.B) {
	server := parts.Redis(b)
	host, port, _ := net.SplitHostPort(server.Addr)
	for _, kind := range []string{typeString, typeHash} {
		for _, ttl := range []string{"-1", "60"} {
			b.Run(kind+"/ttl="+ttl, func(b *testing.B) {
				v, _ := definition.Parse(map[string]string{keyType: kind, keyHost: host, keyPort: port, keyTTL: ttl})
				s, _ := newSettings(v)
				k := newTask(s, slog.New(slog.DiscardHandler))
				defer func() { _ = k.Close(b.Context()) }()
				w := &writer{task: k, builder: builder{settings: s}}
				batch := make([]schemas.Record, 1000)
				for i := range batch {
					value := any(strings.Repeat("x", 300))
					if kind == typeHash {
						value = fieldsOf("a", strings.Repeat("x", 75), "b", strings.Repeat("x", 75), "c", "text", "d", schemas.Number("42"))
					}
					batch[i] = rec(int64(i), fmt.Sprint(kind, i), value)
				}
				b.ReportAllocs()
				for n := 0; b.Loop(); n++ {
					if _, err := w.Write(b.Context(), batch); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "records/s")
			})
		}
	}
}
