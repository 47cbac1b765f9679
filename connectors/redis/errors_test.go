package redis

import (
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// TestVerdicts: only what is known to be a record's fault is rejected, and only what somebody has to mend fails the task.
func TestVerdicts(t *testing.T) {
	for answer, want := range map[string]connectors.Verdict{
		"WRONGTYPE Operation against a key holding the wrong kind of value":    connectors.Refused,
		"ERR string exceeds maximum allowed size (proto-max-bulk-len)":         connectors.Refused,
		"ERR Protocol error: invalid bulk length":                              connectors.Refused,
		"ERR Protocol error: invalid multibulk length":                         connectors.Refused,
		"NOAUTH Authentication required.":                                      connectors.Hopeless,
		"WRONGPASS invalid username-password pair or user is disabled.":        connectors.Hopeless,
		"NOPERM this user has no permissions to run the 'set' command":         connectors.Hopeless,
		"ERR Protocol error: unauthenticated bulk length":                      connectors.Hopeless,
		"ERR unknown command 'JSON.SET'":                                       connectors.Hopeless,
		"DENIED Redis is running in protected mode":                            connectors.Later,
		"DENIED by the proxy":                                                  connectors.Later,
		"NOSCRIPT No matching script.":                                         connectors.Later,
		"UNKILLABLE Sorry the script already executed write commands":          connectors.Later,
		"EXECABORT Transaction discarded because of previous errors.":          connectors.Later,
		"ERR Error running script: Script killed by user with SCRIPT KILL... ": connectors.Later,
		"ERR upstream failure":                                                 connectors.Later,
		"no healthy upstream":                                                  connectors.Later,
		"WRONGSHARD of a proxy":                                                connectors.Later,
		"OOM command not allowed when used memory > 'maxmemory'.":              connectors.Later,
		"ERR max number of clients reached":                                    connectors.Later,
		"CLUSTERDOWN Hash slot not served":                                     connectors.Later,
		"SYNTAXERR Failed to parse JSON string due to syntax error":            connectors.Later, // the sink sends no JSON
	} {
		if got := (&settings{kind: typeString}).classify(serverError(answer)); got != want {
			t.Errorf("%s: %v, want %v", answer, got, want)
		}
	}
	for answer, want := range map[string]connectors.Verdict{
		"expected value at line 1 column 1":           connectors.Refused,
		"Existing key has wrong Redis type":           connectors.Refused,
		"SYNTAXERR Failed to parse JSON string":       connectors.Refused,
		"ERR upstream failure":                        connectors.Later,
		"BUSY Redis is busy running a script":         connectors.Later,
		"ERR unknown command 'JSON.SET', with args …": connectors.Hopeless,
	} {
		if got := (&settings{kind: typeJSON}).classify(serverError(answer)); got != want {
			t.Errorf("%s: %v, want %v", answer, got, want)
		}
	}
}

// TestUnknownErrorIsNoRecordsFault.
func TestUnknownErrorIsNoRecordsFault(t *testing.T) {
	for _, props := range []map[string]string{{keyType: typeString}, {keyType: typeHash, keyTTL: "9"}, {keyType: typeJSON}} {
		f := start(t, props)
		w := f.writer(t)
		f.server.SetError("DENIED the proxy has had enough")
		n, err := w.Write(t.Context(), []schemas.Record{rec(1, "a", fieldsOf("x", "1"))})
		if n != 0 || !connectors.IsRetriable(err) || !strings.Contains(err.Error(), "DENIED the proxy has had enough") {
			t.Errorf("%v: %d, %v", props, n, err)
		}
		f.server.SetError("")
		put(t, w, rec(1, "a", fieldsOf("x", "1")))
	}
}

// TestWhatGoesWrongBeforeTheFirstCommand on a new connection counts for the records: the server refuses the login or the
// database, or what answers is no Redis.
func TestWhatGoesWrongBeforeTheFirstCommand(t *testing.T) {
	for name, c := range map[string]struct {
		props   map[string]string
		spoil   func(f fixture)
		advice  string
		waiting bool
	}{
		"login":    {map[string]string{keyPassword: "geheim"}, func(f fixture) { f.server.RequireAuth("another") }, "refuses redis.username and redis.password", false},
		"user":     {map[string]string{keyUsername: "me", keyPassword: "geheim"}, func(f fixture) { f.server.RequireUserAuth("me", "another") }, "refuses redis.username and redis.password", false},
		"no login": {nil, func(f fixture) { f.server.RequireAuth("another") }, "set redis.username and redis.password", false},
		"loading":  {map[string]string{keyPassword: "geheim"}, func(f fixture) { f.server.SetError("LOADING of a new server") }, "LOADING", true},
		"away":     {nil, func(f fixture) { f.server.Close() }, "connect", true},
	} {
		for _, cluster := range []string{"false", "true"} {
			f := start(t, map[string]string{keyType: typeString, keyCluster: cluster})
			f.task.settings.dial.Username, f.task.settings.dial.Password = c.props[keyUsername], c.props[keyPassword]
			if password := c.props[keyPassword]; password != "" {
				f.server.RequireUserAuth(max(c.props[keyUsername], "default"), password)
			}
			w := f.writer(t)
			put(t, w, rec(1, "a", "1"))
			hangUp(t, f)
			c.spoil(f)
			n, err := w.Write(t.Context(), []schemas.Record{rec(2, "a", "2"), rec(3, "b", "3")})
			if n != 0 || err == nil || connectors.IsRetriable(err) != c.waiting || !strings.Contains(err.Error(), c.advice) {
				t.Errorf("%s, cluster %s: %d, %v", name, cluster, n, err)
			}
		}
	}
}

// hangUp has the task dial anew.
func hangUp(t *testing.T, f fixture) {
	t.Helper()
	if err := f.task.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}
