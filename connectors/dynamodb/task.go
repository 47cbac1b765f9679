package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// opener finds a table and its key schema.
type opener func(ctx context.Context, name string) (table, layout, error)

// task owns what the partitions share: one batcher per table and the budget for all of them.
type task struct {
	settings settings
	place    place // without a table
	open     opener
	wake     func(schemas.TopicPartition)
	budget   *budget
	backoff  func(int) time.Duration
	release  func() // frees what the client holds

	ctx     context.Context
	cancel  context.CancelFunc
	quit    chan struct{}
	running sync.WaitGroup

	mu     sync.Mutex
	tables map[string]*sharedTable
}

// sharedTable is a table that is being found, or was found.
type sharedTable struct {
	turn    chan struct{} // holds a token while somebody looks for the table
	batcher *batcher
}

func newTask(s settings, p place, open opener, wake func(schemas.TopicPartition)) *task {
	t := &task{settings: s, place: p, open: open, wake: wake, budget: newBudget(s.buffer), backoff: exponential,
		release: func() {}, quit: make(chan struct{}), tables: map[string]*sharedTable{}}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// Open returns the writer of tp.
func (t *task) Open(_ context.Context, tp schemas.TopicPartition, _ int64) (connectors.Writer, error) {
	return newWriter(t, tp), nil
}

// Close waits for the requests in flight; what still runs when ctx ends is aborted.
func (t *task) Close(ctx context.Context) error {
	close(t.quit)
	ended := make(chan struct{})
	go func() {
		t.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	t.cancel()
	<-ended
	t.release()
	return nil
}

// batcher returns the batcher of a table, finding the table the first time. An error is what the writer returns.
func (t *task) batcher(ctx context.Context, name string) (*batcher, error) {
	t.mu.Lock()
	shared := t.tables[name]
	if shared == nil {
		shared = &sharedTable{turn: make(chan struct{}, 1)}
		t.tables[name] = shared
	}
	t.mu.Unlock()
	select {
	case shared.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, connectors.Retriable(fmt.Errorf("wait for the description of table %s: %w", name, context.Cause(ctx)))
	}
	defer func() { <-shared.turn }()
	if shared.batcher != nil {
		return shared.batcher, nil
	}
	tbl, l, err := t.open(ctx, name)
	if err != nil {
		return nil, t.openError(ctx, name, err)
	}
	where := t.at(name)
	if err := t.settings.fits(l); err != nil {
		return nil, fmt.Errorf("use table %s in region %s: %w; correct the connector or the table, %s", name, where.region, err, where.restart())
	}
	shared.batcher = &batcher{
		name: name, layout: l, table: tbl, lanes: t.settings.inFlight, linger: t.settings.linger, maxRetry: t.settings.maxRetry,
		backoff: t.backoff, budget: t.budget, explain: where.explain, wake: func(p *progress) { t.wake(p.tp) },
		ctx: t.ctx, quit: t.quit, running: &t.running, queue: newQueue(), users: map[*progress]struct{}{},
	}
	return shared.batcher, nil
}

func (t *task) openError(ctx context.Context, name string, err error) error {
	explained := t.at(name).explain(err)
	if ctx.Err() != nil || classify(err) == retriable {
		return connectors.Retriable(explained)
	}
	return explained
}

func (t *task) at(name string) place {
	p := t.place
	p.table = name
	return p
}

// fits holds the key references against the key schema of a table.
func (s *settings) fits(l layout) error {
	if err := fitsAttribute(keyHash, s.hash, l.hash); err != nil {
		return err
	}
	switch {
	case s.sort == nil && l.sort.name != "":
		return fmt.Errorf("the table has the sort key %s, but %s is empty", l.sort.name, keySort)
	case s.sort != nil && l.sort.name == "":
		return fmt.Errorf("the table has no sort key, but %s is %s: set it to nothing", keySort, s.sort.text)
	case s.sort != nil:
		return fitsAttribute(keySort, *s.sort, l.sort)
	}
	return nil
}

func fitsAttribute(key string, ref reference, a attribute) error {
	if ref.column != a.name {
		return fmt.Errorf("%s=%s gives the key attribute %s, the table has %s (add the alias :%s)", key, ref.text, ref.column, a.name, a.name)
	}
	switch a.typ {
	case typeString, typeNumber:
		return nil
	case typeBinary:
		if ref.from == fromKey || ref.from == fromValue {
			return nil
		}
		return fmt.Errorf("%s=%s gives a number, the table wants %s as bytes (B)", key, ref.text, a.name)
	}
	return errors.New("the table has a key attribute of no known type")
}
