package rest

import (
	"log/slog"
	"net/http"
	"sort"
	"strings"

	"github.com/gin-gonic/gin"
)

// api answers the requests.
type api struct {
	herder Herder
	log    *slog.Logger
	sites  CrossSite
}

// route is one method of one path.
type route struct {
	method, path string
	handle       func(*gin.Context) error
	body         bool // the request needs a JSON body
}

// routes are all there is.
func (a *api) routes() []route {
	return []route{
		{"GET", "/", a.root, false},
		{"GET", "/health", a.health, false},

		{"GET", "/connectors", a.listConnectors, false},
		{"POST", "/connectors", a.createConnector, true},
		{"GET", "/connectors/:connector", a.getConnector, false},
		{"DELETE", "/connectors/:connector", a.deleteConnector, false},
		{"GET", "/connectors/:connector/config", a.getConfig, false},
		{"PUT", "/connectors/:connector/config", a.putConfig, true},
		{"PATCH", "/connectors/:connector/config", a.patchConfig, true},
		{"GET", "/connectors/:connector/status", a.getStatus, false},

		{"PUT", "/connectors/:connector/pause", a.pause, false},
		{"PUT", "/connectors/:connector/resume", a.resume, false},
		{"PUT", "/connectors/:connector/stop", a.stop, false},
		{"POST", "/connectors/:connector/restart", a.restart, false},

		{"GET", "/connectors/:connector/offsets", a.getOffsets, false},
		{"PATCH", "/connectors/:connector/offsets", a.patchOffsets, true},
		{"DELETE", "/connectors/:connector/offsets", a.deleteOffsets, false},
		{"GET", "/connectors/:connector/topics", a.getTopics, false},
		{"PUT", "/connectors/:connector/topics/reset", a.resetTopics, false},
		{"GET", "/connectors/:connector/tasks", a.listTasks, false},
		{"GET", "/connectors/:connector/tasks/:task/status", a.getTaskStatus, false},
		{"POST", "/connectors/:connector/tasks/:task/restart", a.restartTask, false},

		{"GET", "/connector-plugins", a.listPlugins, false},
		{"GET", "/connector-plugins/:plugin/config", a.getPluginConfig, false},
		{"PUT", "/connector-plugins/:plugin/config/validate", a.validate, true},
		{"GET", "/admin/loggers", a.listLoggers, false},
		{"GET", "/admin/loggers/:logger", a.getLogger, false},
		{"PUT", "/admin/loggers/:logger", a.setLogger, true},
	}
}

// NewHandler returns the API in front of herder, for programs and for web pages of sites.
func NewHandler(herder Herder, log *slog.Logger, sites CrossSite) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	a := &api{herder: herder, log: log, sites: sites}
	engine := gin.New()
	engine.UseRawPath = true // paths.go has made RawPath what shall match
	engine.UnescapePathValues = false
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false
	_ = engine.SetTrustedProxies(nil) // nil cannot fail
	engine.Use(a.observe, a.crossSite)
	engine.NoRoute(func(c *gin.Context) { a.fail(c, errStatus(http.StatusNotFound)) })
	engine.NoMethod(func(c *gin.Context) {
		c.Writer.Header().Del("Allow") // the Java worker sends none with a 405
		a.fail(c, errStatus(http.StatusMethodNotAllowed))
	})
	methods := map[string][]string{}
	for _, r := range a.routes() {
		engine.Handle(r.method, r.path, a.endpoint(r))
		methods[r.path] = append(methods[r.path], r.method)
	}
	for path, list := range methods {
		engine.OPTIONS(path, options(list))
	}
	return a.cleanPaths(engine)
}

// endpoint checks what the client sends and accepts before the handler does anything.
func (a *api) endpoint(r route) gin.HandlerFunc {
	return func(c *gin.Context) {
		err := negotiate(c, r)
		if err == nil {
			err = r.handle(c)
		}
		if err != nil {
			a.fail(c, err)
		}
	}
}

func options(methods []string) gin.HandlerFunc {
	list := append([]string{"OPTIONS"}, methods...)
	for _, m := range methods {
		if m == "GET" {
			list = append(list, "HEAD")
		}
	}
	sort.Strings(list)
	allow := strings.Join(list, ",")
	return func(c *gin.Context) {
		c.Header("Allow", allow)
		c.Header("Content-Type", "text/plain")
		c.String(http.StatusOK, strings.Join(list, ", "))
	}
}
