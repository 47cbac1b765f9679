package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/sluice-connect/sluice/runtime"
)

// taskID reads the path; what is no number is no path.
func taskID(c *gin.Context) (runtime.TaskID, error) {
	id, err := runtime.ParseTaskID(connectorName(c), pathValue(c, "task"))
	if err != nil {
		return runtime.TaskID{}, runtime.Errorf(runtime.NotFound, "HTTP 404 Not Found")
	}
	return id, nil
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
