package rest

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

func (a *api) root(c *gin.Context) error { return ok(c, a.herder.ServerInfo(), nil) }

// workerStatus is the answer about the worker's health.
type workerStatus struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// healthTime is how long the herder may be busy with something else before the worker counts as unhealthy.
const healthTime = 10 * time.Second

func (a *api) health(c *gin.Context) error {
	if !a.herder.Started() {
		write(c, http.StatusServiceUnavailable, workerStatus{"starting", during("Worker is still starting up.", a.herder.Stage())})
		return nil
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), healthTime)
	defer cancel()
	if err := a.herder.Responsive(ctx); err != nil {
		write(c, http.StatusInternalServerError, workerStatus{"unhealthy",
			during("Worker was unable to handle this request and may be unable to handle other requests.", err.Error())})
		return nil
	}
	return ok(c, workerStatus{"healthy", "Worker has completed startup and is ready to handle requests."}, nil)
}

func during(text, stage string) string { return strings.TrimSpace(text + " " + stage) }
