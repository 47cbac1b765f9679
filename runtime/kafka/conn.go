package kafka

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// NewClient returns a client of the cluster after one of the bootstrap brokers has let it in; start bounds only that.
// Everything the client does on the network ends with ctx; Close it all the same.
func NewClient(ctx, start context.Context, bootstrap []string, c *sarama.Config) (sarama.Client, error) {
	if err := Reach(start, bootstrap, c); err != nil {
		return nil, err
	}
	return sarama.NewClient(bootstrap, within(ctx, c))
}

// Reach returns when one of the brokers has let us in. It tries them one after the other: sarama's client connects when
// it is first used and then sums up every failure as "run out of brokers"; here the reason of each is told.
func Reach(ctx context.Context, bootstrap []string, c *sarama.Config) error {
	var failures []error
	for _, addr := range bootstrap {
		conn, err := Dial(ctx, addr, c, 0)
		if err == nil {
			conn.Release()
			return nil
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// within returns a copy of c whose connections last no longer than ctx.
func within(ctx context.Context, c *sarama.Config) *sarama.Config {
	conf := *c
	conf.Net.Proxy.Enable = true
	conf.Net.Proxy.Dialer = dialer{ctx: ctx, next: &net.Dialer{Timeout: c.Net.DialTimeout, KeepAlive: c.Net.KeepAlive}}
	secureDials(ctx, &conf)
	return &conf
}

// Conn is a connection to one broker for the requests of one owner. Sarama's own Broker holds a lock while it waits
// for an answer, so that a long poll or a join could not be ended from outside; Abort can. Sarama dials and logs in;
// then the owner sends one request at a time, be it one of sarama's, within During, or one with Ask.
type Conn struct {
	*sarama.Broker
	// Abort closes the connection under whatever request is waiting; that request then returns an error. It may be
	// called from any goroutine and more than once.
	Abort context.CancelFunc
	alive context.Context
	wire  wire
}

// Aborted reports whether the connection was given up and another one is needed.
func (c *Conn) Aborted() bool { return c.alive.Err() != nil }

// Dial connects to the broker at addr and returns when it is ready for requests, or when ctx ends. timeout bounds the
// wait for the answer to each request; 0 takes the one of c.
func Dial(ctx context.Context, addr string, c *sarama.Config, timeout time.Duration) (*Conn, error) {
	alive, abort := context.WithCancel(context.Background())
	conf := within(alive, c)
	if timeout > 0 {
		conf.Net.ReadTimeout = timeout
	}
	login := &loginDialer{next: conf.Net.Proxy.Dialer}
	conf.Net.Proxy.Dialer = login
	conn := &Conn{Broker: sarama.NewBroker(addr), Abort: abort, alive: alive}
	if err := conn.Open(conf); err != nil {
		abort()
		return nil, fmt.Errorf("connect to broker %s: %w", addr, err)
	}
	stop := context.AfterFunc(ctx, abort)
	defer stop()
	if _, err := conn.Connected(); err != nil { // waits for Open
		conn.Release()
		if ctx.Err() != nil { // we have closed the connection, which is no reason for anybody to see
			return nil, fmt.Errorf("connect to broker %s: it did not answer: %w", addr, context.Cause(ctx))
		}
		return nil, fmt.Errorf("connect to broker %s: %w", addr, explain(err, c))
	}
	raw := login.conn.Conn
	conn.wire = wire{conn: raw, in: bufio.NewReader(raw), format: kmsg.NewRequestFormatter(kmsg.FormatterClientID(conf.ClientID)),
		timeout: conf.Net.ReadTimeout, renew: renewAt(login.conn.end())}
	return conn, nil
}

// Release aborts the connection and frees it.
func (c *Conn) Release() {
	c.Abort()
	_ = c.Close() // there is nothing left that could fail
}

// During runs one request of sarama's with ctx: when ctx ends first, the connection is aborted and the cause returned.
// Who reads the answer tells Throttle what it says, since sarama's own wait for the end of a throttle cannot be ended.
func (c *Conn) During(ctx context.Context, request func() error) error {
	if err := c.AwaitQuiet(ctx); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, c.Abort)
	err := request()
	if !stop() && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// dialer makes connections that end with a context.
type dialer struct {
	ctx  context.Context
	next *net.Dialer
}

// Dial implements proxy.Dialer.
func (d dialer) Dial(network, addr string) (net.Conn, error) {
	conn, err := d.next.DialContext(d.ctx, network, addr)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(d.ctx, func() { _ = conn.Close() })
	return &boundConn{Conn: conn, stop: stop}, nil
}

// boundConn forgets its context when it is closed.
type boundConn struct {
	net.Conn
	stop func() bool
}

func (c *boundConn) Close() error {
	c.stop()
	return c.Conn.Close()
}
