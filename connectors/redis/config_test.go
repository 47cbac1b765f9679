package redis

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

func TestProblems(t *testing.T) {
	for name, c := range map[string]struct {
		props     map[string]string
		key, text string
	}{
		"default type":    {map[string]string{}, keyType, "not supported yet"},
		"later type":      {map[string]string{keyType: "zset"}, keyType, "use HASH, STRING or JSON"},
		"unknown type":    {map[string]string{keyType: "BLOB"}, keyType, "use HASH, STRING or JSON"},
		"half a key pair": {map[string]string{keyClientKey: "k.pem"}, keyClientCert, "belong together"},
		"plain cacert":    {map[string]string{keyCACert: "ca.pem", keyURI: "redis://u:geheim@h"}, keyCACert, "no effect without TLS"},
		"plain cert":      {map[string]string{keyClientCert: "c.pem", keyClientKey: "k.pem"}, keyClientCert, "no effect without TLS"},
		"no password":     {map[string]string{keyUsername: "me"}, keyPassword, "nobody is logged in"},
		"user in uri":     {map[string]string{keyURI: "redis://me@h"}, keyPassword, "nobody is logged in"},
		"encrypted key":   {map[string]string{keyKeyPassword: "geheim"}, keyKeyPassword, "unencrypted"},
		"bad uri":         {map[string]string{keyURI: "http://u:geheim@h"}, keyURI, "is not a Redis URI"},
		"bad port":        {map[string]string{keyURI: "redis://u:geheim@h:99999/0"}, keyURI, "is not a Redis URI"},
		"uri as host":     {map[string]string{keyHost: "redis://u:geheim@h"}, keyHost, "belongs into redis.uri"},
		"login as host":   {map[string]string{keyHost: "u:geheim@h"}, keyHost, "belongs into redis.uri"},
		"no database":     {map[string]string{keyURI: "redis://u:geheim@h/x"}, keyURI, "is not a Redis URI"},
		"uri with query":  {map[string]string{keyURI: "redis://u:geheim@h?read_timeout=1s"}, keyURI, "takes no parameters"},
		"cluster db":      {map[string]string{keyURI: "redis://u:geheim@h/3", keyCluster: "true"}, keyURI, "only database 0"},
		"cluster wait":    {map[string]string{keyReplicas: "1", keyCluster: "true"}, keyReplicas, "not supported yet"},
		"template":        {map[string]string{keyTemplate: "${vehicle}"}, keyTemplate, "is unknown"},
		"open brace":      {map[string]string{keyTemplate: "a${key"}, keyTemplate, "close the brace"},
		"date":            {map[string]string{keyTemplate: "${timestamp:YYYY}"}, keyTemplate, "is unknown"},
	} {
		if c.props[keyType] == "" && name != "default type" {
			c.props[keyType] = typeString
		}
		_, problems := definition.Parse(c.props)
		if len(problems) != 1 || problems[0].Key != c.key || !strings.Contains(problems[0].Message, c.text) {
			t.Errorf("%s: %v", name, problems)
		}
		for _, p := range problems {
			if strings.Contains(p.Message, "geheim") {
				t.Errorf("%s: shows a secret: %s", name, p.Message)
			}
		}
	}
}

func TestURIStandsBeforeHostAndLogin(t *testing.T) {
	s := mustSettings(t, map[string]string{
		keyType: typeString, keyURI: "rediss://me:geheim@there:7000/2", keyHost: "here", keyUsername: "you", keyPassword: "other",
	})
	if s.dial.Addr != "there:7000" || s.dial.DB != 2 || s.dial.Username != "me" || s.dial.Password != "geheim" || s.dial.TLSConfig == nil {
		t.Error(s.dial.Addr, s.dial.DB, s.dial.Username)
	}
	s = mustSettings(t, map[string]string{keyType: typeString, keyURI: "redis://there", keyPassword: "other"})
	if s.dial.Addr != "there:6379" || s.dial.Password != "other" || s.dial.TLSConfig != nil {
		t.Error(s.dial.Addr)
	}
	s = mustSettings(t, map[string]string{keyType: typeString, keyURI: "redis://me@there", keyUsername: "you", keyPassword: "other"})
	if s.dial.Username != "me" || s.dial.Password != "other" {
		t.Error("the password is not used beside a user in the URI")
	}
}

func TestStartErrorsSayWhatToDo(t *testing.T) {
	locked := startRedis(t)
	locked.RequireAuth("geheim")
	gone := startRedis(t)
	goneHost, gonePort := gone.Host(), gone.Port()
	gone.Close()
	for name, c := range map[string]struct {
		host, port, password string
		text                 string
	}{
		"nobody there":   {goneHost, gonePort, "", goneHost + ":" + gonePort},
		"no login":       {locked.Host(), locked.Port(), "", "set redis.username and redis.password"},
		"wrong password": {locked.Host(), locked.Port(), "falsch", "refuses redis.username and redis.password"},
	} {
		props := map[string]string{keyType: typeString, keyHost: c.host, keyPort: c.port, keyPassword: c.password, keyTimeout: "5"}
		v, problems := definition.Parse(props)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		cfg := connectors.Config{Values: v}
		_, err := Connector{}.NewTask(t.Context(), connectors.TaskContext{Logger: slog.New(slog.DiscardHandler)}, cfg)
		if err == nil || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "falsch") {
			t.Errorf("%s: %v", name, err)
		}
		if connectors.IsRetriable(err) != (name == "nobody there") {
			t.Errorf("%s: a start that is tried again, or not: %v", name, err)
		}
		if p := (Connector{}).Check(t.Context(), cfg); len(p) != 1 || p[0].Key != keyHost {
			t.Errorf("%s: %v", name, p)
		}
	}
}

func TestLoginWithPassword(t *testing.T) {
	m := startRedis(t)
	m.RequireUserAuth("me", "geheim")
	k := startTask(t, map[string]string{
		keyType: typeString, keyHost: m.Host(), keyPort: m.Port(), keyUsername: "me", keyPassword: "geheim",
	})
	if err := k.probe(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestKeys(t *testing.T) {
	header := schemas.Header{Key: "fleet.id", Value: schemas.Of(nil, "muc")}
	r := rec(9, fieldsOf("id", int64(4), "deep", fieldsOf("er", "x")), fieldsOf("a", fieldsOf("b", true), "n", nil), header)
	for text, want := range map[string]string{
		"plain":                            "plain",
		"${topic}/${partition}":            "events/3",
		"{${key.id}}:${key.deep.er}":       "{4}:x",
		"${value.a.b}":                     "true",
		"${header.fleet.id}-$x":            "muc-$x",
		"${timestamp:yyyy-MM-dd'T'HHmmss}": "2026-09-18T070503",
		"${timestamp:yy/M/d SSS DDD}":      "26/9/18 042 261",
		"${key}":                           `{"id":4,"deep":{"er":"x"}}`,
		"${value.n}":                       "!",
		"${value.a}":                       "!",
		"${value.b}":                       "!",
		"${header.none}":                   "!",
		"${key.id.deeper}":                 "!",
	} {
		tmpl, err := newKey(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := tmpl.Append([]byte("before"), &r)
		if want == "!" && err == nil || want != "!" && (err != nil || string(got) != "before"+want) {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for keyspace, want := range map[string]string{"": "k", "${topic}": "events:k", "a.${topic}.${other}": "a.events.${other}:k"} {
		r := rec(1, "k", nil)
		if got, err := newKeyspace(keyspace, ":").Append(nil, &r); err != nil || string(got) != want {
			t.Errorf("%q: %s, %v", keyspace, got, err)
		}
	}
}

// TestWhatIsMendedAtTheServer: those errors are marked, so that the runtime says how the task is restarted.
func TestWhatIsMendedAtTheServer(t *testing.T) {
	s := &settings{}
	for answer, want := range map[string]bool{
		"NOPERM no permissions": true, "WRONGPASS invalid": true, "ERR unknown command 'JSON.SET'": true,
		"NOAUTH Authentication required.": false, "MOVED 1 10.0.0.1:6379": false, "OOM command not allowed": false,
	} {
		err := s.failure("write", serverError(answer))
		var correctable *connectors.CorrectableError
		if errors.As(err, &correctable) != want || connectors.IsRetriable(err) != strings.HasPrefix(answer, "OOM") || !strings.HasPrefix(err.Error(), "write: ") {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

type serverError string

func (e serverError) Error() string { return string(e) }
func (serverError) RedisError()     {}
