package rest

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

func (a *api) pause(c *gin.Context) error {
	return done(c, http.StatusAccepted, a.herder.Pause(connectorName(c)))
}

func (a *api) resume(c *gin.Context) error {
	return done(c, http.StatusAccepted, a.herder.Resume(connectorName(c)))
}

func (a *api) stop(c *gin.Context) error {
	return done(c, http.StatusNoContent, a.herder.Stop(connectorName(c)))
}

// restart answers with a body only when the client asked for more than the connector itself.
func (a *api) restart(c *gin.Context) error {
	includeTasks, onlyFailed := flag(c, "includeTasks"), flag(c, "onlyFailed")
	status, err := a.herder.RestartConnector(c.Request.Context(), connectorName(c), includeTasks, onlyFailed)
	switch {
	case err != nil:
		return err
	case !includeTasks && !onlyFailed:
		return empty(c, http.StatusNoContent)
	}
	write(c, http.StatusAccepted, status)
	return nil
}

// flag is true only for the word true, in any case; nothing else is an error.
func flag(c *gin.Context, name string) bool { return strings.EqualFold(c.Query(name), "true") }

func done(c *gin.Context, code int, err error) error {
	if err != nil {
		return err
	}
	return empty(c, code)
}
