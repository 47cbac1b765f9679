package rest

import (
	"fmt"
	"strings"
)

// Markdown renders the reference of all routes.
func Markdown() string {
	routes := append(new(api).routes(), route{method: "GET", path: "/metrics", doc: "Metrics in Prometheus' text format.", statuses: "200"})
	var b strings.Builder
	b.WriteString("| Method | Path | What it does | Answers |\n|---|---|---|---|\n")
	for _, r := range routes {
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", r.method, shownPath(r.path), r.doc, r.statuses)
	}
	return b.String()
}

// shownPath writes parameters as Kafka's documentation does.
func shownPath(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if name, ok := strings.CutPrefix(s, ":"); ok {
			segments[i] = "{" + name + "}"
		}
	}
	return strings.Join(segments, "/")
}
