package task

import (
	"strconv"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/schemas"
)

// letter is a record on its way to the dead letter queue.
type letter struct {
	offset int64     // of the record in its own partition
	owner  *pipeline // where it failed
	record kafka.Outgoing
	size   int

	reduced int // how many reductions were made; belongs to the queue's goroutine

	gone bool // it has arrived, or nobody needs it any more; guarded by the queue
}

// newLetter copies what it keeps: the record's memory belongs to its batch.
func newLetter(pl *pipeline, r *schemas.Record, e *recordError) *letter {
	raw := r.Raw.Clone()
	l := &letter{offset: e.offset, owner: pl, record: kafka.Outgoing{Key: raw.Key, Value: raw.Value, Headers: raw.Headers, Time: r.Timestamp}}
	if pl.task.set.errors.deadContext {
		l.record.Headers = append(l.record.Headers, contextHeaders(&pl.task.spec, e)...)
	}
	const overhead = 64
	l.size = overhead + len(raw.Key) + len(raw.Value)
	for _, h := range l.record.Headers {
		l.size += len(h.Key) + len(h.Value) + overhead
	}
	return l
}

// contextHeaders tell what happened: names, order and values are Connect's. The classes are those of the Java classes
// that do the same.
func contextHeaders(s *Spec, e *recordError) []schemas.RawHeader {
	x := e.exception()
	if s.Redact != nil {
		x.message, x.cause = s.Redact(x.message), s.Redact(x.cause)
	}
	text := func(name, value string) schemas.RawHeader {
		return schemas.RawHeader{Key: contextPrefix + name, Value: []byte(value)}
	}
	message := text("exception.message", x.message)
	if x.message == "" {
		message.Value = nil
	}
	return []schemas.RawHeader{
		text("topic", e.source.Topic),
		text("partition", strconv.Itoa(int(e.source.Partition))),
		text("offset", strconv.FormatInt(e.offset, 10)),
		text("connector.name", s.Connector),
		text("task.id", strconv.Itoa(s.ID)),
		text("stage", string(e.stage)),
		text("class.name", e.class),
		text("exception.class.name", x.class),
		message,
		text(stackTrace, x.stack()),
	}
}
