package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// secureDials makes the connections of c shake hands before sarama uses them. Sarama itself would do so with its first
// request, take a failure for one of that request, and report it later and differently.
func secureDials(ctx context.Context, c *sarama.Config) {
	d := &secureDialer{ctx: ctx, next: c.Net.Proxy.Dialer, timeout: c.Net.DialTimeout, inClear: c.Net.SASL.Enable && !c.Net.TLS.Enable}
	if c.Net.TLS.Enable {
		d.tls = c.Net.TLS.Config
		c.Net.TLS.Enable, c.Net.TLS.Config = false, nil
	}
	c.Net.Proxy.Dialer = d
}

type secureDialer struct {
	ctx  context.Context
	next interface {
		Dial(network, addr string) (net.Conn, error)
	}
	timeout time.Duration
	tls     *tls.Config // nil for none
	inClear bool        // passwords travel without TLS
}

// inClearOnce keeps the warning from coming with every connection.
var inClearOnce sync.Once

// Dial implements proxy.Dialer.
func (d *secureDialer) Dial(network, addr string) (net.Conn, error) {
	conn, err := d.next.Dial(network, addr)
	if err != nil {
		return nil, err
	}
	if d.inClear {
		inClearOnce.Do(func() {
			slog.Warn("passwords for Kafka travel without TLS; set security.protocol=SASL_SSL", "broker", addr)
		})
	}
	if d.tls == nil {
		return &clearConn{Conn: conn}, nil
	}
	conf := d.tls.Clone()
	if conf.ServerName == "" {
		if host, _, err := net.SplitHostPort(addr); err == nil {
			conf.ServerName = host
		}
	}
	ctx, cancel := context.WithTimeout(d.ctx, d.timeout)
	defer cancel()
	secured := tls.Client(conn, conf)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // the handshake's error is the one that counts
		return nil, fmt.Errorf("%w: %w", errHandshake, err)
	}
	return secured, nil
}

var errHandshake = errors.New("agree on TLS with the broker")

// errSpeaksTLS means that the broker answered a plain request with a TLS alert.
var errSpeaksTLS = errors.New("the broker speaks TLS")

// clearConn notices a TLS record in place of an answer. Sarama would take its first bytes for the length of an answer
// and ask for hundreds of megabytes.
type clearConn struct {
	net.Conn
	seen bool
}

func (c *clearConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if !c.seen && n > 0 {
		c.seen = true
		if n > 1 && b[0] == 0x15 && b[1] == 0x03 { // an alert of any version
			_ = c.Close()
			return 0, &net.OpError{Op: "read", Net: "tcp", Addr: c.RemoteAddr(), Err: errSpeaksTLS}
		}
	}
	return n, err
}
