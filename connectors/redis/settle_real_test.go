//go:build real

package redis

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/connectors/sinktest"
	"github.com/sluice-connect/sluice/deploy/e2e/parts"
	"github.com/sluice-connect/sluice/schemas"
)

// TestRealSuite asks the suite of the real server, once with threads that read for it.
func TestRealSuite(t *testing.T) {
	for name, flags := range map[string][]string{
		"one thread": nil, "threads": {"--io-threads", "2", "--io-threads-do-reads", "yes"},
	} {
		t.Run(name, func(t *testing.T) { sinktest.Run(t, realSubject(t, parts.Redis(t, flags...))) })
	}
}

func realSubject(t *testing.T, server *parts.RedisPart) sinktest.Subject {
	admin := goredis.NewClient(&goredis.Options{Addr: server.Addr})
	t.Cleanup(func() { _ = admin.Close() })
	s := subject(map[string]string{keyType: typeString})
	s.Fresh = func(t *testing.T) map[string]string {
		must(t, admin.FlushAll(t.Context()).Err())
		host, port, _ := net.SplitHostPort(server.Addr)
		return map[string]string{keyType: typeString, keyHost: host, keyPort: port, keyTimeout: "5"}
	}
	s.Stored = func(t *testing.T, _ map[string]string) (all []string) {
		for _, key := range admin.Keys(t.Context(), "*").Val() {
			all = append(all, key+"="+admin.Get(t.Context(), key).Val())
		}
		return all
	}
	s.Outage = func(*testing.T, map[string]string) func() { server.Kill(); return server.Restart }
	s.Leaks = []goleak.Option{goleak.IgnoreAnyFunction("github.com/sluice-connect/sluice/deploy/e2e/parts.(*Service).spawn.func1")}
	s.RefuseLogin, s.NoLogin = nil, "TestRealPasswordIsRotated"
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestRealCutWritesLeaveNothingStale: writers whose time is over at any moment, on a server whose threads have read what it has
// not executed yet, and has others to serve. The next owner's values stay.
func TestRealCutWritesLeaveNothingStale(t *testing.T) {
	const keys, rounds = 400, 60
	server := parts.Redis(t, "--io-threads", "2", "--io-threads-do-reads", "yes", "--save", "", "--appendonly", "no")
	_, client := realTask(t, server.Addr, map[string]string{keyType: typeString})
	ctx, cancel := context.WithCancel(t.Context())
	var others sync.WaitGroup
	for range 30 {
		c := goredis.NewClient(&goredis.Options{Addr: server.Addr, PoolSize: 1})
		others.Go(func() {
			defer func() { _ = c.Close() }()
			for pipe := c.Pipeline(); ctx.Err() == nil; {
				for range 20 {
					pipe.Set(ctx, "other", "x", 0)
				}
				_, _ = pipe.Exec(ctx)
			}
		})
	}
	defer others.Wait()
	defer cancel()
	stale := 0
	for round := range rounds {
		old, next := make([]schemas.Record, keys), make([]schemas.Record, keys)
		for i := range keys {
			old[i] = rec(int64(i), fmt.Sprint(i), fmt.Sprint("old", round, strings.Repeat("x", 200)))
			next[i] = rec(int64(keys+i), fmt.Sprint(i), fmt.Sprint("new", round))
		}
		k, _ := realTask(t, server.Addr, map[string]string{keyType: typeString})
		w := k.writer(t)
		put(t, w, old[0])
		short, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(3000))*time.Microsecond)
		_, err := w.Write(short, old)
		cancel()
		if err != nil && !connectors.IsRetriable(err) {
			t.Fatal(err)
		}
		_ = w.Close(short, connectors.Lost)
		_ = k.Close(short)
		successor, _ := realTask(t, server.Addr, map[string]string{keyType: typeString})
		put(t, successor.writer(t), append(old, next...)...)
		must(t, successor.Close(t.Context()))
		if n := staleAfterAWhile(t, client, keys, fmt.Sprint("new", round)); n > 0 {
			stale++
		}
	}
	if stale > 0 {
		t.Errorf("%d of %d rounds left an old value", stale, rounds)
	}
	t.Logf("%d of %d rounds left an old value", stale, rounds)
}

// staleAfterAWhile counts the keys that do not hold want when the server has executed all that it has received.
func staleAfterAWhile(t *testing.T, client *goredis.Client, keys int, want string) (n int) {
	t.Helper()
	for range 3 { // each a turn of the server's loop
		n = 0
		pipe := client.Pipeline()
		values := make([]*goredis.StringCmd, keys)
		for i := range values {
			values[i] = pipe.Get(t.Context(), fmt.Sprint("events:", i))
		}
		if _, err := pipe.Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if v.Val() != want {
				n++
			}
		}
	}
	return n
}

// TestRealPasswordIsRotated while connections are open: nothing counts as written that is not there, and the task is told
// what to do. The same for a user that is deleted, which ends its connections.
func TestRealPasswordIsRotated(t *testing.T) {
	for name, change := range map[string]func(ctx context.Context, admin *goredis.Client) error{
		"password": func(ctx context.Context, admin *goredis.Client) error {
			return admin.Do(ctx, "ACL", "SETUSER", "app", "resetpass", ">other").Err()
		},
		"password, connections killed": func(ctx context.Context, admin *goredis.Client) error {
			if err := admin.Do(ctx, "ACL", "SETUSER", "app", "resetpass", ">other").Err(); err != nil {
				return err
			}
			return admin.Do(ctx, "CLIENT", "KILL", "USER", "app").Err()
		},
		"deleted": func(ctx context.Context, admin *goredis.Client) error {
			return admin.Do(ctx, "ACL", "DELUSER", "app").Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := parts.Redis(t)
			admin := goredis.NewClient(&goredis.Options{Addr: server.Addr})
			defer func() { _ = admin.Close() }()
			must(t, admin.Do(t.Context(), "ACL", "SETUSER", "app", "on", ">geheim", "~*", "+@all").Err())
			k := startTask(t, map[string]string{keyType: typeString, keyURI: "redis://app:geheim@" + server.Addr})
			const partitions, records = 8, 500
			var (
				wg       sync.WaitGroup
				accepted [partitions]int
				errs     [partitions]error
				begun    = make(chan struct{}, partitions)
			)
			for p := range partitions {
				w := k.writer(t)
				wg.Go(func() {
					for accepted[p] < records && errs[p] == nil {
						at := accepted[p]
						n, err := w.Write(t.Context(), []schemas.Record{rec(int64(at), fmt.Sprint(p, "-", at), "v"), rec(int64(at+1), fmt.Sprint(p, "-", at+1), "v")})
						accepted[p] += n
						if at == 10 {
							begun <- struct{}{}
						}
						if err != nil && !connectors.IsRetriable(err) {
							errs[p] = err
						}
					}
				})
			}
			for range partitions {
				<-begun
			}
			must(t, change(t.Context(), admin))
			wg.Wait()
			for p := range partitions {
				for i := range accepted[p] {
					if admin.Exists(t.Context(), fmt.Sprint("events:", p, "-", i)).Val() == 0 {
						t.Fatalf("record %d of partition %d counts as written, but is not there", i, p)
					}
				}
				if errs[p] == nil && accepted[p] < records || errs[p] != nil && !strings.Contains(errs[p].Error(), "refuses redis.username and redis.password") {
					t.Errorf("partition %d: %d, %v", p, accepted[p], errs[p])
				}
			}
			fresh := startTask(t, map[string]string{keyType: typeString, keyURI: "redis://app:geheim@" + server.Addr})
			n, err := fresh.writer(t).Write(t.Context(), []schemas.Record{rec(1, "a", "1")})
			if n != 0 || err == nil || connectors.IsRetriable(err) || !strings.Contains(err.Error(), "refuses redis.username and redis.password") {
				t.Error(n, err)
			}
		})
	}
}

// TestRealUserMayNotEndConnections: it is said once what that means and which right is missing; and nothing hangs.
func TestRealUserMayNotEndConnections(t *testing.T) {
	server := parts.Redis(t)
	admin := goredis.NewClient(&goredis.Options{Addr: server.Addr})
	defer func() { _ = admin.Close() }()
	for name, rights := range map[string][]any{
		"kill":        {"-client|kill"},
		"id":          {"-client|id"},
		"all clients": {"-client"},
		"only writes": {"-@all", "+set", "+del", "+ping", "+hello", "+auth"},
	} {
		t.Run(name, func(t *testing.T) {
			acl := append([]any{"ACL", "SETUSER", "app", "reset", "on", ">geheim", "~*", "+@all"}, rights...)
			must(t, admin.Do(t.Context(), acl...).Err())
			var log bytes.Buffer
			host, port, _ := net.SplitHostPort(server.Addr)
			props := map[string]string{keyType: typeString, keyHost: host, keyPort: port, keyUsername: "app", keyPassword: "geheim", keyTimeout: "2"}
			k := newTask(mustSettings(t, props), slog.New(slog.NewTextHandler(&log, nil)))
			defer func() { _ = k.Close(t.Context()) }()
			must(t, k.probe(t.Context()))
			w := k.writer(t)
			put(t, w, rec(1, "a", "1"))
			server.Pause()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			n, err := w.Write(ctx, []schemas.Record{rec(2, "a", "2")})
			cancel()
			server.Resume()
			if n != 0 || !connectors.IsRetriable(err) {
				t.Error(n, err)
			}
			put(t, w, rec(2, "a", "2"), rec(3, "a", "3"))
			must(t, w.Close(t.Context(), connectors.Revoked))
			if got := admin.Get(t.Context(), "events:a").Val(); got != "3" {
				t.Error(got)
			}
			if said := strings.Count(log.String(), "level=WARN"); said != 1 {
				t.Errorf("said %d times:\n%s", said, log.String())
			}
		})
	}
}

// TestRealServerPausedWhileWriting: commands that wait at a server that stands still are ended before those of the
// next owner are executed.
func TestRealServerPausedWhileWriting(t *testing.T) {
	server := parts.Redis(t)
	k, client := realTask(t, server.Addr, map[string]string{keyType: typeString, keyTimeout: "1"})
	w := k.writer(t)
	put(t, w, rec(1, "a", "1"))
	server.Pause()
	for range 2 {
		n, err := w.Write(t.Context(), []schemas.Record{rec(2, "a", "2")})
		if n != 0 || !connectors.IsRetriable(err) {
			t.Error(n, err)
		}
	}
	server.Resume()
	for rest := []schemas.Record{rec(2, "a", "2"), rec(3, "a", "3")}; len(rest) > 0; {
		n, err := w.Write(t.Context(), rest)
		if err != nil && !connectors.IsRetriable(err) {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if n := client.Get(t.Context(), "events:a").Val(); n != "3" {
		t.Error(n)
	}
	if len(w.left) > 0 {
		t.Errorf("%d connections are left", len(w.left))
	}
}
