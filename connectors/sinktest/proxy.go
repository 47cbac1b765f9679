package sinktest

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// proxy relays connections to a service, and can keep what clients send until it is told to deliver it.
type proxy struct {
	mu        sync.Mutex
	listeners []net.Listener
	links     []*link
	arrived   *sync.Cond // something was kept, or it is over
	over      bool
	err       error
	wg        sync.WaitGroup
}

// link is one relayed connection.
type link struct {
	of             *proxy
	client, server *net.TCPConn
	keeping        bool
	kept           []byte
	ended          chan struct{} // closed when the service has ended the connection
}

func newProxy() *proxy {
	p := &proxy{}
	p.arrived = sync.NewCond(&p.mu)
	return p
}

// via returns an address, host:port, behind which is the one given.
func (p *proxy) via(target string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.err = err
		return target
	}
	p.listeners = append(p.listeners, l)
	p.wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			p.relay(client.(*net.TCPConn), server.(*net.TCPConn))
		}
	})
	return l.Addr().String()
}

func (p *proxy) relay(client, server *net.TCPConn) {
	k := &link{of: p, client: client, server: server, ended: make(chan struct{})}
	p.mu.Lock()
	p.links = append(p.links, k)
	p.mu.Unlock()
	p.wg.Go(func() {
		_, _ = io.Copy(k, client)
		p.mu.Lock()
		defer p.mu.Unlock()
		if !k.keeping {
			_ = server.CloseWrite()
		}
	})
	p.wg.Go(func() {
		defer close(k.ended)
		_, _ = io.Copy(client, server)
		_, _ = io.Copy(io.Discard, server) // nobody may be there to listen, but the service has to go on
		_ = client.Close()
	})
}

// Write delivers what the client sent, or keeps it.
func (k *link) Write(sent []byte) (int, error) {
	k.of.mu.Lock()
	if k.keeping {
		k.kept = append(k.kept, sent...)
		k.of.arrived.Broadcast()
		k.of.mu.Unlock()
		return len(sent), nil
	}
	k.of.mu.Unlock()
	return k.server.Write(sent)
}

// hold keeps what is sent on the connections that there are from now on; others are relayed.
func (p *proxy) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.links {
		k.keeping = true
	}
}

// kept waits until something was kept.
func (p *proxy) kept() error {
	timer := time.AfterFunc(patience, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.over = true
		p.arrived.Broadcast()
	})
	defer timer.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.over {
		for _, k := range p.links {
			if len(k.kept) > 0 {
				return p.err
			}
		}
		p.arrived.Wait()
	}
	return errors.Join(p.err, fault("sends nothing over the connections it has"))
}

// cut breaks the connections whose data is kept, at the side of the client.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.links {
		if k.keeping {
			_ = k.client.SetLinger(0)
			_ = k.client.Close()
		}
	}
}

// release delivers what was kept and waits until the service has dealt with it.
func (p *proxy) release() error {
	p.mu.Lock()
	links := p.links
	p.mu.Unlock()
	for _, k := range links {
		if !k.keeping {
			continue
		}
		_, _ = k.server.Write(k.kept) // the service may have closed it, which is good
		_ = k.server.CloseWrite()
		timer := time.NewTimer(patience)
		select {
		case <-k.ended:
		case <-timer.C:
			return errors.New("the service does not end a connection that its client has ended")
		}
		timer.Stop()
	}
	return nil
}

// close ends everything.
func (p *proxy) close() {
	for _, l := range p.listeners {
		_ = l.Close()
	}
	p.mu.Lock()
	for _, k := range p.links {
		_ = k.client.Close()
		_ = k.server.Close()
	}
	p.over = true
	p.arrived.Broadcast()
	p.mu.Unlock()
	p.wg.Wait()
}
