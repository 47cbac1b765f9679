package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/connectors/inflight"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// opener finds a table and its key schema.
type opener func(ctx context.Context, name string) (table, layout, error)

// task owns what the partitions share: one batcher per table and the budget for all of them.
type task struct {
	settings settings
	region   string
	open     opener
	pool     *inflight.Pool
	backoff  pace.Backoff
	release  func() // frees what the client holds

	mu     sync.Mutex
	tables map[string]*sharedTable
}

// sharedTable is a table that is being found, or was found.
type sharedTable struct {
	turn    pace.Slots // holds a token while somebody looks for the table
	found   bool
	layout  layout
	batcher *inflight.Batcher
}

func newTask(s settings, region string, open opener, wake func(schemas.TopicPartition)) *task {
	pool := inflight.NewPool(inflight.Options{Buffer: s.buffer, BufferKey: keyBuffer, Wake: wake})
	return &task{settings: s, region: region, open: open, pool: pool, release: func() {}, tables: map[string]*sharedTable{}}
}

// Open returns the writer of tp.
func (t *task) Open(_ context.Context, tp schemas.TopicPartition, _ int64) (connectors.Writer, error) {
	return &writer{Writer: t.pool.Writer(tp), task: t, encoder: newEncoder(&t.settings), routes: map[string]*sharedTable{}}, nil
}

// Close waits for the requests in flight; what still runs when ctx ends is aborted.
func (t *task) Close(ctx context.Context) error {
	defer t.release()
	return t.pool.Close(ctx)
}

// find returns a table, looking for it the first time. An error is what the writer returns.
func (t *task) find(ctx context.Context, name string) (*sharedTable, error) {
	t.mu.Lock()
	shared := t.tables[name]
	if shared == nil {
		shared = &sharedTable{turn: pace.NewSlots(1)}
		t.tables[name] = shared
	}
	t.mu.Unlock()
	if err := shared.turn.Acquire(ctx); err != nil {
		return nil, connectors.Retriable(fmt.Errorf("wait for the description of table %s: %w", name, err))
	}
	defer shared.turn.Release()
	if shared.found {
		return shared, nil
	}
	where := place{name, t.region}
	tbl, l, err := t.open(ctx, name)
	if err != nil {
		return nil, openError(ctx, where, err)
	}
	if err := t.settings.fits(l); err != nil {
		return nil, connectors.Correctable(fmt.Errorf("use table %s in region %s: %w; correct the connector or the table", name, t.region, err))
	}
	shared.layout, shared.batcher, shared.found = l, t.pool.Batcher(t.target(where, tbl)), true
	return shared, nil
}

func (t *task) target(where place, tbl table) inflight.Target {
	return inflight.Target{
		Name: "table " + where.table, MaxItems: maxBatchItems, MaxBytes: maxBatchBytes,
		Requests: t.settings.inFlight, Linger: t.settings.linger, Patience: t.settings.maxRetry,
		Timeout: requestTimeout, Backoff: t.backoff, Send: tbl.write, Judge: judge, Explain: where.explain,
	}
}

func openError(ctx context.Context, where place, err error) error {
	explained := where.explain(err)
	if ctx.Err() != nil || judge(err) == connectors.Later {
		return connectors.Retriable(explained)
	}
	return explained
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
