package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// task owns the connections its writers take turns with.
type task struct {
	settings *settings
	logger   *slog.Logger
	warned   sync.Once
	turns    pace.Slots // one for each session in use
	mu       sync.Mutex
	idle     []*session
}

func newTask(s *settings, logger *slog.Logger) *task {
	return &task{settings: s, logger: logger, turns: pace.NewSlots(s.connections)}
}

// Open returns a writer; it needs no connection before it writes.
func (t *task) Open(context.Context, schemas.TopicPartition, int64) (connectors.Writer, error) {
	return &writer{task: t, builder: builder{settings: t.settings}}, nil
}

// Close closes the connections. None has anything under way: writers care for that.
func (t *task) Close(context.Context) error {
	t.mu.Lock()
	idle := t.idle
	t.idle = nil
	t.mu.Unlock()
	for _, l := range idle {
		l.end()
	}
	return nil
}

// acquire waits for a session, which must be released.
func (t *task) acquire(ctx context.Context) (*session, error) {
	if err := t.turns.Acquire(ctx); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.idle); n > 0 {
		l := t.idle[n-1]
		t.idle = t.idle[:n-1]
		return l, nil
	}
	return newSession(t.settings), nil
}

// release takes a session back. A broken one is ended; its connections that have commands under way are returned, and must be
// settled.
func (t *task) release(l *session, broken bool) (left []*conn) {
	defer t.turns.Release()
	if broken || l.interrupted() {
		return l.end()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.idle = append(t.idle, l)
	return nil
}

// probe asks the server whether it is there, lets us in and has the commands we need. That a server is away is
// retriable: it must not fail a task that starts just now.
func (t *task) probe(ctx context.Context) error {
	l, err := t.acquire(ctx)
	if err != nil {
		return err
	}
	err = t.ask(ctx, l)
	for _, c := range t.release(l, err != nil) {
		_ = c.Conn.Close() // nothing that it asked changes anything
	}
	return err
}

func (t *task) ask(ctx context.Context, l *session) error {
	defer l.interruptWhenOver(ctx)()
	s := t.settings
	if err := l.client.Ping(l.ctx).Err(); err != nil {
		return s.failure("connect to Redis at "+s.dial.Addr, err)
	}
	t.probeKill(l)
	if s.kind != typeJSON {
		return nil
	}
	answer, err := l.client.Do(l.ctx, "COMMAND", "INFO", "JSON.SET").Slice()
	if err == nil && len(answer) == 1 && answer[0] == nil || err != nil && isNil(err) {
		return connectors.Correctable(fmt.Errorf("use redis.type=JSON at %s: %w", s.dial.Addr, errNoJSON))
	}
	// Whoever may not ask finds out with the first record.
	return nil
}

var errNoJSON = errors.New("the server has no JSON.SET command; load the JSON module (Redis Stack, Redis 8, ElastiCache) or use HASH or STRING")
