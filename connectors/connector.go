// Package connectors is the sink SDK: what a sink implements, what it may say about errors, and the registry of sinks.
package connectors

import (
	"context"
	"log/slog"
	"time"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// Connector is a connector class. It has no state of its own: one value serves every connector of the class.
type Connector interface {
	// Config returns the keys of the sink, without those every connector has (name, topics, converters, errors.*).
	// The result is the same value on every call and must not be changed.
	Config() *configdef.Def
	// Check looks at the world the configuration names: is the bucket there, does the key schema fit, does PING
	// answer. It is called for a configuration that Config parsed without problems, and must end with ctx.
	Check(ctx context.Context, cfg Config) []configdef.Problem
	// NewTask starts one task. ctx bounds the start only: nothing that the task does later may depend on it. After a Retriable
	// error the runtime calls NewTask again, with back-off and for as long as it takes, while the task counts as RUNNING and
	// shows the error in its trace; so a service that is away at the start is waited for. Any other error fails the task;
	// its text must name what to do (see Correctable). NewTask leaves nothing behind when it returns an error. Tasks of one
	// connector start at the same time, also on a target that is not there yet: whoever creates it must bear that
	// another task was faster.
	NewTask(ctx context.Context, tc TaskContext, cfg Config) (Task, error)
}

// Config is the configuration of a connector: the sink's own parsed keys, and through Originals everything else with
// variables resolved.
type Config struct {
	configdef.Values
	// Name is the connector's name.
	Name string
	// Topics are the configured topics; empty when topics.regex is used.
	Topics []string
}

// TaskContext is what the runtime gives a task. No function in it is nil, nor is Logger.
type TaskContext struct {
	Connector string
	Task      int
	// Logger carries connector and task on every line.
	Logger *slog.Logger
	// Wake asks the runtime to call Advance on the writer of tp soon. It never blocks and may be called from any
	// goroutine, also after the writer was closed. Tasks with batchers that cross partitions use it to say that
	// records became safe or failed.
	Wake func(tp schemas.TopicPartition)
	// RequestCommit asks the runtime to commit what is safe soon, without waiting for offset.flush.interval.ms. It
	// never blocks and may be called from any goroutine.
	RequestCommit func()
}

// Task is one running task of a connector. It owns what its partitions share: clients and batchers.
type Task interface {
	// Open returns the writer of a partition that was assigned to the task; from is the offset it starts at, or a
	// later one when the partition has none there. Calls for different partitions may come at the same time. Errors are
	// those of NewTask: after a Retriable one Open is called again with back-off, and the other partitions go on meanwhile.
	Open(ctx context.Context, tp schemas.TopicPartition, from int64) (Writer, error)
	// Close ends the task after all its writers were closed; it waits for the goroutines the task started.
	Close(ctx context.Context) error
}

// Writer writes the records of one assigned partition. All its methods are called from one goroutine, one at a time;
// writers of different partitions run at the same time.
//
// The runtime commits Pending when there is any, else one past the last record it offered; so a writer never reports
// offsets it is done with, only the first that is not yet safe. While a record below that is still on its way to the dead
// letter queue, or has failed the task, it commits the last of the earlier such positions that is not beyond the record:
// who reads from there meets the same records in the same order, and a writer that makes objects of them makes the same.
// A writer to which all beginnings are one says so (AnyStart), and gets back less.
//
// A writer that breaks this contract fails its task, with a message that says how: one that takes more records than it was
// offered, or fewer without an error, that rejects a record twice or one it was never offered, that rewinds forward.
//
// Nobody but the sink bounds a call: a Write that hangs is ended only when the partition is taken away or the task is
// stopped, by its context. So every request has a time limit of the sink's own, after which it is Retriable.
//
// Once the partition has a next owner, a request of this writer must not take effect any more: it could undo what is newer. When
// a context ends, the request in flight is either waited for until its outcome is certain, or cut in a way that the service
// cannot execute it later. A sink that cannot prevent it says in its README, under Delivery, what a late request can
// do and what sets it right.
type Writer interface {
	// Write takes records in offset order; offsets may have gaps. It returns how many it took from the front of batch.
	// It may leave records only with an error, which says why it stopped at accepted (a Rejected may also come with
	// all taken):
	//   - Retriable: the runtime backs off and offers batch[accepted:] again;
	//   - Rejected: the records it names, of this batch or accepted in earlier calls, are bad and not pending any more. The
	//     runtime sends them to errors.tolerance and never offers them again, whether they lie below accepted or not;
	//     what else is in batch[accepted:] it offers when it goes on. So accepted may be 0;
	//   - Rewind: the writer dropped everything from an offset on and wants to be offered it again;
	//   - anything else is fatal: the task fails.
	// The records and their memory are valid until Write returns: copy what is kept. Write may block on the sink; it
	// ends early when ctx ends.
	Write(ctx context.Context, batch []schemas.Record) (accepted int, err error)
	// Advance does what time or finished background work asks for: rotation, lingering batches, results of a shared
	// batcher. It is called after every Write, at the time it asked for in wake (zero: no time), after Wake, and so
	// also on an idle or paused partition. Errors are those of Write.
	Advance(ctx context.Context, now time.Time) (wake time.Time, err error)
	// Pending returns the first accepted offset that is not yet safe in the sink, if there is any. After Advance or
	// Write returned, it may lag behind the sink but never run ahead of it.
	Pending() (first int64, any bool)
	// Close ends the writer and frees its memory. With Stopping it may write what it holds as its configuration
	// allows, with Revoked only when that is quick, with Lost it starts no write at all. It ends by ctx. Pending is
	// asked once more after Close. Close is also called after an error, and once only.
	Close(ctx context.Context, reason CloseReason) error
}

// CloseReason tells a writer why it is closed.
type CloseReason uint8

// The reasons to close a writer. Lost is the zero value because doubt means Lost.
const (
	// Lost: the partition belongs to somebody else already.
	Lost CloseReason = iota
	// Revoked: the group is about to give the partition to somebody else.
	Revoked
	// Stopping: the task stops in good order and its offsets can still be committed.
	Stopping
)

// String names the reason for logs.
func (r CloseReason) String() string { return [...]string{"lost", "revoked", "stopping"}[r] }

// CommitObserver is implemented by writers that must know how far the group's offsets have come: what lies below next
// will never be offered again, also not after a crash.
type CommitObserver interface {
	// Committed is called like the methods of Writer, with the offset the partition starts at right after Open and
	// then after each commit that moved it; Advance follows.
	Committed(next int64)
}

// AnyStarter is implemented by writers of records that do not depend on the ones offered before them.
type AnyStarter interface {
	// AnyStart reports whether a writer may be opened at any offset below which all is safe, also at one that no Pending
	// named. It is asked once, after Open.
	AnyStart() bool
}

// BatchSizer is implemented by tasks that gain from larger batches than max.poll.records, because each Write is a request.
type BatchSizer interface {
	// BatchRecords is the largest number of records a Write should be offered, from 1 on; fewer come when there are not
	// more. It is asked once, after NewTask, and used when it is above max.poll.records.
	BatchRecords() int
}

// Synchronous is for embedding into writers whose Write returns when its records are safe: it has nothing pending and
// nothing to do as time passes. Writers whose records depend on those before them say so with an AnyStart of their own.
type Synchronous struct{}

// Advance does nothing and asks for no time.
func (Synchronous) Advance(context.Context, time.Time) (time.Time, error) { return time.Time{}, nil }

// Pending says that all accepted records are safe.
func (Synchronous) Pending() (int64, bool) { return 0, false }

// AnyStart says that each record stands for itself.
func (Synchronous) AnyStart() bool { return true }

// Close has nothing to write and nothing to free.
func (Synchronous) Close(context.Context, CloseReason) error { return nil }

// Versioned is implemented by connectors that carry a version of their own; others show Sluice's.
type Versioned interface {
	Version() string
}

// OffsetAlterer is implemented by connectors that keep offsets in the sink and must hear of changes over REST.
type OffsetAlterer interface {
	// AlterOffsets is called with the new offsets, nil for partitions that are reset, while the connector is stopped.
	AlterOffsets(ctx context.Context, cfg Config, offsets map[schemas.TopicPartition]*int64) error
}
