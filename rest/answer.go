package rest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
)

// write answers with body as JSON; HTML characters stay as they are, since names may hold them.
func write(c *gin.Context, code int, body any) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		c.Status(http.StatusInternalServerError)
		return
	}
	data := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	c.Header("Content-Length", strconv.Itoa(len(data)))
	c.Data(code, c.GetString(answerType), data)
}

// empty answers without a body.
func empty(c *gin.Context, code int) error {
	c.Status(code)
	c.Writer.WriteHeaderNow()
	return nil
}

// ok answers 200 with body, unless err.
func ok(c *gin.Context, body any, err error) error {
	if err == nil {
		write(c, http.StatusOK, body)
	}
	return err
}
