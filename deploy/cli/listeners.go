package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"

	"github.com/sluice-connect/sluice/rest"
	"github.com/sluice-connect/sluice/runtime/herder"
	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/runtime/workerconfig"
)

// bindings are the bound listeners of a worker: those of the REST API, and those that serve /admin only.
type bindings struct{ api, admin []net.Listener }

// bind binds all listeners or none.
func bind(ctx context.Context, config workerconfig.Config, log *slog.Logger) (bindings, error) {
	api, admin, err := config.TLS(log)
	if err != nil {
		return bindings{}, err
	}
	bound, err := rest.Listen(ctx, config.Addrs())
	if err != nil {
		return bindings{}, err
	}
	n := len(config.Listeners)
	b := bindings{api: bound[:n], admin: bound[n:]}
	secure(b.api, config.Listeners, api)
	secure(b.admin, config.AdminListeners, admin)
	return b, nil
}

func secure(bound []net.Listener, listeners []workerconfig.Listener, conf *tls.Config) {
	for i, l := range listeners {
		if l.TLS {
			bound[i] = rest.Secure(bound[i], conf)
		}
	}
}

func (b bindings) close() error {
	var all []error
	for _, list := range [][]net.Listener{b.api, b.admin} {
		for _, l := range list {
			all = append(all, l.Close())
		}
	}
	return errors.Join(all...)
}

// servers are those of a worker's listeners.
type servers []*rest.Server

// serve begins to answer. As in the Java worker the listeners of /admin know neither headers of the operator nor
// welcome web pages.
func (b bindings) serve(config workerconfig.Config, h *herder.Herder, series *metrics.Registry, log *slog.Logger) servers {
	part := rest.Whole
	if config.AdminApart {
		part = rest.WithoutAdmin
	}
	sites := rest.Sites(config.String(workerconfig.AllowOrigin), config.String(workerconfig.AllowMethods), config.Hosts())
	handler := rest.WithMetrics(rest.NewPart(part, h, log, sites), series.Handler(h.Metrics))
	all := servers{rest.NewServer(rest.WithHeaders(handler, responseHeaders(config)), sites, log)}
	all[0].Serve(b.api)
	if len(b.admin) > 0 {
		own := rest.CrossSite{Hosts: sites.Hosts}
		admin := rest.NewServer(rest.NewPart(rest.AdminOnly, h, log, own), own, log)
		admin.Serve(b.admin)
		all = append(all, admin)
	}
	return all
}

func (s servers) shutdown(ctx context.Context) error {
	var all []error
	for _, server := range s {
		all = append(all, server.Shutdown(ctx))
	}
	return errors.Join(all...)
}

func responseHeaders(config workerconfig.Config) []rest.Header {
	var list []rest.Header
	for _, h := range config.Headers {
		list = append(list, rest.Header(h))
	}
	return list
}
