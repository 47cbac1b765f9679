// Package redis runs a server that speaks the Redis protocol inside the process, for the demo and for tests.
package redis

import (
	"fmt"

	"github.com/alicebob/miniredis/v2"
)

// Server is a running server. It keeps its data in memory only. Clients can end each other's connections: it knows CLIENT ID,
// and CLIENT KILL with that ID alone, for every client whatever its login.
type Server struct {
	*miniredis.Miniredis
	// URL is the address for clients, redis://host:port.
	URL   string
	peers peers
}

// Start serves on addr, host:port; port 0 takes a free one. Keys expire as time passes; Close stops the server.
func Start(addr string) (*Server, error) {
	s := &Server{Miniredis: miniredis.NewMiniRedis()}
	s.ClockTTL(true) // else time stands still in it, as suits its own tests
	s.Miniredis.SetError(loading)
	if err := s.StartAddr(addr); err != nil {
		return nil, fmt.Errorf("start embedded Redis: %w", err)
	}
	s.serve()
	s.URL = "redis://" + s.Addr()
	return s, nil
}

// loading is what a server answers before it serves.
const loading = "LOADING Redis is loading the dataset in memory"

func (s *Server) serve() {
	s.peers.forget()
	s.Server().SetPreHook(s.intercept)
}

// Restart starts a closed server again, on its port and with the keys it had. Its clients are numbered from 1 again.
func (s *Server) Restart() error {
	s.Miniredis.SetError(loading)
	if err := s.Miniredis.Restart(); err != nil {
		return fmt.Errorf("restart embedded Redis: %w", err)
	}
	s.serve()
	return nil
}

// SetError has every command answered with an error, an empty one with none again.
func (s *Server) SetError(text string) { s.peers.refuse(text) }
