//go:build unix

package parts

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// probeLimit bounds one question to a service that is coming up; the next one follows soon.
const probeLimit = 5 * time.Second

// answers is ready when the URL gives any HTTP answer, be it a refusal for want of a signature.
func answers(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := get(ctx, url)
		return err
	}
}

// succeeds is ready when the URL gives 200.
func succeeds(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		status, err := get(ctx, url)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("get %s: status %d", url, status)
		}
		return nil
	}
}

func get(ctx context.Context, url string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, fmt.Errorf("make a request for %s: %w", url, err)
	}
	// A connection of its own: none may stay idle and be taken for a leak of the test.
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("get %s: %w", url, err)
	}
	return response.StatusCode, response.Body.Close()
}

// pongs is ready when a Redis at addr has loaded its data and answers PING.
func pongs(addr string) func(context.Context) error {
	return func(ctx context.Context) error {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err != nil {
			return fmt.Errorf("dial %s: %w", addr, err)
		}
		defer func() { _ = conn.Close() }()
		if err := conn.SetDeadline(time.Now().Add(probeLimit)); err != nil {
			return fmt.Errorf("set a deadline for %s: %w", addr, err)
		}
		if _, err := conn.Write([]byte("PING\r\n")); err != nil {
			return fmt.Errorf("ping %s: %w", addr, err)
		}
		answer, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil {
			return fmt.Errorf("ping %s: %w", addr, err)
		}
		if answer != "+PONG\r\n" {
			return fmt.Errorf("ping %s: %q", addr, answer)
		}
		return nil
	}
}
