package task

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// ledger is a sink that keeps the books: what became durable, how often, and whether the runtime kept its promises.
// Its writers buffer, refuse, take a part, drop and rewind as chance has it.
type ledger struct {
	mu        sync.Mutex
	chance    *rand.Rand
	durable   map[schemas.TopicPartition]map[int64]int
	arrived   map[schemas.TopicPartition]map[int64]int // in the dead letter queue; nil when every record is to be durable
	disturbed bool                                     // something happened after which records may come twice
	wrong     []string
}

func newLedger(seed uint64) *ledger {
	return &ledger{chance: rand.New(rand.NewPCG(seed, seed)), durable: map[schemas.TopicPartition]map[int64]int{}}
}

func (l *ledger) complain(format string, args ...any) {
	l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
}

// committing checks a commit on its way: everything below it has to be durable.
func (l *ledger) committing(tp schemas.TopicPartition, next int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for o := range next {
		if l.durable[tp][o] == 0 && l.arrived[tp][o] == 0 {
			l.complain("offset %d of %s is committed but %d is nowhere", next, tp, o)
			return
		}
	}
}

// total counts the durable records, and those that became so more than once.
func (l *ledger) total() (records, twice int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, offsets := range l.durable {
		for _, n := range offsets {
			records++
			if n > 1 {
				twice++
			}
		}
	}
	return records, twice
}

// Write implements io.Writer for the log: it looks for what excuses duplicates.
func (l *ledger) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "their records will be read again") {
		l.mu.Lock()
		l.disturbed = true
		l.mu.Unlock()
	}
	return len(line), nil
}

func (l *ledger) Config() *configdef.Def { return configdef.New() }

func (l *ledger) Check(context.Context, connectors.Config) []configdef.Problem { return nil }

func (l *ledger) NewTask(_ context.Context, tc connectors.TaskContext, _ connectors.Config) (connectors.Task, error) {
	return ledgerTask{l, tc}, nil
}

type ledgerTask struct {
	*ledger
	tc connectors.TaskContext
}

func (ledgerTask) Close(context.Context) error { return nil }

func (t ledgerTask) Open(_ context.Context, tp schemas.TopicPartition, from int64) (connectors.Writer, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.chance.IntN(20) == 0 {
		return nil, connectors.Retriable(errors.New("sink is away"))
	}
	return &ledgerWriter{ledgerTask: t, tp: tp, next: from, committed: -1}, nil
}

type ledgerWriter struct {
	ledgerTask
	tp        schemas.TopicPartition
	next      int64   // offset that must come next
	held      []int64 // accepted, not durable
	committed int64
	closed    bool
}

func (w *ledgerWriter) Write(_ context.Context, batch []schemas.Record) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		w.complain("a closed writer of %s is written to", w.tp)
	}
	n, err := len(batch), error(nil)
	switch w.chance.IntN(30) {
	case 0:
		n, err = w.chance.IntN(len(batch)+1), connectors.Retriable(errors.New("sink is busy"))
	case 1:
		if len(w.held) > 0 {
			w.next = w.held[w.chance.IntN(len(w.held))]
			w.held = w.held[:w.heldBelow(w.next)]
			return 0, connectors.Rewind(w.next, errors.New("an upload was lost"))
		}
	}
	for _, r := range batch[:n] {
		if r.Offset < w.next || (r.Offset > w.next && w.arrived == nil) {
			w.complain("offset %d of %s came when %d was due", r.Offset, w.tp, w.next)
		}
		w.next = r.Offset + 1
		w.held = append(w.held, r.Offset)
	}
	if err == nil {
		err = w.reject()
	}
	return n, err
}

// reject has the runtime drop some of the held records, now and then.
func (w *ledgerWriter) reject() error {
	if w.arrived == nil || len(w.held) == 0 || w.chance.IntN(4) > 0 {
		return nil
	}
	var bad connectors.RejectedError
	for range 1 + w.chance.IntN(min(3, len(w.held))) {
		i := w.chance.IntN(len(w.held))
		offset := w.held[i]
		w.held = slices.Delete(w.held, i, i+1)
		bad.Rejections = append(bad.Rejections, connectors.Rejection{Offset: offset, Err: errors.New("the sink refuses the record"),
			Record: schemas.Record{Source: w.tp, Offset: offset, Raw: schemas.Raw{Key: []byte(fmt.Sprintf("%d/%d", w.tp.Partition, offset))}}})
	}
	return &bad
}

func (w *ledgerWriter) heldBelow(next int64) int {
	n := 0
	for n < len(w.held) && w.held[n] < next {
		n++
	}
	return n
}

func (w *ledgerWriter) flush(n int) {
	if w.durable[w.tp] == nil {
		w.durable[w.tp] = map[int64]int{}
	}
	for _, o := range w.held[:n] {
		w.durable[w.tp][o]++
	}
	w.held = w.held[n:]
}

func (w *ledgerWriter) Advance(_ context.Context, now time.Time) (time.Time, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.held) == 0 {
		return time.Time{}, nil
	}
	if w.chance.IntN(2) == 0 {
		w.flush(w.chance.IntN(len(w.held) + 1))
		w.tc.RequestCommit()
	}
	if err := w.reject(); err != nil {
		return now, err
	}
	return now.Add(time.Duration(w.chance.IntN(10)) * time.Millisecond), nil
}

func (w *ledgerWriter) Pending() (int64, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.held) == 0 {
		return 0, false
	}
	return w.held[0], true
}

func (w *ledgerWriter) Committed(next int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if next <= w.committed {
		w.complain("news of commit %d of %s after %d", next, w.tp, w.committed)
	}
	w.committed = next
}

func (w *ledgerWriter) Close(ctx context.Context, reason connectors.CloseReason) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		w.complain("a writer of %s is closed twice", w.tp)
	}
	w.closed = true
	if reason == connectors.Lost || ctx.Err() != nil {
		w.disturbed = true
		return ctx.Err()
	}
	bad := w.reject()
	w.flush(len(w.held))
	return bad
}
