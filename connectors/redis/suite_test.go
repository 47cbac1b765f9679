package redis

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2/server"
	"go.uber.org/goleak"

	"github.com/sluice-connect/sluice/connectors/sinktest"
	localredis "github.com/sluice-connect/sluice/deploy/local/redis"
	"github.com/sluice-connect/sluice/schemas"
)

// startRedis starts a server with a JSON.SET that stores documents as strings.
func startRedis(t *testing.T) *localredis.Server {
	t.Helper()
	m, err := localredis.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	m.ClockTTL(false)
	registerJSON(t, m)
	return m
}

// registerJSON adds JSON.SET to a server that was started or restarted.
func registerJSON(t *testing.T, m *localredis.Server) {
	t.Helper()
	err := m.Server().Register("JSON.SET", func(c *server.Peer, _ string, args []string) {
		switch {
		case len(args) != 3 || args[1] != "$":
			c.WriteError("ERR wrong number of arguments for 'JSON.SET' command")
		case !json.Valid([]byte(args[2])):
			c.WriteError("expected value at line 1 column 1") // the module's errors have no code
		default:
			m.Server().Dispatch(c, []string{"SET", args[0], args[2]})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// restart starts a closed server again, with the keys it had.
func restart(t *testing.T, m *localredis.Server) {
	t.Helper()
	if err := m.Restart(); err != nil {
		t.Fatal(err)
	}
	registerJSON(t, m)
}

// suitePassword is what the suite's servers ask for.
const suitePassword = "hidden-word"

// shown lists what a server holds, each key with its value; lists are the suite's obstacles.
func shown(t *testing.T, m *localredis.Server) []string {
	t.Helper()
	var all []string
	for _, key := range m.Keys() {
		switch m.Type(key) {
		case "string":
			value, err := m.Get(key)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, key+"="+value)
		case "hash":
			fields, err := m.HKeys(key)
			if err != nil {
				t.Fatal(err)
			}
			sort.Strings(fields)
			text := key
			for _, f := range fields {
				text += " " + f + "=" + m.HGet(key, f)
			}
			all = append(all, text)
		}
	}
	return all
}

func subject(props map[string]string) sinktest.Subject {
	servers := map[string]*localredis.Server{}
	hash := props[keyType] == typeHash
	record := func(tp schemas.TopicPartition, offset int64, key string, n int) schemas.Record {
		r := schemas.Record{
			Topic: tp.Topic, Source: tp, Offset: offset, Timestamp: time.UnixMilli(1_700_000_000_000 + offset),
			Key: schemas.Of(nil, key), Raw: schemas.Raw{Key: []byte(key), Value: fmt.Appendf(nil, `{"n":%d}`, n)},
		}
		if hash || props[keyType] == typeJSON {
			r.Value = schemas.Of(nil, schemas.Map{{Key: "n", Value: schemas.Number(fmt.Sprint(n))}, {Key: "none", Value: nil}})
		} else {
			r.Value = schemas.Of(nil, fmt.Sprint("n", n))
		}
		return r
	}
	suite := sinktest.Subject{
		Connector: Connector{},
		Fresh: func(t *testing.T) map[string]string {
			m := startRedis(t)
			servers[m.Addr()] = m
			m.RequireAuth(suitePassword)
			fresh := map[string]string{keyHost: m.Host(), keyPort: m.Port(), keyTimeout: "5", keyPassword: suitePassword}
			for k, v := range props {
				fresh[k] = v
			}
			if _, err := m.RPush("events:obstacle", "x"); err != nil {
				t.Fatal(err)
			}
			return fresh
		},
		Record: record,
		Poison: func(tp schemas.TopicPartition, offset int64) schemas.Record {
			r := record(tp, offset, "obstacle", 1)
			switch {
			case hash && offset%2 == 0 && props[keyHashMode] != "replace": // the server refuses
			case hash:
				r.Value = schemas.Of(nil, "no map")
			case props[keyType] == typeJSON:
				r.Value = schemas.Of(nil, "{no json")
			default:
				r.Key = schemas.Value{}
			}
			return r
		},
		Stored: func(t *testing.T, props map[string]string) []string {
			return shown(t, servers[props[keyHost]+":"+props[keyPort]])
		},
		Outage: func(t *testing.T, props map[string]string) func() {
			m := servers[props[keyHost]+":"+props[keyPort]]
			m.Close()
			return func() { restart(t, m) }
		},
		RefuseLogin: func(t *testing.T, props map[string]string) func() {
			m := servers[props[keyHost]+":"+props[keyPort]]
			relog := func(password string) {
				m.RequireAuth(password)
				m.Close() // a login lasts as long as its connection
				restart(t, m)
			}
			relog("another")
			return func() { relog(suitePassword) }
		},
		Identity: func(r schemas.Record) string {
			key := "events:" + r.Key.Data().(string)
			switch props[keyType] {
			case typeHash:
				n, _ := r.Value.Lookup([]string{"n"})
				return fmt.Sprintf("%s n=%v", key, n)
			case typeJSON:
				return key + "=" + string(r.Value.AppendJSON(nil))
			}
			return key + "=" + r.Value.Data().(string)
		},
		Keyed: true,
		Leaks: []goleak.Option{ // of a server that was restarted
			goleak.IgnoreAnyFunction("github.com/alicebob/miniredis/v2/server.(*Server).serve"),
			goleak.IgnoreAnyFunction("github.com/alicebob/miniredis/v2/server.(*Server).ServeConn"),
		},
		Tombstones: sinktest.Deletes,
	}
	if props[keyCluster] == "true" {
		suite.NoLateRequests = "the embedded cluster tells clients its own address, beside anything in between"
		return suite
	}
	suite.Through = func(props map[string]string, via func(string) string) map[string]string {
		through := maps.Clone(props)
		host, port, _ := net.SplitHostPort(via(net.JoinHostPort(props[keyHost], props[keyPort])))
		through[keyHost], through[keyPort] = host, port
		return through
	}
	return suite
}

func TestSuite(t *testing.T) {
	for name, props := range map[string]map[string]string{
		"string":           {keyType: typeString},
		"string with ttl":  {keyType: typeString, keyTTL: "60"},
		"hash":             {keyType: typeHash},
		"hash with ttl":    {keyType: typeHash, keyTTL: "60"},
		"hash replaced":    {keyType: typeHash, keyHashMode: "replace"},
		"json":             {keyType: typeJSON},
		"json with ttl":    {keyType: typeJSON, keyTTL: "60"},
		"one connection":   {keyType: typeString, keyPool: "1"},
		"cluster":          {keyType: typeString, keyCluster: "true"},
		"cluster with ttl": {keyType: typeHash, keyCluster: "true", keyTTL: "60"},
	} {
		t.Run(name, func(t *testing.T) { sinktest.Run(t, subject(props)) })
	}
}

// fixture is a task against a server of its own.
type fixture struct {
	*task
	server *localredis.Server
}

func start(t *testing.T, props map[string]string) fixture {
	t.Helper()
	m := startRedis(t)
	all := map[string]string{keyHost: m.Host(), keyPort: m.Port(), keyTimeout: "5"}
	for k, v := range props {
		all[k] = v
	}
	return fixture{task: startTask(t, all), server: m}
}

func startTask(t *testing.T, props map[string]string) *task {
	t.Helper()
	s := mustSettings(t, props)
	k := newTask(s, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = k.Close(context.Background()) })
	return k
}

func mustSettings(t *testing.T, props map[string]string) *settings {
	t.Helper()
	v, problems := definition.Parse(props)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s, problems := newSettings(v)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func (k *task) writer(t *testing.T) *writer {
	t.Helper()
	w, err := k.Open(t.Context(), schemas.TopicPartition{Topic: "events"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return w.(*writer)
}

// rec makes a record of the topic "events".
func rec(offset int64, key, value any, headers ...schemas.Header) schemas.Record {
	return schemas.Record{
		Topic: "events", Source: schemas.TopicPartition{Topic: "events", Partition: 3}, Offset: offset,
		Timestamp: time.Date(2026, 9, 18, 7, 5, 3, 42e6, time.UTC),
		Key:       schemas.Of(nil, key), Value: schemas.Of(nil, value), Headers: headers,
	}
}

func ttlHeader(value any) schemas.Header {
	return schemas.Header{Key: keyTTL, Value: schemas.Of(nil, value)}
}

func fieldsOf(pairs ...any) schemas.Map {
	var m schemas.Map
	for i := 0; i < len(pairs); i += 2 {
		m = append(m, schemas.Entry{Key: pairs[i], Value: pairs[i+1]})
	}
	return m
}

func wantShown(t *testing.T, m *localredis.Server, want ...string) {
	t.Helper()
	got := shown(t, m)
	sort.Strings(got)
	if !slices.Equal(got, want) {
		t.Errorf("server holds\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
