package rest

import (
	"bytes"
	"net"
)

// What net/http itself answers, past any handler, to a request it cannot read.
var (
	refusalStart = []byte("HTTP/1.1 4")
	refusalType  = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")
	htmlType     = []byte("\r\nContent-Type: text/html;charset=iso-8859-1\r\nConnection: close\r\n\r\n")
)

// refusingListener makes connections whose refusals look like those of the Java worker's web container.
type refusingListener struct{ net.Listener }

// Accept implements net.Listener.
func (l refusingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return refusingConn{conn}, nil
}

type refusingConn struct{ net.Conn }

// Write implements net.Conn. A refusal of net/http comes in one piece.
func (c refusingConn) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(p, refusalStart) {
		return c.Conn.Write(p)
	}
	line := bytes.Index(p, []byte("\r\n"))
	if line < 0 || !bytes.HasPrefix(p[line:], refusalType) {
		return c.Conn.Write(p)
	}
	status := p[len("HTTP/1.1 "):line]
	page := bytes.Join([][]byte{p[:line], htmlType, []byte("<html><body><h2>HTTP ERROR "), status, []byte("</h2></body></html>\n")}, nil)
	if _, err := c.Conn.Write(page); err != nil {
		return 0, err
	}
	return len(p), nil
}
