package rest

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
)

// anyHost among the names of a worker lets requests under every name in.
const anyHost = "*"

// ownHosts answers requests that are addressed to the worker itself and refuses the others. Whoever owns a name can have
// it resolve to this worker once a browser has loaded a page from it; the page may then read every answer, and nothing
// but the Host header gives it away. A request without one is of no browser.
func ownHosts(next http.Handler, sites CrossSite, log *slog.Logger) http.Handler {
	if slices.Contains(sites.Hosts, anyHost) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "" || sites.mine(hostName(r.Host)) {
			next.ServeHTTP(w, r)
			return
		}
		name := hostName(r.Host)
		log.Warn("refused a request that was sent to another name than the worker's; add the name to rest.host.names if it is one", "host", name,
			"method", r.Method)
		refuseHost(w, r, name)
	})
}

func refuseHost(w http.ResponseWriter, r *http.Request, name string) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(http.StatusForbidden)
	if isHead(r) {
		return
	}
	text := fmt.Sprintf("The request was sent to %q, which is no name of this worker. If it is one, of a load balancer or a service say, add it to rest.host.names "+
		"in the worker's properties.", name)
	_ = json.NewEncoder(w).Encode(errorBody{Code: http.StatusForbidden, Message: text}) // nobody is left to tell
}

// hostName is a Host header without port, the brackets of an IPv6 address and the dot that ends a full name.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.Trim(host, "[]"), ".")
}

// mine reports whether host, without a port, names the worker: an address, localhost, or one of Hosts.
func (s CrossSite) mine(host string) bool {
	address, _, _ := strings.Cut(host, "%") // the zone of a link-local address
	return net.ParseIP(address) != nil || strings.EqualFold(host, "localhost") ||
		slices.ContainsFunc(s.Hosts, func(own string) bool {
			ok, err := path.Match(strings.ToLower(own), strings.ToLower(host))
			return own != anyHost && err == nil && ok
		})
}
