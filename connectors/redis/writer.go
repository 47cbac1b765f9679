package redis

import (
	"context"
	"fmt"
	"time"

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
	task     *task
	builder  builder
	commands []goredis.Cmder
	owners   []int // owners[i] is the index in the chunk of the record that commands[i] is for
}

// Write sends batch in pipelines.
func (w *writer) Write(ctx context.Context, batch []schemas.Record) (int, error) {
	l, err := w.task.take(ctx)
	if err != nil {
		return 0, connectors.Retriable(fmt.Errorf("wait for a connection: %w", err))
	}
	var rejections []connectors.Rejection
	done, broken := 0, false
	for done < len(batch) && err == nil {
		var n int
		n, broken, err = w.pipeline(ctx, l, batch[done:], &rejections)
		done += n
	}
	w.task.give(l, broken)
	if len(rejections) > 0 {
		// What else went wrong will do so again when the rest is offered.
		return done, &connectors.RejectedError{Rejections: rejections}
	}
	return done, err
}

// pipeline writes records from the front of batch and returns how many are done, written or rejected.
func (w *writer) pipeline(ctx context.Context, l *lane, batch []schemas.Record, rejections *[]connectors.Rejection) (
	done int, broken bool, err error,
) {
	if err := ctx.Err(); err != nil {
		return 0, false, connectors.Retriable(err)
	}
	chunk, bad := w.build(ctx, batch)
	defer w.forget()
	var wait *goredis.IntCmd
	if w.task.settings.replicas > 0 && len(w.commands) > 0 {
		wait = goredis.NewIntCmd(ctx, "WAIT", w.task.settings.replicas, w.task.settings.waitTimeout.Milliseconds())
		w.commands = append(w.commands, wait)
	}
	if len(w.commands) > 0 {
		l.exec(ctx, w.commands)
	}
	done, bad, broken, err = w.judge(batch[:chunk], bad)
	if wait != nil && done > 0 && (err == nil || connectors.IsRetriable(err)) {
		if waitErr := w.replicated(wait); waitErr != nil {
			return 0, broken || wait.Err() != nil && replaceable(wait.Err()), waitErr
		}
	}
	*rejections = append(*rejections, bad...)
	return done, broken, err
}

// build renders commands until the pipeline is full. It returns how many records they cover, and the records of them
// that cannot be rendered.
func (w *writer) build(ctx context.Context, batch []schemas.Record) (chunk int, bad []connectors.Rejection) {
	for chunk < len(batch) && len(w.commands) < pipelineCommands && w.builder.size < pipelineBytes {
		r := &batch[chunk]
		command, err := w.builder.command(ctx, r)
		switch {
		case err != nil:
			bad = append(bad, connectors.NewRejection(r, err))
		case command != nil:
			w.commands, w.owners = append(w.commands, command), append(w.owners, chunk)
		}
		chunk++
	}
	return chunk, bad
}

// judge reads the answers up to the first that says neither done nor rejected.
func (w *writer) judge(chunk []schemas.Record, unrendered []connectors.Rejection) (
	done int, bad []connectors.Rejection, broken bool, err error,
) {
	done = len(chunk)
	var refused []connectors.Rejection
	for i, owner := range w.owners {
		answer := w.commands[i].Err()
		switch w.task.settings.classify(answer) {
		case verdictDone:
			continue
		case verdictReject:
			refused = append(refused, connectors.NewRejection(&chunk[owner], refusal(w.commands[i].Name(), answer)))
			continue
		case verdictRetry:
			err = connectors.Retriable(fmt.Errorf("write to Redis at %s: %w", w.task.settings.dial.Addr, explain(answer)))
		case verdictFatal:
			err = fmt.Errorf("write to Redis at %s: %w", w.task.settings.dial.Addr, explain(answer))
		}
		done, broken = owner, replaceable(answer)
		break
	}
	return done, inOrder(unrendered, refused, chunk, done), broken, err
}

// inOrder merges two lists of rejections and leaves out those of records that will be offered again.
func inOrder(a, b []connectors.Rejection, chunk []schemas.Record, done int) []connectors.Rejection {
	var merged []connectors.Rejection
	for len(a)+len(b) > 0 {
		from := &a
		if len(a) == 0 || len(b) > 0 && b[0].Offset < a[0].Offset {
			from = &b
		}
		next := (*from)[0]
		*from = (*from)[1:]
		if done < len(chunk) && next.Offset >= chunk[done].Offset {
			break
		}
		merged = append(merged, next)
	}
	return merged
}

// replicated checks the answer to WAIT, which counts for everything sent before it.
func (w *writer) replicated(wait *goredis.IntCmd) error {
	n, err := wait.Result()
	switch {
	case err != nil && w.task.settings.classify(err) == verdictRetry:
		return connectors.Retriable(fmt.Errorf("wait for replicas: %w", explain(err)))
	case err != nil:
		return fmt.Errorf("wait for replicas: %w", explain(err))
	case n < int64(w.task.settings.replicas):
		return connectors.Retriable(fmt.Errorf("wait for replicas: %d of %d have the records after %s", //nolint:err113
			n, w.task.settings.replicas, w.task.settings.waitTimeout))
	}
	return nil
}

// forget lets go of the records of a pipeline.
func (w *writer) forget() {
	clear(w.commands)
	w.commands, w.owners = w.commands[:0], w.owners[:0]
	w.builder.reset()
}

// Advance has nothing to do.
func (w *writer) Advance(context.Context, time.Time) (time.Time, error) { return time.Time{}, nil }

// Pending is always empty.
func (w *writer) Pending() (int64, bool) { return 0, false }

// Close frees memory; there is nothing left to write.
func (w *writer) Close(context.Context, connectors.CloseReason) error {
	w.commands, w.owners, w.builder = nil, nil, builder{}
	return nil
}
