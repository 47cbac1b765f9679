package rest

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/sluice-connect/sluice/runtime"
)

func (a *api) listLoggers(c *gin.Context) error { return ok(c, a.herder.Loggers(), nil) }

func (a *api) getLogger(c *gin.Context) error {
	level, err := a.herder.Logger(pathValue(c, "logger"))
	return ok(c, level, err)
}

// setLogger changes a level. The scope cluster is answered without waiting for the other workers.
func (a *api) setLogger(c *gin.Context) error {
	var body configBody
	if err := decode(c, &body); err != nil {
		return err
	}
	level := body["level"].text
	switch {
	case level == nil:
		return runtime.Errorf(runtime.BadRequest, "Desired 'level' parameter was not specified in request.")
	case *level == "":
		return runtime.Errorf(runtime.BadRequest, "The level must not be empty")
	}
	changed, err := a.herder.SetLogger(pathValue(c, "logger"), *level)
	if err == nil && strings.EqualFold(c.Query("scope"), "cluster") {
		return empty(c, http.StatusNoContent)
	}
	return ok(c, changed, err)
}
