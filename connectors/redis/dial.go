package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// silence is how long a server may say nothing to a TLS handshake, or to the question whether it needs one, before it is
// suspected to speak the other way.
const silence = 2 * time.Second

var (
	errTLSNeeded   = errors.New("the server speaks TLS at this port: set redis.tls=true or write rediss:// in redis.uri, or correct the port")
	errTLSUnspoken = errors.New("the server does not speak TLS at this port: remove redis.tls or the second s of rediss://, or correct the port")
)

// dial opens a connection for the client.
func (l *session) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)()
	var d net.Dialer
	raw, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, raw: raw, session: l, addr: addr}
	if config := l.settings.dial.TLSConfig; config != nil {
		if c.Conn, err = handshake(ctx, raw, config, addr); err != nil {
			_ = raw.Close()
			return nil, fmt.Errorf("agree on TLS: %w", err)
		}
	}
	l.mu.Lock()
	l.conns[c] = struct{}{}
	over := l.ctx.Err()
	l.mu.Unlock()
	if over != nil {
		_ = c.Close()
		return nil, over
	}
	if c.Conn == raw {
		return plainConn{c}, nil
	}
	return c, nil
}

// handshake agrees on TLS. Redis without TLS says nothing to the attempt: it waits for the end of a line.
func handshake(ctx context.Context, raw net.Conn, config *tls.Config, addr string) (net.Conn, error) {
	config = config.Clone()
	if host, _, err := net.SplitHostPort(addr); err == nil {
		config.ServerName = host
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	peer := &heard{Conn: raw}
	done := make(chan struct{})
	doubt := time.AfterFunc(silence, func() {
		defer close(done)
		if !peer.any.Load() && speaksPlainly(ctx, addr) {
			cancel(errTLSUnspoken)
		}
	})
	secure := tls.Client(peer, config)
	err := secure.HandshakeContext(ctx)
	if !doubt.Stop() {
		cancel(nil)
		<-done
	}
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, errTLSUnspoken) {
		return nil, cause
	}
	return secure, err
}

// heard notes whether anything came from a server.
type heard struct {
	net.Conn
	any atomic.Bool
}

// Read reads.
func (h *heard) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	if n > 0 {
		h.any.Store(true)
	}
	return n, err
}

// speaksPlainly reports whether the server at addr answers without TLS.
func speaksPlainly(ctx context.Context, addr string) bool {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })()
	answer := []byte{0}
	if _, err := c.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	_, err = c.Read(answer)
	return err == nil && (answer[0] == '+' || answer[0] == '-') // a pong, or that a login is needed
}

// speaksTLS reports whether the server at addr agrees on TLS, whoever it is: nothing is sent to it.
func speaksTLS(ctx context.Context, addr string) bool {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}}
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		var refused tls.AlertError // as by a server that wants a certificate
		return errors.As(err, &refused)
	}
	_ = c.Close()
	return true
}

func isTimeout(err error) bool {
	var failure net.Error
	return errors.As(err, &failure) && failure.Timeout()
}
