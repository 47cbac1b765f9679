package dynamodb

import (
	"context"
	"fmt"

	"github.com/sluice-connect/sluice/connectors/inflight"
	"github.com/sluice-connect/sluice/schemas"
)

// writer converts the records of one partition and hands them to the batchers of their tables.
type writer struct {
	*inflight.Writer
	task    *task
	encoder encoder

	routes    map[string]*sharedTable // by topic
	lastTopic string
	last      *sharedTable
}

// Write takes records until one cannot be taken for a reason that is not its own.
func (w *writer) Write(ctx context.Context, batch []schemas.Record) (int, error) {
	return w.Each(batch, func(r *schemas.Record) error { return w.take(ctx, r) })
}

// take converts a record and queues it.
func (w *writer) take(ctx context.Context, r *schemas.Record) error {
	remove := false
	if r.Value.IsNull() {
		switch w.task.settings.nulls {
		case nullsIgnore:
			return nil
		case nullsFail:
			return inflight.Bad(fmt.Errorf("the record has no value and %s is %s", keyNulls, nullsFail))
		case nullsDelete:
			remove = true
		}
	}
	to, err := w.route(ctx, r.Topic)
	if err != nil {
		return err
	}
	if err := w.encoder.encode(&to.layout, r, remove); err != nil {
		return inflight.Bad(err)
	}
	if remove {
		return w.Delete(ctx, to.batcher, r, w.encoder.key.identity, w.encoder.item.buf)
	}
	return w.Put(ctx, to.batcher, r, w.encoder.key.identity, w.encoder.item.buf)
}

// route finds the table of a topic.
func (w *writer) route(ctx context.Context, topic string) (*sharedTable, error) {
	if w.last != nil && w.lastTopic == topic {
		return w.last, nil
	}
	to := w.routes[topic]
	if to == nil {
		name, err := expandTable(w.task.settings.tableFormat, topic)
		if err != nil {
			return nil, inflight.Bad(err)
		}
		if to, err = w.task.find(ctx, name); err != nil {
			return nil, err
		}
		w.routes[topic] = to
	}
	w.lastTopic, w.last = topic, to
	return to, nil
}
