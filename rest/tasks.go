package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/javatext"
)

// taskID reads the path; what is no number is no path.
func taskID(c *gin.Context) (runtime.TaskID, error) {
	n, err := javatext.ParseInt(pathValue(c, "task"), 32)
	if err != nil {
		return runtime.TaskID{}, runtime.Errorf(runtime.NotFound, "HTTP 404 Not Found")
	}
	return runtime.TaskID{Connector: connectorName(c), Task: int(n)}, nil
}

func (a *api) listTasks(c *gin.Context) error {
	tasks, err := a.herder.TaskConfigs(connectorName(c))
	return ok(c, tasks, err)
}

func (a *api) getTaskStatus(c *gin.Context) error {
	id, err := taskID(c)
	if err != nil {
		return err
	}
	status, err := a.herder.TaskStatus(id)
	return ok(c, status, err)
}

func (a *api) restartTask(c *gin.Context) error {
	id, err := taskID(c)
	if err != nil {
		return err
	}
	return done(c, http.StatusNoContent, a.herder.RestartTask(c.Request.Context(), id))
}
