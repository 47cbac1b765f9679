package rest

import (
	"crypto/tls"
	"net"
)

// secureListener hands out TLS connections, which net/http must see as such.
type secureListener struct{ net.Listener }

// Secure returns a listener for https in place of l.
func Secure(l net.Listener, conf *tls.Config) net.Listener {
	return secureListener{tls.NewListener(l, conf)}
}

// dressed gives refusals of net/http their look, which it cannot do for connections that are encrypted by then.
func dressed(l net.Listener) net.Listener {
	if _, secure := l.(secureListener); secure {
		return l
	}
	return refusingListener{l}
}

func scheme(l net.Listener) string {
	if _, secure := l.(secureListener); secure {
		return "https://"
	}
	return "http://"
}
