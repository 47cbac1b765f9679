package webhook

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
)

// check asks Check about a server that answers everything with a status.
func check(t *testing.T, status int) (key, message string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		}
	}))
	defer s.Close()
	values, problems := definition.Parse(map[string]string{keyURL: s.URL, keyToken: "hidden-word"})
	if problems != nil {
		t.Fatal(problems)
	}
	for _, p := range (Connector{}).Check(t.Context(), connectors.Config{Values: values}) {
		key, message = p.Key, p.Message
	}
	return key, message
}

func TestCheckNamesTheKeyToCorrect(t *testing.T) {
	for status, want := range map[int]string{200: "", 204: "", 302: keyURL, 307: keyURL, 401: keyToken, 403: keyToken, 404: keyURL} {
		if key, message := check(t, status); key != want || want != "" && !strings.Contains(message, "correct "+want) {
			t.Errorf("status %d: %s: %s", status, key, message)
		}
	}
}

func TestLoginInURLIsRefusedUnshown(t *testing.T) {
	for _, url := range []string{"http://user:hidden-word@host/", "ftp://user:hidden-word@host/", "http://user:hidden-word@host/%zz"} {
		_, problems := definition.Parse(map[string]string{keyURL: url})
		if len(problems) != 1 || strings.Contains(problems[0].Message, "hidden-word") {
			t.Errorf("%s: %v", url, problems)
		}
	}
}
