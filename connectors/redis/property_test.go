package redis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sort"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// cutter is a TCP proxy that cuts connections after some bytes towards the server. A client learns of the cut when the
// server has executed what reached it: commands that come later than that are a limit of the sink, named in its README.
type cutter struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	budgets  []int64               // of the connections to come; none left: no cut
	servers  map[*net.TCPConn]bool // open connections to the server
	none     sync.Cond             // servers became empty
	wg       sync.WaitGroup
}

func startCutter(t *testing.T, target string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{listener: l, target: target, servers: map[*net.TCPConn]bool{}}
	c.none.L = &c.mu
	c.wg.Go(c.accept)
	t.Cleanup(func() {
		_ = l.Close()
		c.plan(nil)
		c.wg.Wait()
	})
	return c
}

func (c *cutter) accept() {
	for {
		client, err := c.listener.Accept()
		if err != nil {
			return
		}
		conn, err := net.Dial("tcp", c.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		server := conn.(*net.TCPConn)
		c.mu.Lock()
		budget := int64(1) << 40
		if len(c.budgets) > 0 {
			budget, c.budgets = c.budgets[0], c.budgets[1:]
		}
		c.servers[server] = true
		c.mu.Unlock()
		c.wg.Go(func() { c.relay(client, server, budget) })
	}
}

func (c *cutter) relay(client net.Conn, server *net.TCPConn, budget int64) {
	var upstream sync.WaitGroup
	upstream.Go(func() {
		_, _ = io.CopyN(server, client, budget)
		_ = server.CloseWrite()
	})
	answers := io.Writer(client)
	for buf := make([]byte, 4096); ; { // until the server is done, even when nobody listens any more
		n, err := server.Read(buf)
		if err != nil {
			break
		}
		if _, err := answers.Write(buf[:n]); err != nil {
			answers = io.Discard
		}
	}
	_ = client.Close()
	upstream.Wait()
	_ = server.Close()
	c.mu.Lock()
	delete(c.servers, server)
	c.none.Broadcast()
	c.mu.Unlock()
}

// plan ends the present connections and sets how many bytes the next ones live.
func (c *cutter) plan(budgets []int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.budgets = budgets
	for len(c.servers) > 0 {
		for server := range c.servers {
			_ = server.CloseWrite()
		}
		c.none.Wait()
	}
}

// state is what the records of a key leave behind.
type state struct {
	fields map[string]string // of a hash; under "" the text of a string
	ttl    time.Duration
}

// fold is the specification: the records of each key, one after the other.
func fold(kind string, replace bool, log []schemas.Record) map[string]state {
	states := map[string]state{}
	for _, r := range log {
		key := "events:" + r.Key.Data().(string)
		if r.Value.IsNull() {
			delete(states, key)
			continue
		}
		s := states[key]
		if kind != typeHash || replace || s.fields == nil {
			s = state{fields: map[string]string{}}
		}
		if kind == typeString {
			s.fields[""] = r.Value.Data().(string)
		} else {
			for _, e := range r.Value.Data().(schemas.Map) {
				s.fields[e.Key.(string)] = e.Value.(string)
			}
		}
		if len(r.Headers) > 0 {
			s.ttl = max(0, time.Duration(r.Headers[0].Value.Data().(int64))*time.Second)
		}
		states[key] = s
	}
	return states
}

func line(key string, s state) string {
	if text, ok := s.fields[""]; ok {
		return fmt.Sprintf("%s=%s %s", key, text, s.ttl)
	}
	text := key
	var names []string
	for n := range s.fields {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		text += " " + n + "=" + s.fields[n]
	}
	return fmt.Sprintf("%s %s", text, s.ttl)
}

func drawLog(t *rapid.T, kind string) []schemas.Record {
	n := rapid.IntRange(1, 60).Draw(t, "records")
	log := make([]schemas.Record, n)
	for i := range log {
		key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
		var value any
		switch {
		case rapid.IntRange(0, 4).Draw(t, "delete") == 0:
		case kind == typeString:
			value = fmt.Sprint("v", i)
		default:
			field := rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "field")
			value = fieldsOf(field, fmt.Sprint("v", i))
		}
		var headers []schemas.Header
		if rapid.IntRange(0, 3).Draw(t, "expires") == 0 {
			ttl := rapid.SampledFrom([]int64{int64(100 + i), int64(200 + i), 0, -1}).Draw(t, "ttl")
			headers = append(headers, ttlHeader(ttl))
		}
		log[i] = rec(int64(i), key, value, headers...)
	}
	return log
}

func TestStateIsTheFoldOfTheRecordsWhateverTheNetworkDoes(t *testing.T) {
	for _, props := range []map[string]string{
		{keyType: typeString}, {keyType: typeHash}, {keyType: typeHash, keyHashMode: "replace"},
	} {
		m := startRedis(t)
		proxy := startCutter(t, m.Addr())
		host, port, _ := net.SplitHostPort(proxy.listener.Addr().String())
		k := startTask(t, map[string]string{
			keyType: props[keyType], keyHashMode: "merge", keyHost: host, keyPort: port, keyTimeout: "5",
		})
		k.settings.replace = props[keyHashMode] == "replace"
		rapid.Check(t, func(rt *rapid.T) {
			log := drawLog(rt, props[keyType])
			proxy.plan(nil)
			m.FlushAll()
			proxy.plan(rapid.SliceOfN(rapid.Int64Range(0, 3000), 0, 4).Draw(rt, "cuts"))
			w := k.writer(t)
			for rest := log; len(rest) > 0; {
				n := min(len(rest), rapid.IntRange(1, 40).Draw(rt, "batch"))
				accepted, err := w.Write(t.Context(), rest[:n])
				if err != nil && !connectors.IsRetriable(err) {
					rt.Fatal(err)
				}
				rest = rest[accepted:]
			}
			compareStates(rt, fold(props[keyType], k.settings.replace, log), m.Keys(), func(key string) state {
				s := state{fields: map[string]string{}, ttl: m.TTL(key)}
				if m.Type(key) == "string" {
					s.fields[""], _ = m.Get(key)
					return s
				}
				names, _ := m.HKeys(key)
				for _, n := range names {
					s.fields[n] = m.HGet(key, n)
				}
				return s
			})
		})
	}
}

func compareStates(t *rapid.T, want map[string]state, keys []string, read func(string) state) {
	var a, b []string
	for key, s := range want {
		a = append(a, line(key, s))
	}
	for _, key := range keys {
		b = append(b, line(key, read(key)))
	}
	sort.Strings(a)
	sort.Strings(b)
	if !slices.Equal(a, b) {
		t.Fatalf("server holds %q, want %q", b, a)
	}
}

func TestCancelEndsAWriteTheServerDoesNotAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	host, port, _ := net.SplitHostPort(l.Addr().String())
	k := startTask(t, map[string]string{keyType: typeString, keyHost: host, keyPort: port, keyTimeout: "3600"})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // ends with the listener
		if c, err := l.Accept(); err == nil {
			_, _ = c.Read(make([]byte, 1))
			cancel()
		}
	}()
	n, err := k.writer(t).Write(ctx, []schemas.Record{rec(1, "a", "1")})
	if n != 0 || !connectors.IsRetriable(err) {
		t.Fatal(n, err)
	}
	var rejected *connectors.RejectedError
	if errors.As(err, &rejected) {
		t.Fatal(err)
	}
}
