package rest

import (
	"github.com/gin-gonic/gin"
)

// listPlugins shows the connectors only, unless the client asks for more.
func (a *api) listPlugins(c *gin.Context) error {
	_, asked := c.GetQuery("connectorsOnly")
	return ok(c, a.herder.Plugins(!asked || flag(c, "connectorsOnly")), nil)
}

func (a *api) getPluginConfig(c *gin.Context) error {
	version, asked := c.GetQuery("version")
	if !asked {
		version = "latest"
	}
	keys, err := a.herder.PluginConfig(pathValue(c, "plugin"), version)
	return ok(c, keys, err)
}

func (a *api) validate(c *gin.Context) error {
	var body configBody
	if err := decode(c, &body); err != nil {
		return err
	}
	infos, err := a.herder.Validate(c.Request.Context(), pathValue(c, "plugin"), body.raw())
	return ok(c, infos, err)
}
