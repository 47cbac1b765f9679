package rest

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

const (
	jsonType   = "application/json"
	answerType = "answer-type" // key of the content type in gin's context
)

// negotiate refuses bodies that are not JSON and clients that do not take JSON, and keeps the type to answer with.
func negotiate(c *gin.Context, r route) error {
	sent := c.Request.Header.Values("Content-Type")
	switch {
	case len(sent) > 1:
		return errStatus(http.StatusBadRequest)
	case len(sent) == 0 && r.body:
		return errStatus(http.StatusUnsupportedMediaType)
	case len(sent) == 1 && c.Request.Method != http.MethodGet:
		if media, _, err := mime.ParseMediaType(sent[0]); err != nil || media != jsonType {
			return errStatus(http.StatusUnsupportedMediaType)
		}
	}
	answer, ok := accepted(c.Request.Header.Values("Accept"))
	if !ok {
		return errStatus(http.StatusNotAcceptable)
	}
	c.Set(answerType, answer)
	return nil
}

// accepted finds the best JSON type in an Accept header. Parameters of the type, like a charset, come back in the
// answer as the Java worker sends them back.
func accepted(values []string) (string, bool) {
	if len(values) == 0 {
		return jsonType, true
	}
	best, quality := "", 0.0
	for _, part := range strings.Split(strings.Join(values, ","), ",") {
		media, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil || (media != jsonType && media != "application/*" && media != "*/*") {
			continue
		}
		q := 1.0
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		if q <= quality {
			continue
		}
		best, quality = jsonType, q
		if charset := params["charset"]; charset != "" && media == jsonType && strings.EqualFold(charset, "utf-8") {
			best += ";charset=" + charset
		}
	}
	return best, best != ""
}
