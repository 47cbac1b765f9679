package redis

import (
	"strconv"
	"strings"
	"sync"

	"github.com/alicebob/miniredis/v2/server"
)

// peers are the clients that have asked for their number. One whose connection was killed has nothing more executed, though
// its commands have arrived; one that just hangs up has everything executed that arrived. Both is what Redis does.
type peers struct {
	mu      sync.Mutex
	last    int
	known   map[*server.Peer]*peer
	failure string // what every command is answered, if anything
}

// peer is a client with a number. Its mutex is held while one of its commands is executed.
type peer struct {
	sync.Mutex
	id      int
	killed  bool
	running bool // a command of it, which comes by again
}

func (p *peers) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.known = 0, map[*server.Peer]*peer{}
}

func (p *peers) refuse(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failure = text
}

// of returns what is known of a client, nil when it has no number, and the error for it.
func (p *peers) of(c *server.Peer) (known *peer, failure string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[c], p.failure
}

// number returns the number of a client, a new one when it has none.
func (p *peers) number(c *server.Peer) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.known[c]; known != nil {
		return known.id
	}
	p.last++
	p.known[c] = &peer{id: p.last}
	c.OnDisconnect(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.known, c)
	})
	return p.last
}

// kill ends the client with a number and returns how many there were. No command of it is executed when it returns.
func (p *peers) kill(id int, by *server.Peer) int {
	p.mu.Lock()
	var victim *peer
	for c, known := range p.known {
		if known.id == id && c != by {
			victim = known
			c.Close()
		}
	}
	p.mu.Unlock()
	if victim == nil {
		return 0
	}
	victim.Lock()
	defer victim.Unlock()
	victim.killed = true
	return 1
}

// intercept is called before each command, and returns whether that was all.
func (s *Server) intercept(c *server.Peer, command string, args ...string) (done bool) {
	known, failure := s.peers.of(c)
	switch {
	case failure != "":
		c.WriteError(failure)
		return true
	case command == "CLIENT" && len(args) == 1 && strings.EqualFold(args[0], "ID"):
		c.WriteInt(s.peers.number(c))
		return true
	case command == "CLIENT" && len(args) == 3 && strings.EqualFold(args[0]+" "+args[1], "KILL ID"):
		id, err := strconv.Atoi(args[2])
		if err != nil || id <= 0 {
			c.WriteError("ERR client-id should be greater than 0")
			return true
		}
		c.WriteInt(s.peers.kill(id, c))
		return true
	case known == nil || known.running:
		return false
	}
	known.Lock()
	defer known.Unlock()
	if known.killed {
		return true
	}
	known.running = true
	defer func() { known.running = false }()
	s.Server().Dispatch(c, append([]string{command}, args...))
	return true
}
