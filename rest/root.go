package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

func (a *api) root(c *gin.Context) error { return ok(c, a.herder.ServerInfo(), nil) }

// workerStatus is the answer about the worker's health.
type workerStatus struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

func (a *api) health(c *gin.Context) error {
	if !a.herder.Started() {
		write(c, http.StatusServiceUnavailable, workerStatus{"starting", "Worker is still starting up."})
		return nil
	}
	return ok(c, workerStatus{"healthy", "Worker has completed startup and is ready to handle requests."}, nil)
}
