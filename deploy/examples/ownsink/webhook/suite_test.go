package webhook

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-connect/sluice/connectors/sinktest"
	"github.com/sluice-connect/sluice/schemas"
)

// server is the target of a test: it keeps what is posted, refuses values of n below 0, and can fail.
type server struct {
	mu     sync.Mutex
	stored []string
	token  string
	away   bool
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.away:
		panic(http.ErrAbortHandler)
	case r.Header.Get("Authorization") != "Bearer "+s.token:
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	var ids []string
	for lines := json.NewDecoder(r.Body); ; {
		var line struct {
			Key   string
			Value struct{ N json.Number }
		}
		if err := lines.Decode(&line); err == io.EOF {
			break
		} else if err != nil || strings.HasPrefix(line.Value.N.String(), "-") {
			http.Error(w, "n is below 0", http.StatusUnprocessableEntity)
			return
		}
		ids = append(ids, sinktest.ID(line.Key, line.Value.N.String()))
	}
	s.stored = append(s.stored, ids...)
}

// during has the server behave differently until the returned function is called.
func (s *server) during(change, restore func()) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		restore()
	}
}

func TestSuite(t *testing.T) {
	var s *server
	sinktest.Run(t, sinktest.Subject{
		Connector: Connector{},
		Fresh: func(t *testing.T) map[string]string {
			s = &server{token: "hidden-word"}
			h := httptest.NewServer(s)
			t.Cleanup(h.Close)
			return map[string]string{keyURL: h.URL, keyToken: s.token, keyBatch: "10"}
		},
		Stored: func(*testing.T, map[string]string) []string {
			s.mu.Lock()
			defer s.mu.Unlock()
			return append([]string(nil), s.stored...)
		},
		Tombstones: sinktest.Writes,
		Poison: func(tp schemas.TopicPartition, offset int64) schemas.Record {
			return sinktest.Record(tp, offset, "bad", -1)
		},
		Outage: func(*testing.T, map[string]string) func() {
			return s.during(func() { s.away = true }, func() { s.away = false })
		},
		RefuseLogin: func(*testing.T, map[string]string) func() {
			return s.during(func() { s.token = "another" }, func() { s.token = "hidden-word" })
		},
		NoLateRequests: "the server keeps every record: none undoes another",
	})
}
