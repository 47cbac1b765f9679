package redis

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// task owns the connections its writers take turns with.
type task struct {
	settings *settings
	turns    pace.Slots // one for each lane in use
	mu       sync.Mutex
	idle     []*lane
}

func newTask(s *settings) *task {
	return &task{settings: s, turns: pace.NewSlots(s.connections)}
}

// Open returns a writer; it needs no connection before it writes.
func (t *task) Open(context.Context, schemas.TopicPartition, int64) (connectors.Writer, error) {
	return &writer{task: t, builder: builder{settings: t.settings}}, nil
}

// Close closes the connections.
func (t *task) Close(context.Context) error {
	t.mu.Lock()
	idle := t.idle
	t.idle = nil
	t.mu.Unlock()
	var errs []error
	for _, l := range idle {
		errs = append(errs, l.close())
	}
	return errors.Join(errs...)
}

// acquire waits for a lane, which must be released.
func (t *task) acquire(ctx context.Context) (*lane, error) {
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
	return newLane(t.settings), nil
}

// release takes a lane back. A broken one is thrown away: nobody knows what its connections still have under way.
func (t *task) release(l *lane, broken bool) {
	if broken || l.ctx.Err() != nil {
		l.cut()
		_ = l.close()
	} else {
		t.mu.Lock()
		t.idle = append(t.idle, l)
		t.mu.Unlock()
	}
	t.turns.Release()
}

// probe asks the server whether it is there, lets us in and has the commands we need. That a server is away is
// retriable: it must not fail a task that starts just now.
func (t *task) probe(ctx context.Context) error {
	l, err := t.acquire(ctx)
	if err != nil {
		return err
	}
	err = l.probe(ctx, t.settings)
	t.release(l, err != nil)
	return err
}

func (l *lane) probe(ctx context.Context, s *settings) error {
	defer l.cutWhenOver(ctx)()
	if err := l.client.Ping(ctx).Err(); err != nil {
		return s.failure("connect to Redis at "+s.dial.Addr, err)
	}
	if s.kind != typeJSON {
		return nil
	}
	answer, err := l.client.Do(ctx, "COMMAND", "INFO", "JSON.SET").Slice()
	if err == nil && len(answer) == 1 && answer[0] == nil || err != nil && isNil(err) {
		return connectors.Correctable(fmt.Errorf("use redis.type=JSON at %s: %w", s.dial.Addr, errNoJSON))
	}
	// Whoever may not ask finds out with the first record.
	return nil
}

var errNoJSON = errors.New("the server has no JSON.SET command; load the JSON module (Redis Stack, Redis 8, ElastiCache) or use HASH or STRING")
