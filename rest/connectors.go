package rest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/sluice-connect/sluice/runtime"
)

// connectorName is the name in the path, decoded once and not trimmed.
func connectorName(c *gin.Context) string { return pathValue(c, "connector") }

func pathValue(c *gin.Context, param string) string {
	value, err := url.PathUnescape(c.Param(param))
	if err != nil {
		return c.Param(param) // cannot be: cleanPaths has decoded it before
	}
	return value
}

// listConnectors answers with names, or with a map when the client asks to expand anything.
func (a *api) listConnectors(c *gin.Context) error {
	names := a.herder.Connectors()
	expand, asked := queryValues(c, "expand")
	if !asked {
		return ok(c, names, nil)
	}
	list := map[string]expanded{}
	for _, name := range names {
		var e expanded
		if slices.Contains(expand, "status") {
			status, err := a.herder.ConnectorStatus(name)
			if err != nil {
				continue // deleted meanwhile
			}
			e.Status = &status
		}
		if slices.Contains(expand, "info") {
			info, err := a.herder.ConnectorInfo(name)
			if err != nil {
				continue
			}
			e.Info = &info
		}
		list[name] = e
	}
	return ok(c, list, nil)
}

// queryValues returns the values of a query parameter, also of one that is there without a readable value.
func queryValues(c *gin.Context, name string) (values []string, there bool) {
	for pair := range strings.SplitSeq(c.Request.URL.RawQuery, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key, err := url.QueryUnescape(key); err != nil || key != name {
			continue
		}
		there = true
		if value, err := url.QueryUnescape(value); err == nil {
			values = append(values, value)
		}
	}
	return values, there
}

type expanded struct {
	Status *runtime.ConnectorStatus `json:"status,omitempty"`
	Info   *runtime.ConnectorInfo   `json:"info,omitempty"`
}

type createRequest struct {
	Name    json.RawMessage `json:"name"`
	Config  configBody      `json:"config"`
	Initial json.RawMessage `json:"initial_state"`
}

func (a *api) createConnector(c *gin.Context) error {
	var req createRequest
	if err := decode(c, &req, "name", "config", "initial_state"); err != nil {
		return err
	}
	given, err := fieldText("name", req.Name)
	if err != nil {
		return err
	}
	state, err := fieldText("initial_state", req.Initial)
	if err != nil {
		return err
	}
	if req.Config == nil {
		return runtime.Errorf(runtime.BadRequest, "The request has no config; it must be an object with name and config")
	}
	initial, err := initialState(state)
	if err != nil {
		return err
	}
	name := ""
	if given != nil {
		name = trimJava(*given)
	}
	info, err := a.herder.CreateConnector(c.Request.Context(), name, req.Config.raw(), initial)
	if err != nil {
		return err
	}
	c.Header("Location", location(c, name))
	write(c, http.StatusCreated, info)
	return nil
}

// trimJava cuts what Java's String.trim cuts.
func trimJava(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
}

func initialState(text *string) (runtime.State, error) {
	if text == nil {
		return runtime.Running, nil
	}
	state := runtime.State(strings.ToUpper(*text))
	if !slices.Contains(runtime.TargetStates, state) {
		return "", runtime.Errorf(runtime.BadRequest, "Invalid initial_state %q: it must be one of RUNNING, PAUSED, STOPPED", *text)
	}
	return state, nil
}

// location is the address of a connector as this client reaches the worker. Unlike in Java, slashes in names are
// escaped, so that the address works.
func location(c *gin.Context, name string) string {
	scheme := "http://"
	if c.Request.TLS != nil {
		scheme = "https://"
	}
	return scheme + c.Request.Host + "/connectors/" + escapeSegment(name)
}

// escapeSegment escapes what RFC 3986 does not allow in a path segment, and nothing else.
func escapeSegment(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~!$&'()*+,;=:@", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}

func (a *api) getConnector(c *gin.Context) error {
	info, err := a.herder.ConnectorInfo(connectorName(c))
	return ok(c, info, err)
}

func (a *api) deleteConnector(c *gin.Context) error {
	if err := a.herder.DeleteConnector(connectorName(c)); err != nil {
		return err
	}
	return empty(c, http.StatusNoContent)
}

func (a *api) getStatus(c *gin.Context) error {
	status, err := a.herder.ConnectorStatus(connectorName(c))
	return ok(c, status, err)
}
