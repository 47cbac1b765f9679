package rest

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/sluice-connect/sluice/runtime"
)

// CrossSite says which web pages may use the API besides those that the worker's own address serves.
type CrossSite struct {
	Origins []string // may hold * for any characters
	Methods []string // GET, POST and HEAD when empty
	Hosts   []string // names of the worker itself, besides localhost and addresses; may hold * for any characters, and be * for any name
}

// Sites reads the worker's properties, which are lists separated by commas; hosts are the worker's own names, and may hold *.
func Sites(origins, methods string, hosts []string) CrossSite {
	return CrossSite{Origins: list(origins), Methods: list(strings.ToUpper(methods)), Hosts: hosts}
}

func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// How long browsers may remember the answer to a preflight, in seconds, and what pages may send.
const (
	preflightAge   = "1800"
	allowedHeaders = "X-Requested-With,Content-Type,Accept,Origin"
)

// crossSite refuses what a page of another site makes a browser send: browsers add no password here that a user would
// have to know, so that any page could manage the worker. Programs send none of these headers.
func (a *api) crossSite(c *gin.Context) {
	r := c.Request
	origin := r.Header.Get("Origin")
	switch {
	case origin == "" && !foreign(r), origin != "" && a.sites.own(origin, r.Host):
		c.Next()
	case origin != "" && a.sites.allows(origin):
		a.allowed(c, origin)
	default:
		a.fail(c, runtime.Errorf(runtime.Forbidden, "Requests of web pages of other sites are refused; access.control.allow.origin names those that are welcome"))
	}
}

// foreign reports whether a browser says that another site is behind the request. Following a link is no harm.
func foreign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	return !reads || r.Header.Get("Sec-Fetch-Mode") != "navigate"
}

// own reports whether the page comes from where the request goes to. That both have the same name is not enough: whoever
// owns a name can have it resolve to this worker once a browser has loaded a page from it.
func (s CrossSite) own(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host) && s.mine(hostName(u.Host))
}

func (s CrossSite) allows(origin string) bool {
	return slices.ContainsFunc(s.Origins, func(pattern string) bool {
		// path.Match keeps * from crossing a slash, and origins hold two.
		ok, err := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(origin, "/", "\x00"))
		return err == nil && ok
	})
}

func (s CrossSite) methods() []string {
	if len(s.Methods) == 0 {
		return []string{http.MethodGet, http.MethodPost, http.MethodHead}
	}
	return s.Methods
}

// allowed serves a page of a welcome origin.
func (a *api) allowed(c *gin.Context, origin string) {
	c.Header("Access-Control-Allow-Origin", origin)
	c.Header("Vary", "Origin")
	method := c.Request.Method
	if wanted := c.GetHeader("Access-Control-Request-Method"); method == http.MethodOptions && wanted != "" {
		c.Header("Access-Control-Allow-Methods", strings.Join(a.sites.methods(), ","))
		c.Header("Access-Control-Allow-Headers", allowedHeaders)
		c.Header("Access-Control-Max-Age", preflightAge)
		c.AbortWithStatus(http.StatusOK)
		return
	}
	if method != http.MethodOptions && !slices.Contains(a.sites.methods(), method) {
		a.fail(c, runtime.Errorf(runtime.Forbidden, "Web pages of other sites may not use %s; access.control.allow.methods names what they may use", method))
		return
	}
	c.Next()
}
