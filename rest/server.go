package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Limits of the server. A write may take as long as the slowest verb: a validation that asks the sink.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 100 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 32 << 10
)

// Server serves the API on some listeners.
type Server struct {
	http    *http.Server
	log     *slog.Logger
	serving sync.WaitGroup
}

// NewServer makes a server for handler, which sees only requests that were sent to an address, to localhost or to the Hosts
// of sites: others are answered 403, whatever they ask for. It serves nothing until Serve.
func NewServer(handler http.Handler, sites CrossSite, log *slog.Logger) *Server {
	return &Server{log: log, http: &http.Server{
		Handler:           ownHosts(handler, sites, log),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
}

// Listen binds the addresses, all or none.
func Listen(ctx context.Context, addrs []string) ([]net.Listener, error) {
	var config net.ListenConfig
	var bound []net.Listener
	for _, addr := range addrs {
		l, err := config.Listen(ctx, "tcp", addr)
		if err != nil {
			for _, b := range bound {
				_ = b.Close()
			}
			return nil, fmt.Errorf("listen for REST requests: %w", err)
		}
		bound = append(bound, l)
	}
	return bound, nil
}

// Serve answers requests on listeners until Shutdown; it returns at once.
func (s *Server) Serve(listeners []net.Listener) {
	for _, l := range listeners {
		s.serving.Go(func() {
			if err := s.http.Serve(dressed(l)); !errors.Is(err, http.ErrServerClosed) {
				s.log.Error("REST server stopped", "listener", l.Addr().String(), "error", err)
			}
		})
	}
}

// Shutdown lets running requests end, until ctx does, and closes the listeners.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("shut the REST server down: %w", err), s.http.Close())
	}
	s.serving.Wait()
	return err
}

// Addresses renders where listeners listen, for the log.
func Addresses(listeners []net.Listener) []string {
	list := make([]string, len(listeners))
	for i, l := range listeners {
		list[i] = scheme(l) + l.Addr().String()
	}
	return list
}
