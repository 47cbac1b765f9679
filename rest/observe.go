package rest

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
)

// observe logs every request by its route, never with its body or query, and turns a panic into a plain 500.
func (a *api) observe(c *gin.Context) {
	began := time.Now()
	defer func() {
		if v := recover(); v != nil {
			if err, is := v.(error); is && errors.Is(err, http.ErrAbortHandler) {
				panic(v) // net/http's own way to hang up
			}
			a.log.Error("request handler panicked", "route", c.FullPath(), "panic", v, "stack", string(debug.Stack()))
			a.fail(c, errStatus(http.StatusInternalServerError))
		}
		a.access(c, time.Since(began))
	}()
	c.Next()
}

func (a *api) access(c *gin.Context, took time.Duration) {
	route := c.FullPath()
	if route == "" {
		route = "none"
	}
	attrs := []slog.Attr{slog.String("method", c.Request.Method), slog.String("route", route),
		slog.Int("status", c.Writer.Status()), slog.Duration("took", took)}
	if name := c.Param("connector"); name != "" {
		attrs = append(attrs, slog.String("connector", connectorName(c)))
	}
	if number := c.Param("task"); number != "" {
		attrs = append(attrs, slog.String("task", pathValue(c, "task")))
	}
	a.log.LogAttrs(c.Request.Context(), slog.LevelInfo, "request", attrs...)
}
