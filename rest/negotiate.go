package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

const (
	jsonType   = "application/json"
	answerType = "answer-type" // key of the content type in gin's context
)

// negotiate refuses bodies that are not JSON and clients that do not take JSON, and keeps the type to answer with. As
// in the Java worker a Content-Type counts also where there is no body, and a request without both gets to the handler.
func negotiate(c *gin.Context, r route) error {
	sent := c.Request.Header.Values("Content-Type")
	media, _ := parseMedia(first(sent), false) // cleanPaths has refused what cannot be read
	switch {
	case len(sent) > 0 && !r.anyType() && !media.includes("application", "json"):
		return errStatus(http.StatusUnsupportedMediaType)
	case r.body && (media.wildcard() || len(sent) == 0 && c.Request.ContentLength != 0):
		return errStatus(http.StatusUnsupportedMediaType)
	}
	list, ok := parseAccept(c.Request.Header.Values("Accept"))
	if !ok {
		return errNoWords
	}
	for _, m := range list {
		if m.includes("application", "json") {
			c.Set(answerType, typeFor(m))
			return nil
		}
	}
	return errStatus(http.StatusNotAcceptable)
}

// typeFor is the type of an answer to a client that accepts m. Parameters come back, as the Java worker sends them.
func typeFor(m mediaType) string {
	if m.wildcard() {
		return jsonType
	}
	return m.render("q", "qs")
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// readableType reports whether the request has at most one Content-Type, and that can be read.
func readableType(r *http.Request) bool {
	sent := r.Header.Values("Content-Type")
	if len(sent) == 0 {
		return true
	}
	_, ok := parseMedia(sent[0], false)
	return ok && len(sent) == 1
}

// options answers which methods a path has. As in the Java worker the list is also the body for a client that takes
// text, and any other gets nothing of the type it asked for.
func options(allow, text string) gin.HandlerFunc {
	return func(c *gin.Context) {
		list, ok := parseAccept(c.Request.Header.Values("Accept"))
		if !ok {
			c.Status(http.StatusBadRequest)
			return
		}
		c.Header("Allow", allow)
		if best := list[0]; !best.includes("text", "plain") {
			c.Header("Content-Type", best.render())
			c.Status(http.StatusOK)
			return
		}
		c.Header("Content-Type", "text/plain")
		c.String(http.StatusOK, text)
	}
}
