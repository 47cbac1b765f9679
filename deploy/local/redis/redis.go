// Package redis runs a server that speaks the Redis protocol inside the process, for the demo and for tests.
package redis

import (
	"fmt"

	"github.com/alicebob/miniredis/v2"
)

// Server is a running server. It keeps its data in memory only.
type Server struct {
	*miniredis.Miniredis
	// URL is the address for clients, redis://host:port.
	URL string
}

// Start serves on addr, host:port; port 0 takes a free one. Keys expire as time passes; Close stops the server.
func Start(addr string) (*Server, error) {
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true) // else time stands still in it, as suits its own tests
	if err := m.StartAddr(addr); err != nil {
		return nil, fmt.Errorf("start embedded Redis: %w", err)
	}
	return &Server{Miniredis: m, URL: "redis://" + m.Addr()}, nil
}
