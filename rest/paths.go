package rest

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// cleanPaths gives next one spelling of each path, as the Java worker's web container does: no trailing slash, no
// path parameters, nothing that another program could read as a different path. HEAD is a GET whose body net/http
// drops.
func cleanPaths(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw := r.URL.EscapedPath()
		if ambiguous(raw) {
			refusePath(w, r.Method)
			return
		}
		raw = cutParameters(raw)
		if len(raw) > 1 {
			raw = strings.TrimSuffix(raw, "/")
		}
		path, err := url.PathUnescape(raw)
		if err != nil || !utf8.ValidString(path) {
			http.Error(w, "400 Bad Request", http.StatusBadRequest)
			return
		}
		clean := r.Clone(r.Context())
		clean.URL.Path, clean.URL.RawPath = path, raw
		if clean.Method == http.MethodHead {
			clean.Method = http.MethodGet
		}
		next.ServeHTTP(w, clean)
	})
}

// refusePath answers as the Java worker's web container does, which speaks HTML and only to those who read.
func refusePath(w http.ResponseWriter, method string) {
	if method != http.MethodGet {
		w.Header()["Content-Type"] = nil // do not guess one
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/html;charset=iso-8859-1")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte("<html><body><h2>HTTP ERROR 400 Ambiguous URI</h2></body></html>\n"))
}

// ambiguous reports escapes that change what the path means once somebody decodes it: slash, backslash, percent and
// control characters; and empty segments. Connector names with them cannot be reached, as in Kafka Connect 4.
func ambiguous(raw string) bool {
	if strings.Contains(raw, "//") {
		return true
	}
	for i := 0; i+2 < len(raw); i++ {
		if raw[i] != '%' {
			continue
		}
		switch code := strings.ToUpper(raw[i+1 : i+3]); {
		case code == "2F", code == "5C", code == "25", code < "20", code == "7F":
			return true
		}
	}
	path, err := url.PathUnescape(raw)
	return err != nil || !utf8.ValidString(path)
}

// cutParameters removes ";name=value" from every segment.
func cutParameters(raw string) string {
	if !strings.Contains(raw, ";") {
		return raw
	}
	segments := strings.Split(raw, "/")
	for i, s := range segments {
		segments[i], _, _ = strings.Cut(s, ";")
	}
	return strings.Join(segments, "/")
}
