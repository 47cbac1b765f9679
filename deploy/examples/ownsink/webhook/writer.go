package webhook

import (
	"context"
	"strconv"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
)

// writer posts the records of one partition. They are safe when Write returns, so it is synchronous.
type writer struct {
	connectors.Synchronous
	task *task
	body []byte
}

// Write sends batch in requests.
func (w *writer) Write(ctx context.Context, batch []schemas.Record) (accepted int, err error) {
	var bad connectors.Rejections
	for accepted < len(batch) && err == nil {
		end := min(accepted+w.task.settings.batch, len(batch))
		var n int
		n, err = w.send(ctx, batch[accepted:end], &bad)
		accepted += n
	}
	if rejected := bad.Result(); rejected != nil {
		return accepted, rejected // what else went wrong does so again when the rest is offered
	}
	return accepted, err
}

// send posts records, and halves of them when the server refuses them, until the bad ones are alone.
func (w *writer) send(ctx context.Context, records []schemas.Record, bad *connectors.Rejections) (done int, err error) {
	verdict, err := w.task.post(ctx, w.render(records))
	switch verdict {
	case connectors.Safe:
		return len(records), nil
	case connectors.Later:
		return 0, connectors.Retriable(err)
	case connectors.Hopeless:
		return 0, connectors.Correctable(err)
	}
	if len(records) == 1 {
		bad.Add(&records[0], err)
		return 1, nil
	}
	half := len(records) / 2
	if done, err = w.send(ctx, records[:half], bad); err != nil {
		return done, err
	}
	more, err := w.send(ctx, records[half:], bad)
	return done + more, err
}

// render writes one line for each record. Topic, partition and offset tell a server which records it has seen.
func (w *writer) render(records []schemas.Record) []byte {
	w.body = w.body[:0]
	for i := range records {
		r := &records[i]
		w.body = schemas.AppendJSONString(append(w.body, `{"topic":`...), r.Topic)
		w.body = strconv.AppendInt(append(w.body, `,"partition":`...), int64(r.Source.Partition), 10)
		w.body = strconv.AppendInt(append(w.body, `,"offset":`...), r.Offset, 10)
		w.body = r.Key.AppendJSON(append(w.body, `,"key":`...))
		w.body = r.Value.AppendJSON(append(w.body, `,"value":`...))
		w.body = append(w.body, "}\n"...)
	}
	return w.body
}
