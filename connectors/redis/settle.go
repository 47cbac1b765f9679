package redis

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// overtime is how long a writer whose time is over still takes to make sure that its commands have ended.
const overtime = 2 * time.Second

// withOvertime returns a context that ends after most, and overtime after ctx at the latest.
func withOvertime(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(overtime, cancel)
		context.AfterFunc(late, func() { timer.Stop() })
	})
	return late, func() { stop(); cancel() }
}

// settle makes certain that a connection whose commands have not all been answered executes none of them any more. A closed
// connection does not say so: a server executes what it has received, and a proxy may still deliver. Either all
// answers come, or the server says that it has closed the connection. Where it does not let us ask for that, the end of the
// connection is waited for, which is all that can be done. After an error c is as unsettled as before.
func (t *task) settle(ctx context.Context, c *conn) error {
	if c.answered(ctx, answerGrace) {
		_ = c.Conn.Close()
		return nil
	}
	err := t.kill(ctx, c)
	var refused *killRefusedError
	switch {
	case errors.As(err, &refused):
		t.warnOnce(refused)
		c.waitForEnd(ctx)
	case err != nil:
		return err
	}
	_ = c.Conn.Close()
	return nil
}

// answered waits some time for the answers that are missing.
func (c *conn) answered(ctx context.Context, some time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, some)
	defer cancel()
	return c.drain(ctx)
}

// waitForEnd tells the server that nothing more comes, and waits until it has answered or has closed the connection.
func (c *conn) waitForEnd(ctx context.Context) {
	if half, ok := c.raw.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
	c.drain(ctx)
}

// killRefusedError says that the server does not let us end a connection.
type killRefusedError struct{ reason string }

// Error says why.
func (e *killRefusedError) Error() string { return e.reason }

// kill has the server close a connection, which ends what it has received on it.
func (t *task) kill(ctx context.Context, c *conn) error {
	if c.id == 0 {
		return &killRefusedError{"CLIENT ID is not answered"}
	}
	l := newNodeSession(t.settings, c.addr)
	defer l.end()
	defer l.interruptWhenOver(ctx)()
	id, err := l.client.ClientID(l.ctx).Result()
	if err == nil && id <= c.id {
		return nil // numbers only grow: the server that had the connection has ended
	}
	if err == nil || fromServer(err) {
		err = l.client.ClientKillByFilter(l.ctx, "ID", fmt.Sprint(c.id)).Err()
	}
	switch {
	case err == nil:
		return nil
	case t.replaced(ctx, c.addr, err):
		return nil
	}
	return t.settings.killFailure(err)
}

// killFailure tells a server that does not let us end connections from one that cannot be asked now.
func (s *settings) killFailure(err error) error {
	if fromServer(err) && !hasCode(serverText(err), temporary) && !hasCode(serverText(err), login) {
		return &killRefusedError{withoutArguments(serverText(err))}
	}
	return s.failure("end an old connection to Redis at "+s.dial.Addr, err)
}

// replaced reports whether a node of a cluster that cannot be reached has lost its slots to another one, which has not received
// what the node still has to execute.
func (t *task) replaced(ctx context.Context, addr string, err error) bool {
	if !t.settings.cluster || fromServer(err) {
		return false
	}
	l := newSession(t.settings)
	defer l.end()
	defer l.interruptWhenOver(ctx)()
	var (
		mu    sync.Mutex
		found bool
	)
	err = l.client.(*goredis.ClusterClient).ForEachMaster(l.ctx, func(_ context.Context, node *goredis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		found = found || node.Options().Addr == addr
		return nil
	})
	return err == nil && !found
}

// probeKill finds out early whether connections may be ended. No connection has the number that is asked for.
func (t *task) probeKill(l *session) {
	err := l.client.Do(l.ctx, "CLIENT", "ID").Err()
	if err == nil {
		err = l.client.Do(l.ctx, "CLIENT", "KILL", "ID", math.MaxInt64).Err()
	}
	var refused *killRefusedError
	if err != nil && errors.As(t.settings.killFailure(err), &refused) {
		t.warnOnce(refused)
	}
}

func (t *task) warnOnce(refused *killRefusedError) {
	t.warned.Do(func() {
		t.logger.Warn("Redis does not let this user end its own old connections. After a broken connection or a lost partition a command "+
			"that arrives late can overwrite a newer value. Allow CLIENT ID and CLIENT KILL: ACL SETUSER … +client|id +client|kill",
			"server", t.settings.dial.Addr, "reason", refused.reason)
	})
}
