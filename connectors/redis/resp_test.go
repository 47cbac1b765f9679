package redis

import (
	"bufio"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// TestAnswersAreCounted in whatever pieces they come.
func TestAnswersAreCounted(t *testing.T) {
	for text, want := range map[string]int64{
		"+OK\r\n":                                         1,
		"+OK\r\n:1\r\n-ERR no\r\n":                        3,
		"$5\r\nhel\r\n\r\n$0\r\n\r\n$-1\r\n":              3,
		"*2\r\n$1\r\na\r\n*1\r\n:5\r\n":                   1,
		"*0\r\n*-1\r\n_\r\n#t\r\n,1.5\r\n(12345\r\n":      6,
		"%1\r\n$2\r\nid\r\n:7\r\n":                        1,
		">2\r\n+message\r\n$1\r\nx\r\n+OK\r\n":            1, // nobody asked for the first
		"|1\r\n+ttl\r\n:3\r\n+OK\r\n|0\r\n:1\r\n":         2,
		"*1\r\n*1\r\n*2\r\n+a\r\n%0\r\n":                  1,
		"~1\r\n=7\r\ntxt:abc\r\n!5\r\nERR x\r\n":          2,
		"$3\r\nab":                                        0,
		"*2\r\n+one\r\n":                                  0,
		"*2\r\n|1\r\n+a\r\n+b\r\n+x\r\n$1\r\ny\r\n:1\r\n": 2,
	} {
		for size := 1; size <= len(text); size++ {
			var a answers
			for rest := []byte(text); len(rest) > 0; {
				n := min(size, len(rest))
				if err := a.take(rest[:n]); err != nil {
					t.Fatalf("%q: %v", text, err)
				}
				rest = rest[n:]
			}
			if a.complete != want {
				t.Errorf("%q in pieces of %d: %d answers, want %d", text, size, a.complete, want)
			}
		}
	}
}

func TestRequestsAreCounted(t *testing.T) {
	text := "*2\r\n$3\r\nDEL\r\n$2\r\n\r\n\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$0\r\n\r\n*1\r\n$4\r\nPI"
	for size := 1; size <= len(text); size++ {
		var r requests
		for rest := []byte(text); len(rest) > 0; {
			n := min(size, len(rest))
			r.take(rest[:n])
			rest = rest[n:]
		}
		if r.complete != 2 {
			t.Errorf("in pieces of %d: %d", size, r.complete)
		}
	}
}

// TestAnswersWithoutEndTakeNoMemory: what a server promises is not believed.
func TestAnswersWithoutEndTakeNoMemory(t *testing.T) {
	for name, answer := range map[string]string{
		"list":          "*2147483647\r\n",
		"map":           "%2147483647\r\n",
		"set":           "~2147483647\r\n",
		"push":          ">2147483647\r\n",
		"attribute":     "|2147483647\r\n",
		"text":          "$2147483647\r\n",
		"verbatim":      "=2147483647\r\n",
		"error":         "!2147483647\r\n",
		"more than all": "*99999999999999999999999999\r\n",
		"lists":         strings.Repeat("*1000000\r\n", 100),
		"levels":        strings.Repeat("*1\r\n", 1_000_000),
		"a line":        "+" + strings.Repeat("x", 20<<20),
		"another":       "HTTP/1.1 400 Bad Request\r\n\r\n",
		"text in list":  "*2\r\n$5\r\nhello\r\n$1999999999\r\n",
		"many texts":    strings.Repeat("$1000000\r\n"+strings.Repeat("x", 1_000_000)+"\r\n", 40),
	} {
		t.Run(name, func(t *testing.T) {
			host, port := answering(t, answer)
			k := startTask(t, map[string]string{keyType: typeString, keyHost: host, keyPort: port, keyTimeout: "5"})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			batch := make([]schemas.Record, 60)
			for i := range batch {
				batch[i] = rec(int64(i), "a", "1")
			}
			n, err := k.writer(t).Write(t.Context(), batch)
			runtime.ReadMemStats(&after)
			if n == len(batch) || !connectors.IsRetriable(err) {
				t.Errorf("%d, %v", n, err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 200<<20 {
				t.Errorf("took %d MB", took>>20)
			}
			t.Log(err)
		})
	}
}

// answering starts a server that logs everybody in and answers everything else with one text.
func answering(t *testing.T, answer string) (host, port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { // ends with the listener
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					var err error
					switch strings.ToUpper(lines.Text()) {
					case "HELLO":
						_, err = fmt.Fprint(c, "%1\r\n$5\r\nproto\r\n:3\r\n")
					case "CLIENT":
						_, err = fmt.Fprint(c, "-ERR unknown command\r\n")
					case "SET":
						_, err = fmt.Fprint(c, answer)
					}
					if err != nil {
						return
					}
				}
			}()
		}
	}()
	host, port, _ = net.SplitHostPort(l.Addr().String())
	return host, port
}
