package rest

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSlowClientsHoldUpNobody: many clients that never finish their requests cost a connection each, and no more.
func TestSlowClientsHoldUpNobody(t *testing.T) {
	c := newClient(t)
	clients := 2000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil {
		clients = min(clients, int(limit.Cur)/4) // both ends are in this process
	}
	head := "POST /connectors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n"
	for i := range clients {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(c.url, "http://"))
		if err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte(head[:20+i%(len(head)-20)])); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.do("POST", "/connectors", create("a")); got.status != 201 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := c.do("GET", "/connectors", ""); got.body != `["a"]` {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestRefusalsOfTheServer: what net/http refuses past any handler looks like every other refusal of a path.
func TestRefusalsOfTheServer(t *testing.T) {
	listeners, err := Listen(t.Context(), []string{"127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t)
	s := NewServer(http.NotFoundHandler(), CrossSite{}, c.discard())
	s.Serve(listeners)
	defer func() { _ = s.Shutdown(t.Context()) }()
	for _, request := range []string{"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "hello\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", 2*maxHeaderBytes) + "\r\n\r\n"} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listeners[0].Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = conn.Write([]byte(request))
		buf := make([]byte, 1000)
		n, _ := conn.Read(buf)
		if got := string(buf[:n]); !strings.HasPrefix(got, "HTTP/1.1 4") || !strings.Contains(got, "text/html;charset=iso-8859-1") || !strings.Contains(got, "HTTP ERROR 4") {
			t.Errorf("%.20s: %s", request, got)
		}
		conn.Close()
	}
}

// BenchmarkManyConnectors creates, lists and deletes 2,000 connectors; list-ns/op is the answer to one request for
// everything about all of them.
func BenchmarkManyConnectors(b *testing.B) {
	const many = 2000
	for range b.N {
		c := newClient(b)
		for i := range many {
			if got := c.do("POST", "/connectors", create(fmt.Sprintf("connector-%04d", i))); got.status != 201 {
				b.Fatal(got)
			}
		}
		began := time.Now()
		const lists = 5
		for range lists {
			if got := c.do("GET", "/connectors?expand=status&expand=info", ""); got.status != 200 || len(got.body) < many*100 {
				b.Fatal(got.status)
			}
		}
		b.ReportMetric(float64(time.Since(began).Nanoseconds())/lists, "list-ns/op")
		for i := range many {
			c.do("DELETE", fmt.Sprintf("/connectors/connector-%04d", i), "")
		}
	}
}
