package redis

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

func init() { goredis.SetLogger(quiet{}) } // what goes wrong comes back as an error

type quiet struct{}

// Printf drops the client's own log lines.
func (quiet) Printf(context.Context, string, ...any) {}

// answerGrace is how long answers to what was sent are waited for after the time for it is over: they are the cheapest proof
// that nothing is under way any more.
const answerGrace = 250 * time.Millisecond

// session is a client that one goroutine uses at a time, so that it has one connection (to each node of a cluster) and
// commands are executed in the order they are sent.
type session struct {
	client   goredis.UniversalClient
	settings *settings
	// ctx ends when the session is interrupted; dialling obeys it.
	ctx    context.Context
	cancel context.CancelFunc

	mu    sync.Mutex
	conns map[*conn]struct{}
	limit time.Time // when answers are not waited for any longer; zero until the session is interrupted
	left  []*conn   // closed by the client while commands were without an answer
}

// newSession returns a session with the server of the settings. It does not connect yet.
func newSession(s *settings) *session {
	l := sessionless(s)
	if o := l.options(s.dial.Addr); s.cluster {
		l.client = goredis.NewClusterClient(clusterOptions(o))
	} else {
		l.client = goredis.NewClient(o)
	}
	return l
}

// newNodeSession returns a session with one server, of a cluster or not.
func newNodeSession(s *settings, addr string) *session {
	l := sessionless(s)
	l.client = goredis.NewClient(l.options(addr))
	return l
}

func sessionless(s *settings) *session {
	l := &session{settings: s, conns: map[*conn]struct{}{}}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

func (l *session) options(addr string) *goredis.Options {
	s := l.settings
	o := s.dial
	o.Addr = addr
	o.TLSConfig = nil // the dialer does it, to see requests and answers
	o.Dialer = l.dial
	o.OnConnect = askID
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
	return &o
}

func clusterOptions(o *goredis.Options) *goredis.ClusterOptions {
	return &goredis.ClusterOptions{
		Addrs: []string{o.Addr}, Username: o.Username, Password: o.Password, Dialer: o.Dialer, OnConnect: o.OnConnect,
		DisableIdentity: o.DisableIdentity, MaintNotificationsConfig: o.MaintNotificationsConfig,
		ContextTimeoutEnabled: o.ContextTimeoutEnabled, MaxRetries: o.MaxRetries, DialerRetries: o.DialerRetries,
		DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout,
		PoolSize: o.PoolSize, PipelinePoolSize: o.PipelinePoolSize,
		ReadBufferSize: o.ReadBufferSize, WriteBufferSize: o.WriteBufferSize,
	}
}

// once is a command that a cluster's client sends to another node when it is told so, but never again because a
// connection broke: nobody knows then whether the first one is still under way.
type once struct{ goredis.Cmder }

// NoRetry keeps the client from it.
func (once) NoRetry() bool { return true }

// exec sends commands and waits for their answers, which are in the commands afterwards. When ctx ends nothing more is sent,
// and answers are waited for during answerGrace. What goes wrong before the first command, such as a login that a new
// connection is refused, the client tells of the pipeline only: it counts for every command.
func (l *session) exec(ctx context.Context, commands []goredis.Cmder) {
	defer l.interruptWhenOver(ctx)()
	pipe := l.client.Pipeline()
	for _, c := range commands {
		if l.settings.cluster {
			c = once{c}
		}
		_ = pipe.Process(l.ctx, c)
	}
	_, err := pipe.Exec(l.ctx)
	if err == nil || slices.ContainsFunc(commands, func(c goredis.Cmder) bool { return c.Err() != nil }) {
		return
	}
	for _, c := range commands {
		c.SetErr(err)
	}
}

// interruptWhenOver interrupts the session when ctx ends, until the returned function is called.
func (l *session) interruptWhenOver(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	drop := context.AfterFunc(ctx, func() {
		defer close(done)
		l.interrupt()
	})
	return func() {
		if !drop() {
			<-done
		}
	}
}

var errInterrupted = errors.New("the time for it is over")

// interrupt ends dialling and sending at once, and waiting for answers soon.
func (l *session) interrupt() {
	l.cancel()
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit = now.Add(answerGrace)
	for c := range l.conns {
		_ = c.Conn.SetReadDeadline(l.limit)
		_ = c.Conn.SetWriteDeadline(now)
	}
}

// interrupted reports whether the session is of no use any more.
func (l *session) interrupted() bool { return l.ctx.Err() != nil }

// end closes the session and returns the connections that have commands without an answer. They are still open.
func (l *session) end() []*conn {
	_ = l.client.Close() // closes connections; what that has to say changes nothing
	l.cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.left
	l.left = nil
	return left
}
