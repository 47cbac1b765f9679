// Package inflight is the generic half of an asynchronous sink: it gathers the records of all partitions of a task into
// requests, keeps several of them in flight, and knows for each partition which records are safe.
//
// A sink brings a function that sends a request (Target.Send) and one that turns a record into a key and a body; the latter
// is all that is left of its Write. Everything else of connectors.Writer comes from embedding Writer:
//
//	type task struct {
//		*inflight.Pool
//		events *inflight.Batcher
//	}
//
//	func newTask(tc connectors.TaskContext, c *client) *task {
//		pool := inflight.NewPool(inflight.Options{Buffer: 32 << 20, BufferKey: "buffer.bytes", Wake: tc.Wake})
//		return &task{pool, pool.Batcher(inflight.Target{
//			Name: "index events", MaxItems: 100, MaxBytes: 5 << 20, Requests: 8, Linger: 10 * time.Millisecond,
//			Patience: 5 * time.Second, Send: c.send, Judge: judge,
//		})}
//	}
//
//	func (t *task) Open(_ context.Context, tp schemas.TopicPartition, _ int64) (connectors.Writer, error) {
//		return &writer{Writer: t.Writer(tp), task: t}, nil
//	}
//
//	type writer struct {
//		*inflight.Writer
//		task *task
//		body []byte
//	}
//
//	func (w *writer) Write(ctx context.Context, batch []schemas.Record) (int, error) {
//		return w.Each(batch, func(r *schemas.Record) error {
//			id, ok := r.Key.Data().(string)
//			if !ok {
//				return inflight.Bad(errors.New("the record key is no string"))
//			}
//			w.body = r.Value.AppendJSON(w.body[:0])
//			return w.Put(ctx, w.task.events, r, []byte(id), w.body)
//		})
//	}
//
// What it promises:
//   - Items of one key are never in two requests at a time, and reach the service in the order of their offsets. Items of a key
//     that wait together cost one request: the newest is sent, the older ones are safe with it. A sink that must send
//     every record gives each a key of its own, of partition and offset.
//   - A record is pending until an item of its key, this one or a newer one, is answered as safe, or until the runtime was
//     told that it is refused.
//   - When the service refuses a request for what is in it, its halves are sent until the culprits are alone.
//   - After a writer was closed no request starts that carries a record of its partition. A request in flight is waited for,
//     at most a second; one that takes longer can still arrive: the README of the sink has to say so, unless the service
//     itself refuses requests that come late.
package inflight

import (
	"context"
	"sync"

	"github.com/sluice-connect/sluice/schemas"
)

// Options say how a task holds records that are not safe yet.
type Options struct {
	// Buffer is how many bytes the task holds at most, at least 1; a record above it is taken when nothing else is held.
	Buffer int64
	// BufferKey is the configuration key that Buffer comes from, for error texts.
	BufferKey string
	// Wake is that of connectors.TaskContext.
	Wake func(tp schemas.TopicPartition)
}

// Pool is what the partitions of a task share: the budget of bytes, the batchers and their requests. A task embeds it for
// its Close.
type Pool struct {
	options Options
	budget  *budget
	ctx     context.Context // of the requests; ends when the task gives up waiting
	cancel  context.CancelFunc
	quit    chan struct{} // closes when the task is closing
	running sync.WaitGroup
}

// NewPool returns a pool without batchers. Its owner calls Close.
func NewPool(o Options) *Pool {
	p := &Pool{options: o, budget: newBudget(o.Buffer), quit: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Batcher returns a batcher that sends to t. It lives as long as the pool.
func (p *Pool) Batcher(t Target) *Batcher {
	return &Batcher{target: t.withDefaults(), pool: p, queue: newQueue(t.MaxItems, t.MaxBytes), users: map[*progress]struct{}{}}
}

// Writer returns the writer of a partition, for embedding. It is closed before the pool.
func (p *Pool) Writer(tp schemas.TopicPartition) *Writer {
	return &Writer{pool: p, progress: newProgress(tp)}
}

// Close waits for the requests in flight; what still runs when ctx ends is aborted. It is called once and returns nil.
func (p *Pool) Close(ctx context.Context) error {
	close(p.quit)
	defer context.AfterFunc(ctx, p.cancel)()
	p.running.Wait()
	p.cancel()
	return nil
}
