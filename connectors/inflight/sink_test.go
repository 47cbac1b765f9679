package inflight

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/pace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var things = schemas.TopicPartition{Topic: "events", Partition: 0}

// errRefused is how the services of these tests refuse a request for what is in it, errAway how they cannot be reached, and
// errLogin how they refuse everything.
var errRefused, errAway, errLogin = errors.New("bad item"), errors.New("away"), errors.New("wrong password")

func judge(err error) connectors.Verdict {
	switch {
	case errors.Is(err, errRefused):
		return connectors.Refused
	case errors.Is(err, errLogin):
		return connectors.Hopeless
	}
	return connectors.Later
}

// service is what a sink of these tests sends to.
type service interface {
	send(ctx context.Context, items []Item) ([]int, error)
}

// sink is a task that stores the raw value of records under their raw key.
type sink struct {
	*Pool
	batcher *Batcher
}

const (
	maxItems = 25
	maxBytes = 1 << 20
)

// newSink has one request in flight, waits for nothing and tells of trouble after an hour, unless change says otherwise.
func newSink(s service, buffer int64, change func(*Target)) *sink {
	t := Target{Name: "table things", MaxItems: maxItems, MaxBytes: maxBytes, Requests: 1, Patience: time.Hour,
		Backoff: pace.Backoff{First: time.Microsecond, Max: time.Microsecond}, Send: s.send, Judge: judge}
	if change != nil {
		change(&t)
	}
	pool := NewPool(Options{Buffer: buffer, BufferKey: "buffer.bytes", Wake: func(schemas.TopicPartition) {}})
	return &sink{Pool: pool, batcher: pool.Batcher(t)}
}

// abort ends the task without waiting.
func (k *sink) abort() {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	_ = k.Close(over)
}

func (k *sink) open(partition int32) *storer {
	return &storer{Writer: k.Writer(schemas.TopicPartition{Topic: "events", Partition: partition}), sink: k}
}

// storer is a writer as the package's documentation shows one.
type storer struct {
	*Writer
	sink *sink
}

func (w *storer) Write(ctx context.Context, batch []schemas.Record) (int, error) {
	return w.Each(batch, func(r *schemas.Record) error {
		if len(r.Raw.Key) == 0 {
			return Bad(errNoKey)
		}
		if r.Value.IsNull() {
			return w.Delete(ctx, w.sink.batcher, r, r.Raw.Key, nil)
		}
		return w.Put(ctx, w.sink.batcher, r, r.Raw.Key, r.Raw.Value)
	})
}

var errNoKey = errors.New("the record has no key")

var _ connectors.Writer = (*storer)(nil)

// record returns a record of a key; an empty value is a tombstone.
func record(tp schemas.TopicPartition, offset int64, key, value string) schemas.Record {
	r := schemas.Record{Topic: tp.Topic, Source: tp, Offset: offset, Raw: schemas.Raw{Key: []byte(key)}}
	if value != "" {
		r.Raw.Value = []byte(value)
		r.Value = schemas.Of(nil, value)
	}
	return r
}

// everyPosition leaves a whole request.
func everyPosition(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
