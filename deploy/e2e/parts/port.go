//go:build unix

package parts

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// Ports are drawn below the range from which systems number outgoing connections. Inside that range a client that keeps
// dialling a stopped service can be given the service's own port, and so keep it from coming back.
const (
	firstPort = 20000
	lastPort  = 32000
)

var (
	handedOutMu sync.Mutex
	handedOut   = map[int]bool{}
)

// FreeAddr returns a loopback address, host:port, that nothing listens on. It suits programs that are started again on
// the address they had, see firstPort.
func FreeAddr(tb testing.TB) string {
	tb.Helper()
	port, err := freePort()
	if err != nil {
		tb.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// freePort returns a loopback port that nothing listens on and that this process has not handed out before.
func freePort() (int, error) {
	handedOutMu.Lock()
	defer handedOutMu.Unlock()
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		if handedOut[port] {
			continue
		}
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			return 0, fmt.Errorf("give back port %d: %w", port, err)
		}
		handedOut[port] = true
		return port, nil
	}
	return 0, fmt.Errorf("find a free port between %d and %d: all taken", firstPort, lastPort)
}
