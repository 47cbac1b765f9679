package redis

import (
	"context"
	"fmt"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

const (
	pipelineCommands = 500     // beyond this, larger pipelines gain nothing
	pipelineBytes    = 1 << 20 // of rendered keys and values
)

// writer writes one partition. Everything it accepted is in Redis when Write returns, so nothing is ever pending.
//
// After an error the same records are sent again, from the first one without a good answer on, even where later
// ones were executed: repeating records in their order ends in the same state.
type writer struct {
	connectors.Synchronous
	task     *task
	builder  builder
	commands []goredis.Cmder
	owners   []int   // owners[i] is the index in the chunk of the record that commands[i] is for
	faults   []error // what is wrong with each record of the chunk, nil for most
	// left are connections that may still execute commands of this writer. Nothing is written before they are settled.
	left []*conn
}

// Write sends batch in pipelines.
func (w *writer) Write(ctx context.Context, batch []schemas.Record) (int, error) {
	if err := w.settle(ctx); err != nil {
		return 0, err
	}
	l, err := w.task.acquire(ctx)
	if err != nil {
		return 0, connectors.Retriable(fmt.Errorf("wait for a connection: %w", err))
	}
	var bad connectors.Rejections
	done, broken := 0, false
	for done < len(batch) && err == nil {
		var n int
		n, broken, err = w.pipeline(ctx, l, batch[done:], &bad)
		done += n
	}
	w.left = w.task.release(l, broken)
	if wrong := w.settle(ctx); err == nil || wrong != nil && !connectors.IsRetriable(wrong) {
		err = wrong
	}
	if rejected := bad.Result(); rejected != nil {
		return done, rejected // what else went wrong will do so again when the rest is offered
	}
	return done, err
}

// settle makes certain that commands without an answer take no effect any more, before they are repeated here or by
// the next owner of the partition. That may take a little longer than ctx.
func (w *writer) settle(ctx context.Context) error {
	if len(w.left) == 0 {
		return nil
	}
	ctx, cancel := withOvertime(ctx, w.task.settings.timeout)
	defer cancel()
	for i, c := range w.left {
		if err := w.task.settle(ctx, c); err != nil {
			w.left = w.left[i:]
			return err
		}
	}
	w.left = nil
	return nil
}

// pipeline writes records from the front of batch and returns how many are done, written or rejected.
func (w *writer) pipeline(ctx context.Context, l *session, batch []schemas.Record, bad *connectors.Rejections) (
	done int, broken bool, err error,
) {
	if err := ctx.Err(); err != nil {
		return 0, false, connectors.Retriable(err)
	}
	w.build(ctx, batch)
	defer w.forget()
	var wait *goredis.IntCmd
	if w.task.settings.replicas > 0 && len(w.commands) > 0 {
		wait = goredis.NewIntCmd(ctx, "WAIT", w.task.settings.replicas, w.task.settings.waitTimeout.Milliseconds())
		w.commands = append(w.commands, wait)
	}
	if len(w.commands) > 0 {
		l.exec(ctx, w.commands)
	}
	done, broken, err = w.judge()
	if wait != nil && done > 0 && (err == nil || connectors.IsRetriable(err)) {
		if waitErr := w.replicated(wait); waitErr != nil {
			return 0, broken || wait.Err() != nil && replaceable(wait.Err()), waitErr
		}
	}
	for i, fault := range w.faults[:done] {
		if fault != nil {
			bad.Add(&batch[i], fault)
		}
	}
	return done, broken, err
}

// build renders commands until the pipeline is full. The records they cover have each a place in faults, where it says
// which of them cannot be rendered.
func (w *writer) build(ctx context.Context, batch []schemas.Record) {
	for i := 0; i < len(batch) && len(w.commands) < pipelineCommands && w.builder.size < pipelineBytes; i++ {
		command, err := w.builder.command(ctx, &batch[i])
		if err == nil && command != nil {
			w.commands, w.owners = append(w.commands, command), append(w.owners, i)
		}
		w.faults = append(w.faults, err)
	}
}

// judge reads the answers up to the first that is neither good nor about its record alone, and notes the faults of
// records that the server refuses. The records before that answer are done.
func (w *writer) judge() (done int, broken bool, err error) {
	set := w.task.settings
	for i, owner := range w.owners {
		answer := w.commands[i].Err()
		switch set.classify(answer) {
		case connectors.Safe:
		case connectors.Refused:
			w.faults[owner] = refusal(w.commands[i].Name(), answer)
		default:
			return owner, replaceable(answer), set.failure("write to Redis at "+set.dial.Addr, answer)
		}
	}
	return len(w.faults), false, nil
}

// replicated checks the answer to WAIT, which counts for everything sent before it.
func (w *writer) replicated(wait *goredis.IntCmd) error {
	set := w.task.settings
	n, err := wait.Result()
	switch {
	case err != nil:
		return set.failure("wait for replicas", err)
	case n < int64(set.replicas):
		return connectors.Retriable(fmt.Errorf("wait for replicas: %d of %d have the records after %s", n, set.replicas, set.waitTimeout))
	}
	return nil
}

// forget lets go of the records of a pipeline.
func (w *writer) forget() {
	clear(w.commands)
	clear(w.faults)
	w.commands, w.owners, w.faults = w.commands[:0], w.owners[:0], w.faults[:0]
	w.builder.reset()
}

// Close frees memory; there is nothing left to write, but something may be under way.
func (w *writer) Close(ctx context.Context, _ connectors.CloseReason) error {
	if err := w.settle(ctx); err != nil {
		w.task.logger.Warn("Redis could not be asked to end an old connection: a command on it that arrives late can overwrite a newer value",
			"server", w.task.settings.dial.Addr, "error", err)
	}
	for _, c := range w.left {
		_ = c.Conn.Close()
	}
	w.commands, w.owners, w.faults, w.builder, w.left = nil, nil, nil, builder{}, nil
	return nil
}
