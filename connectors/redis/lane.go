package redis

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"sync"
	"syscall"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

func init() { goredis.SetLogger(quiet{}) } // what goes wrong comes back as an error

type quiet struct{}

// Printf drops the client's own log lines.
func (quiet) Printf(context.Context, string, ...any) {}

// lane is a client that one goroutine uses at a time, so that it has one connection (to each node of a cluster) and
// commands are executed in the order they are sent.
type lane struct {
	client goredis.UniversalClient
	tls    *tls.Config
	// ctx ends when the lane is cut; dialling obeys it.
	ctx    context.Context
	cancel context.CancelFunc
	mu     sync.Mutex
	conns  map[*conn]struct{}
}

func newLane(s *settings) *lane {
	l := &lane{tls: s.dial.TLSConfig, conns: map[*conn]struct{}{}}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	o := s.dial
	o.TLSConfig = nil // the dialer does it, to keep hold of the connection below
	o.Dialer = l.dial
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.ContextTimeoutEnabled = true
	o.MaxRetries = -1 // a pipeline that is sent again behind our back could end in another order
	o.DialerRetries = 1
	o.DialTimeout = s.timeout
	o.ReadTimeout = s.timeout + s.waitTimeout
	o.WriteTimeout = s.timeout
	o.PoolSize = 16 // one is used; at this number of broken dials in a row the client would start dialling by itself
	o.PipelinePoolSize = -1
	o.ReadBufferSize, o.WriteBufferSize = 32<<10, 64<<10
	if s.cluster {
		l.client = goredis.NewClusterClient(clusterOptions(&o))
	} else {
		l.client = goredis.NewClient(&o)
	}
	return l
}

func clusterOptions(o *goredis.Options) *goredis.ClusterOptions {
	return &goredis.ClusterOptions{
		Addrs: []string{o.Addr}, Username: o.Username, Password: o.Password, Dialer: o.Dialer,
		DisableIdentity: o.DisableIdentity, MaintNotificationsConfig: o.MaintNotificationsConfig,
		ContextTimeoutEnabled: o.ContextTimeoutEnabled, MaxRetries: o.MaxRetries, DialerRetries: o.DialerRetries,
		DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout,
		PoolSize: o.PoolSize, PipelinePoolSize: o.PipelinePoolSize,
		ReadBufferSize: o.ReadBufferSize, WriteBufferSize: o.WriteBufferSize,
	}
}

// dial opens a connection that the lane can cut.
func (l *lane) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)()
	var d net.Dialer
	raw, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, lane: l}
	l.mu.Lock()
	l.conns[c] = struct{}{}
	over := l.ctx.Err()
	l.mu.Unlock()
	if over != nil {
		_ = c.Close()
		return nil, over
	}
	if l.tls == nil {
		return c, nil
	}
	return l.handshake(ctx, c, addr)
}

func (l *lane) handshake(ctx context.Context, c *conn, addr string) (net.Conn, error) {
	config := l.tls.Clone()
	if host, _, err := net.SplitHostPort(addr); err == nil {
		config.ServerName = host
	}
	secure := tls.Client(c, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("agree on TLS: %w", err)
	}
	return secure, nil
}

// exec sends commands and waits for their answers, which are in the commands afterwards. When ctx ends it cuts the
// lane: no answer is waited for any longer. What goes wrong before the first command, such as a login that a new
// connection is refused, the client tells of the pipeline only: it counts for every command.
func (l *lane) exec(ctx context.Context, commands []goredis.Cmder) {
	defer l.cutWhenOver(ctx)()
	pipe := l.client.Pipeline()
	for _, c := range commands {
		_ = pipe.Process(ctx, c)
	}
	_, err := pipe.Exec(ctx)
	if err == nil || slices.ContainsFunc(commands, func(c goredis.Cmder) bool { return c.Err() != nil }) {
		return
	}
	for _, c := range commands {
		c.SetErr(err)
	}
}

// cutWhenOver cuts the lane when ctx ends, until the returned function is called.
func (l *lane) cutWhenOver(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	drop := context.AfterFunc(ctx, func() {
		defer close(done)
		l.cut()
	})
	return func() {
		if !drop() {
			<-done
		}
	}
}

// cut closes all connections at once. They are reset, so that a server that has not read everything yet forgets the
// rest: commands that come late could undo newer ones.
func (l *lane) cut() {
	l.cancel()
	l.mu.Lock()
	conns := make([]*conn, 0, len(l.conns))
	for c := range l.conns {
		conns = append(conns, c)
	}
	l.mu.Unlock()
	for _, c := range conns {
		if t, ok := c.Conn.(*net.TCPConn); ok {
			_ = t.SetLinger(0)
		}
		_ = c.Close()
	}
}

// close ends the lane in good order.
func (l *lane) close() error {
	defer l.cancel()
	if err := l.client.Close(); err != nil {
		return fmt.Errorf("close Redis client: %w", err)
	}
	return nil
}

// conn is a connection that its lane knows.
type conn struct {
	net.Conn
	lane *lane
}

// Close closes the connection and forgets it.
func (c *conn) Close() error {
	c.lane.mu.Lock()
	delete(c.lane.conns, c)
	c.lane.mu.Unlock()
	return c.Conn.Close()
}

// SyscallConn lets the client notice that the server closed an idle connection.
func (c *conn) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, syscall.ENOTSUP
}
