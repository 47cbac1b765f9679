package rest

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// cleanPaths gives next one spelling of each path, as the Java worker's web container does: no trailing slash, no
// path parameters, nothing that another program could read as a different path. HEAD is a GET whose body net/http
// drops.
func (a *api) cleanPaths(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw := r.URL.EscapedPath()
		if illegal(r.RequestURI) || ambiguous(raw) && !a.addressed(raw) {
			refuse(w, r.Method, "Ambiguous URI")
			return
		}
		if climbs(raw) {
			refuse(w, http.MethodGet, "Bad Request")
			return
		}
		if !readableType(r) {
			refuse(w, r.Method, "Bad Request")
			return
		}
		if strings.Contains(raw, ";") {
			raw = cutParameters(raw, a.addressed(raw))
		}
		if len(raw) > 1 {
			raw = strings.TrimSuffix(raw, "/")
		}
		path, err := url.PathUnescape(raw)
		if err != nil || !utf8.ValidString(path) {
			http.Error(w, "400 Bad Request", http.StatusBadRequest)
			return
		}
		ctx := r.Context()
		if r.Method == http.MethodHead {
			ctx = context.WithValue(ctx, headKey{}, true)
		}
		clean := r.Clone(ctx)
		clean.URL.Path, clean.URL.RawPath = path, raw
		if clean.Method == http.MethodHead {
			clean.Method = http.MethodGet
		}
		next.ServeHTTP(w, clean)
	})
}

// headKey marks the context of a request whose method was HEAD.
type headKey struct{}

func isHead(r *http.Request) bool { return r.Context().Value(headKey{}) != nil }

// refuse answers as the Java worker's web container does, which speaks HTML and only to those who read or post.
func refuse(w http.ResponseWriter, method, reason string) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		w.Header().Set("Content-Type", "text/html;charset=iso-8859-1")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte("<html><body><h2>HTTP ERROR 400 " + reason + "</h2></body></html>\n"))
	default:
		w.Header()["Content-Type"] = nil // do not guess one
		w.WriteHeader(http.StatusBadRequest)
	}
}

// addressed reports whether raw is a path of an existing connector and only its name looks ambiguous. Kafka Connect 4
// lets such connectors be created and then never addressed again, not even to delete them.
func (a *api) addressed(raw string) bool {
	rest, ok := strings.CutPrefix(raw, "/connectors/")
	segment, rest, _ := strings.Cut(rest, "/")
	if !ok || ambiguous("/"+rest) {
		return false
	}
	name, err := url.PathUnescape(segment)
	if err != nil || !utf8.ValidString(name) {
		return false
	}
	_, err = a.herder.ConnectorConfig(name)
	return err == nil
}

// illegal reports characters that a path must not hold as they are.
func illegal(requestURI string) bool {
	path, _, _ := strings.Cut(requestURI, "?")
	return strings.ContainsAny(path, "\"<>[]^`{|}")
}

// climbs reports whether a path leads out of the root.
func climbs(raw string) bool {
	depth := 0
	for segment := range strings.SplitSeq(raw, "/") {
		switch segment {
		case "", ".":
		case "..":
			depth--
		default:
			depth++
		}
		if depth < 0 {
			return true
		}
	}
	return false
}

// ambiguous reports escapes that change what the path means once somebody decodes it: slash, backslash, percent and
// control characters; empty segments; and escaped dots that are a whole segment.
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
	for segment := range strings.SplitSeq(raw, "/") {
		if dots, err := url.PathUnescape(segment); dots != segment && err == nil && (dots == "." || dots == "..") {
			return true
		}
	}
	path, err := url.PathUnescape(raw)
	return err != nil || !utf8.ValidString(path)
}

// cutParameters removes ";name=value" from every segment, but for the name of a connector that is addressed.
func cutParameters(raw string, addressed bool) string {
	segments := strings.Split(raw, "/")
	const connector = 2 // of /connectors/name
	for i, s := range segments {
		if !addressed || i != connector {
			segments[i], _, _ = strings.Cut(s, ";")
		}
	}
	return strings.Join(segments, "/")
}
