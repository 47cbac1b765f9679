package rest

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
)

func (a *api) getConfig(c *gin.Context) error {
	config, err := a.herder.ConnectorConfig(connectorName(c))
	return ok(c, config, err)
}

func (a *api) putConfig(c *gin.Context) error {
	var body configBody
	if err := decode(c, &body); err != nil {
		return err
	}
	name := connectorName(c)
	info, created, err := a.herder.PutConnectorConfig(c.Request.Context(), name, body.raw())
	if err != nil {
		return err
	}
	if created {
		c.Header("Location", location(c, name))
		write(c, http.StatusCreated, info)
		return nil
	}
	return ok(c, info, nil)
}

func (a *api) patchConfig(c *gin.Context) error {
	var body configBody
	if err := decode(c, &body); err != nil {
		if errors.Is(err, errEmptyBody) || errors.Is(err, errNullBody) {
			if _, missing := a.herder.ConnectorConfig(connectorName(c)); missing != nil {
				return missing // the Java worker looks for the connector before it looks into the patch
			}
		}
		return err
	}
	info, err := a.herder.PatchConnectorConfig(c.Request.Context(), connectorName(c), body.raw())
	return ok(c, info, err)
}
