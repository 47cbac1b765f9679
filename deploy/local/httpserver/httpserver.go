// Package httpserver runs an HTTP handler on a loopback port for the embedded services.
package httpserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// patience is how long running requests may take when the server closes.
const patience = 3 * time.Second

// Server is a running HTTP server.
type Server struct {
	// Addr is host:port, URL the same with http:// before it.
	Addr, URL string

	server *http.Server
	served chan error
	once   sync.Once
	err    error
}

// Start serves h on addr, host:port; port 0 takes a free one. Close stops it.
func Start(addr string, h http.Handler) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &Server{
		Addr: listener.Addr().String(), URL: "http://" + listener.Addr().String(),
		server: &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second},
		served: make(chan error, 1),
	}
	go func() { s.served <- s.server.Serve(listener) }()
	return s, nil
}

// Close waits a little for running requests, cuts off the others and frees the port. A second call answers as the first.
func (s *Server) Close() error {
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		err := s.server.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = s.server.Close()
		}
		if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		s.err = err
	})
	return s.err
}
