package rest

import (
	"log/slog"
	"net/http"
	"slices"
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
	body         bool   // the request needs a JSON body
	doc          string // what it does, for the reference
	statuses     string // what it answers besides what any route may
}

// routes are all there is.
func (a *api) routes() []route {
	return []route{
		{"GET", "/", a.root, false,
			"Version of Kafka Connect whose API this is, version and revision of the worker as `commit`, and the id of its Kafka cluster.", "200"},
		{"GET", "/health", a.health, false,
			"Whether the worker has started and can take on a change.", "200 healthy, 503 still starting, 500 busy for 10 s"},

		{"GET", "/connectors", a.listConnectors, false,
			"Names of all connectors; with `expand=status` or `expand=info`, or both, what is known about each.", "200"},
		{"POST", "/connectors", a.createConnector, true,
			"Creates a connector from `name`, `config` and, if wanted, `initial_state` (`RUNNING`, `PAUSED`, `STOPPED`).", "201, 400 not valid, 409 the name is taken"},
		{"GET", "/connectors/:connector", a.getConnector, false,
			"Configuration, tasks and type of a connector.", "200, 404"},
		{"DELETE", "/connectors/:connector", a.deleteConnector, false,
			"Stops a connector and forgets it. Its consumer group keeps its offsets.", "204, 404"},
		{"GET", "/connectors/:connector/config", a.getConfig, false,
			"Configuration of a connector as it was written, with references to config providers.", "200, 404"},
		{"PUT", "/connectors/:connector/config", a.putConfig, true,
			"Replaces the configuration, or creates the connector. Running tasks start again with it.", "200 replaced, 201 created, 400 not valid"},
		{"PATCH", "/connectors/:connector/config", a.patchConfig, true,
			"Changes the given keys of the configuration and removes those that are null.", "200, 400 not valid, 404, 409 changed by somebody else meanwhile"},
		{"GET", "/connectors/:connector/status", a.getStatus, false,
			"State of a connector and of its tasks, with the reason of a failure.", "200, 404"},

		{"PUT", "/connectors/:connector/pause", a.pause, false,
			"Has the tasks stop reading and writing; they keep their partitions. It holds over restarts of the worker.", "202, 404"},
		{"PUT", "/connectors/:connector/resume", a.resume, false,
			"Has a paused or stopped connector run.", "202, 404"},
		{"PUT", "/connectors/:connector/stop", a.stop, false,
			"Ends the tasks and keeps the connector; its offsets may then be changed.", "204, 404"},
		{"POST", "/connectors/:connector/restart", a.restart, false,
			"Restarts a connector; with `includeTasks=true` its tasks as well, with `onlyFailed=true` only what has failed.", "204, 202 with the status when either is given, 404, 500 its configuration is not valid any more"},

		{"GET", "/connectors/:connector/offsets", a.getOffsets, false,
			"Committed offsets of the connector's consumer group.", "200, 404, 500 Kafka does not answer"},
		{"PATCH", "/connectors/:connector/offsets", a.patchOffsets, true,
			"Sets offsets of a stopped connector; null resets a partition.", "200, 400 not stopped or not valid, 404, 500 the group is in use or Kafka does not answer"},
		{"DELETE", "/connectors/:connector/offsets", a.deleteOffsets, false,
			"Resets all offsets of a stopped connector.", "200, 400 not stopped, 404, 500 the group is in use or Kafka does not answer"},
		{"GET", "/connectors/:connector/topics", a.getTopics, false,
			"Topics that the connector has read since it was created or reset.", "200, 403 `topic.tracking.enable` is false, 404"},
		{"PUT", "/connectors/:connector/topics/reset", a.resetTopics, false,
			"Forgets these topics.", "202, 403 not allowed by `topic.tracking.*`, 404"},
		{"GET", "/connectors/:connector/tasks", a.listTasks, false,
			"Tasks of a connector with their configurations.", "200, 404"},
		{"GET", "/connectors/:connector/tasks/:task/status", a.getTaskStatus, false,
			"State of a task, with the reason of its failure.", "200, 404"},
		{"POST", "/connectors/:connector/tasks/:task/restart", a.restartTask, false,
			"Restarts a task, whatever its state.", "204, 404, 500 no task can be made of its configuration"},

		{"POST", tasksPath, a.putTasks, false,
			"Of the workers of a cluster among themselves. Without their signature it is refused.", "400, 403 signed with an unknown key"},
		{"PUT", fencePath, a.fence, false,
			"Of the workers of a cluster among themselves. Without their signature it is refused.", "400, 403 signed with an unknown key"},

		{"GET", "/connector-plugins", a.listPlugins, false,
			"Classes of the connectors, and with `connectorsOnly=false` those of the converters as well.", "200"},
		{"GET", "/connector-plugins/:plugin/config", a.getPluginConfig, false,
			"Keys of a connector or converter class; `version` is a range that its version must lie in.", "200, 400 no such version, 404"},
		{"PUT", "/connector-plugins/:plugin/config/validate", a.validate, true,
			"Examines a configuration and says about every key what it is and what is wrong with it.", "200 also with errors in it, 400 unknown or different class"},
		{"GET", "/admin/loggers", a.listLoggers, false,
			"Levels of all loggers whose level was set.", "200"},
		{"GET", "/admin/loggers/:logger", a.getLogger, false,
			"Level of a logger.", "200, 404"},
		{"PUT", "/admin/loggers/:logger", a.setLogger, true,
			"Sets the level of a logger and of those whose names begin with its name, until the worker ends.", "200, 204 with `scope=cluster`, 400 no level, 404 unknown level"},
	}
}

// anyType reports whether the Content-Type of a request is not looked at.
func (r route) anyType() bool {
	return r.path == "/" || r.path == "/health" || r.path == fencePath || r.path == tasksPath && r.method == http.MethodPost
}

// The paths of what the workers of a cluster ask each other; reading the tasks is for anybody.
const (
	tasksPath = "/connectors/:connector/tasks"
	fencePath = "/connectors/:connector/fence"
)

// Part says which endpoints a handler serves; the others are not found.
type Part uint8

// The parts of the API.
const (
	Whole Part = iota
	WithoutAdmin
	AdminOnly
)

func (p Part) has(path string) bool {
	return p == Whole || strings.HasPrefix(path, "/admin/") == (p == AdminOnly)
}

// NewHandler returns the API in front of herder, for programs and for web pages of sites.
func NewHandler(herder Herder, log *slog.Logger, sites CrossSite) http.Handler {
	return NewPart(Whole, herder, log, sites)
}

// NewPart returns a part of the API.
func NewPart(part Part, herder Herder, log *slog.Logger, sites CrossSite) http.Handler {
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
		if !part.has(r.path) {
			continue
		}
		engine.Handle(r.method, r.path, a.endpoint(r))
		methods[r.path] = append(methods[r.path], r.method)
	}
	for path, list := range methods {
		list = methodsOf(list)
		engine.OPTIONS(path, options(strings.Join(list, ","), strings.Join(list, ", ")))
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

// shownMethods is the order in which the Java worker lists methods.
var shownMethods = []string{"HEAD", "POST", "DELETE", "GET", "OPTIONS", "PUT", "PATCH"}

// methodsOf adds to the methods of a path's routes those that any path has.
func methodsOf(methods []string) []string {
	all := append([]string{http.MethodOptions}, methods...)
	if slices.Contains(methods, http.MethodGet) {
		all = append(all, http.MethodHead)
	}
	return slices.DeleteFunc(slices.Clone(shownMethods), func(method string) bool { return !slices.Contains(all, method) })
}
