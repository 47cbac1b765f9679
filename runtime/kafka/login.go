package kafka

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// loginDialer keeps hold of the connection that sarama dials, and listens while it logs in: sarama does not tell for
// how long the broker takes the login.
type loginDialer struct {
	next interface {
		Dial(network, addr string) (net.Conn, error)
	}
	conn *loginConn
}

// Dial implements proxy.Dialer.
func (d *loginDialer) Dial(network, addr string) (net.Conn, error) {
	conn, err := d.next.Dial(network, addr)
	if err != nil {
		return nil, err
	}
	d.conn = &loginConn{Conn: conn}
	return d.conn, nil
}

// loginConn keeps the answer to the last SaslAuthenticate request.
type loginConn struct {
	net.Conn
	over    atomic.Bool // nobody listens any more
	asked   bool        // the last request was a SaslAuthenticate
	version int16       // of it
	answer  []byte
}

// answerMost bounds what is kept of an answer to a login.
const answerMost = 64 << 10

// Write sees the header of each request: sarama writes a request at a time.
func (c *loginConn) Write(b []byte) (int, error) {
	const size, key, version = 4, 2, 2
	if !c.over.Load() {
		c.asked = len(b) >= size+key+version && binary.BigEndian.Uint16(b[size:]) == uint16(kmsg.SASLAuthenticate)
		if c.asked {
			c.version, c.answer = int16(binary.BigEndian.Uint16(b[size+key:])), c.answer[:0]
		}
	}
	return c.Conn.Write(b)
}

func (c *loginConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.asked && !c.over.Load() && len(c.answer)+n <= answerMost {
		c.answer = append(c.answer, b[:n]...)
	}
	return n, err
}

// end stops listening, and returns how long the login lasts; 0 for without end.
func (c *loginConn) end() time.Duration {
	c.over.Store(true)
	answer := c.answer
	c.answer = nil
	if len(answer) < frameHeader {
		return 0
	}
	res := &kmsg.SASLAuthenticateResponse{Version: c.version}
	body := answer[frameHeader:]
	if res.IsFlexible() {
		var err error
		if body, err = withoutTags(body); err != nil {
			return 0
		}
	}
	if res.ReadFrom(body) != nil || res.ErrorCode != 0 {
		return 0
	}
	return time.Duration(max(res.SessionLifetimeMillis, 0)) * time.Millisecond
}

// renewAt is when to log in again before a login ends that lasts so long from now: as Kafka's clients do after 85 to
// 95 % of the time, so that those that came together do not come back together.
func renewAt(lasts time.Duration) time.Time {
	if lasts <= 0 {
		return time.Time{}
	}
	return time.Now().Add(time.Duration(float64(lasts) * (0.85 + 0.1*rand.Float64())))
}
