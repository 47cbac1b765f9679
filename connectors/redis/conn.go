package redis

import (
	"bytes"
	"context"
	"net"
	"syscall"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// conn is a connection of a session. It knows which of its commands have no answer yet: those a server may still execute, at
// any time and whatever becomes of the connection at our side, because they may have arrived or wait in between.
type conn struct {
	net.Conn // speaks TLS where that is asked for
	raw      net.Conn
	session  *session
	addr     string // that was dialled

	sent requests
	got  answers
	// id is the server's number for the connection, 0 when it did not tell. It is asked for last when a connection is set up:
	// what is sent later are records.
	id     int64
	asking bool
	ready  bool
}

// clientID is how the client writes CLIENT ID.
var clientID = []byte("*2\r\n$6\r\nclient\r\n$2\r\nid\r\n")

// askID is called by the client when it has logged in. The answer is seen by the connection itself, which the client
// does not show here.
func askID(ctx context.Context, c *goredis.Conn) error {
	if err := c.ClientID(ctx).Err(); err != nil && !fromServer(err) {
		return err
	}
	return nil
}

// Write sends commands, unless the session was interrupted.
func (c *conn) Write(p []byte) (int, error) {
	if c.session.interrupted() {
		return 0, errInterrupted
	}
	if c.sent.complete == c.got.complete {
		c.got.reset()
	}
	if !c.ready && bytes.Equal(p, clientID) {
		c.asking = true
	}
	n, err := c.Conn.Write(p)
	c.sent.take(p[:n])
	return n, err
}

// Read returns answers that are not too long.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil && n == 0 && c.got.complete == 0 && c.Conn == c.raw && !isTimeout(err) && speaksTLS(c.session.ctx, c.addr) {
		return 0, errTLSNeeded // many servers just hang up on what is no TLS
	}
	if wrong := c.got.take(p[:n]); wrong != nil {
		return 0, wrong
	}
	if c.asking && c.got.complete == c.sent.complete {
		c.asking, c.ready = false, true
		if c.got.kind == ':' {
			c.id = c.got.number
		}
	}
	return n, err
}

// unanswered reports whether the server may still execute a command that writes.
func (c *conn) unanswered() bool { return c.ready && c.sent.complete > c.got.complete }

// Close closes the connection, or hands it to its session when somebody has to care for what is under way.
func (c *conn) Close() error {
	c.session.mu.Lock()
	_, mine := c.session.conns[c]
	delete(c.session.conns, c)
	if mine && c.unanswered() {
		c.session.left = append(c.session.left, c)
		c.session.mu.Unlock()
		return nil
	}
	c.session.mu.Unlock()
	return c.Conn.Close()
}

// drain reads answers until all are there or ctx ends, and reports whether they are.
func (c *conn) drain(ctx context.Context) bool {
	until, _ := ctx.Deadline()
	_ = c.Conn.SetReadDeadline(until)
	defer context.AfterFunc(ctx, func() { _ = c.Conn.SetReadDeadline(time.Unix(1, 0)) })()
	buf := make([]byte, 4096)
	for c.unanswered() {
		if _, err := c.Read(buf); err != nil {
			break
		}
	}
	return !c.unanswered()
}

// SetDeadline obeys the session, which may be in a hurry.
func (c *conn) SetDeadline(t time.Time) error { return c.within(t, c.Conn.SetDeadline) }

// SetReadDeadline is like SetDeadline.
func (c *conn) SetReadDeadline(t time.Time) error { return c.within(t, c.Conn.SetReadDeadline) }

// SetWriteDeadline is like SetDeadline.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.within(t, c.Conn.SetWriteDeadline) }

func (c *conn) within(t time.Time, set func(time.Time) error) error {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	if limit := c.session.limit; !limit.IsZero() && (t.IsZero() || t.After(limit)) {
		t = limit
	}
	return set(t)
}

// plainConn is a connection without TLS.
type plainConn struct{ *conn }

// SyscallConn lets the client notice that the server closed an idle connection. With TLS it would see what is not its business.
func (c plainConn) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.raw.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, syscall.ENOTSUP
}
