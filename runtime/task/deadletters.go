package task

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/IBM/sarama"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/runtime/metrics"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// Bounds on what waits for the dead letter queue of a task. Pipelines look at them before a record fails; what a sink
// rejects at one time comes on top.
const (
	maxLetters     = 10_000
	maxLetterBytes = 16 << 20
	maxRequest     = 512 << 10 // bytes of letters in a request; brokers take a megabyte
)

// deadLetters is the way of a task's failed records to the dead letter queue: one goroutine sends them in order, and
// again until they have arrived. Its other methods are called by the pipelines.
type deadLetters struct {
	topic    string
	tolerant bool // errors.tolerance is all
	connect  func(ctx context.Context) (*kafka.Producer, error)
	fail     func(error)
	waits    func(who any, reason string) // says why letters do not get through, "" when they do
	log      *slog.Logger
	metrics  *metrics.Task
	wake     pace.Signal // set when there is something to send
	done     chan struct{}
	cancel   context.CancelFunc

	mu      sync.Mutex
	queue   []*letter // not arrived, oldest first
	bytes   int
	away    bool // the last attempt failed
	waiting map[*pipeline]struct{}
}

// hasRoom reports whether pl may add letters; if not, it is woken when that has changed. Nothing is added to a queue
// that does not get rid of what it has: the position should not run away from what can be committed.
func (d *deadLetters) hasRoom(pl *pipeline) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.away && len(d.queue) < maxLetters && d.bytes < maxLetterBytes {
		return true
	}
	d.waiting[pl] = struct{}{}
	return false
}

// add queues a letter about r.
func (d *deadLetters) add(pl *pipeline, r *schemas.Record, e *recordError) *letter {
	l := newLetter(pl, r, e)
	d.mu.Lock()
	d.queue = append(d.queue, l)
	d.bytes += l.size
	d.mu.Unlock()
	d.metrics.DeadLetterSent()
	d.wake.Set()
	return l
}

// undelivered returns those letters that have not arrived.
func (d *deadLetters) undelivered(letters []*letter) []*letter {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(letters, func(l *letter) bool { return l.gone })
}

// forget gives up the letters of a pipeline that has ended: whoever gets its partition will meet their records again.
func (d *deadLetters) forget(pl *pipeline) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.waiting, pl)
	for _, l := range d.queue {
		l.gone = l.gone || l.owner == pl
	}
	d.sweep()
}

// isAway reports whether letters cannot be delivered at the moment.
func (d *deadLetters) isAway() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.away
}

// sweep removes what is gone and wakes those who waited for room. d.mu is held.
func (d *deadLetters) sweep() {
	d.queue = slices.DeleteFunc(d.queue, func(l *letter) bool {
		if l.gone {
			d.bytes -= l.size
			l.owner.wake.Set()
		}
		return l.gone
	})
	if d.away {
		return
	}
	for pl := range d.waiting {
		pl.wake.Set()
	}
	clear(d.waiting)
}

// run sends letters until ctx ends.
func (d *deadLetters) run(ctx context.Context) {
	defer close(d.done)
	var p *kafka.Producer
	defer func() {
		if p != nil {
			_ = p.Close() // nothing is under way
		}
	}()
	backoff, most := newBackoff(), maxLetters
	for ctx.Err() == nil {
		batch := d.next(most)
		if len(batch) == 0 {
			most = maxLetters
			select {
			case <-ctx.Done():
			case <-d.wake:
			}
			continue
		}
		err := d.deliver(ctx, &p, batch)
		if most = maxLetters; err == nil {
			backoff.Reset()
			d.waits(d, "")
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if tooLarge(err) && (len(batch) > 1 || d.reduce(batch[0])) { // together, perhaps
			most = 1
			continue
		}
		if tooLarge(err) && d.tolerant {
			d.drop(batch[0], err)
			continue
		}
		d.failed(batch)
		if kafka.Lasting(err) {
			d.fail(fmt.Errorf("send the record at topic %s, partition %d, offset %d to the dead letter queue with topic=%s: %w",
				batch[0].owner.part.Topic, batch[0].owner.part.Partition, batch[0].offset, d.topic, err))
			return
		}
		d.waits(d, "waiting for the dead letter topic "+d.topic+": "+err.Error())
		wait := backoff.Next()
		d.log.Warn("sending to the dead letter queue; will retry", "topic", d.topic, "in", wait, "error", err)
		_ = pace.Sleep(ctx, wait) // the loop looks
	}
}

// tooLarge reports whether a broker found a batch, or a record of it, too large.
func tooLarge(err error) bool {
	return errors.Is(err, sarama.ErrMessageSizeTooLarge) || errors.Is(err, sarama.ErrMessageSetSizeTooLarge) ||
		errors.As(err, new(sarama.PacketEncodingError)) // beyond sarama.MaxRequestSize
}

// reduce leaves out what keeps a letter from its topic; it is false when there is nothing more to leave out.
func (d *deadLetters) reduce(l *letter) bool {
	if !l.reduce() {
		return false
	}
	if l.reduced == withoutValue {
		d.log.Warn("a record is too large for the dead letter queue and goes there without its value; raise max.message.bytes of the queue's topic",
			"deadletterqueue", d.topic, "topic", l.owner.part.Topic, "partition", l.owner.part.Partition, "offset", l.offset)
	}
	return true
}

// drop gives up a letter for good.
func (d *deadLetters) drop(l *letter, err error) {
	d.log.Error("a record is dropped: the dead letter queue does not even take its headers; raise max.message.bytes of the queue's topic",
		"deadletterqueue", d.topic, "topic", l.owner.part.Topic, "partition", l.owner.part.Partition, "offset", l.offset, "error", err)
	d.metrics.DeadLetterFailed()
	d.mu.Lock()
	defer d.mu.Unlock()
	l.gone = true
	d.sweep()
}

// next returns the letters of the next request.
func (d *deadLetters) next(most int) []*letter {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, bytes := 0, 0
	for n < min(most, len(d.queue)) && (n == 0 || bytes+d.queue[n].size <= maxRequest) {
		bytes += d.queue[n].size
		n++
	}
	return slices.Clone(d.queue[:n])
}

// deliver makes one attempt at sending batch.
func (d *deadLetters) deliver(ctx context.Context, p **kafka.Producer, batch []*letter) (err error) {
	if *p == nil {
		if *p, err = d.connect(ctx); err != nil {
			*p = nil
			return err
		}
	}
	records := make([]kafka.Outgoing, len(batch))
	for i, l := range batch {
		records[i] = l.record
	}
	results := (*p).Send(records)
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, l := range batch {
		if results[i] == nil {
			l.gone = true
		} else if err == nil {
			err = results[i]
		}
	}
	d.away = d.away && err != nil
	d.sweep()
	return err
}

// failed notes that not all of a batch was taken and tells those who wait for their letters.
func (d *deadLetters) failed(batch []*letter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.away = true
	for _, l := range batch {
		if !l.gone {
			d.metrics.DeadLetterFailed()
		}
	}
	for _, l := range d.queue {
		l.owner.wake.Set()
	}
}

// close ends the sending; what has not arrived is not committed either.
func (d *deadLetters) close() {
	d.cancel()
	<-d.done
}
