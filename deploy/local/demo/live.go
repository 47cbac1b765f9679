package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sluice-connect/sluice/deploy/local/fleet"
	"github.com/sluice-connect/sluice/deploy/local/stack"
)

// sendEvery is how often live messages are sent, a batch at a time.
const sendEvery = 20 * time.Millisecond

// live produces at the rate until ctx ends, then lets the sinks catch up and stops the worker.
func (r *run) live(ctx context.Context) error {
	p, err := fleet.NewProducer(r.stack.KafkaAddr, r.ledger)
	if err != nil {
		return err
	}
	producing, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	produced := make(chan error, 1)
	go func() {
		err := r.produceLive(producing, p)
		cancel(err) // ends the progress, too: nothing is to come
		produced <- err
	}()
	shown := r.show(producing)
	cancel(nil)
	sent := <-produced
	closing(&sent, p.Close)
	if ctx.Err() == nil {
		return joined(sent, shown)
	}
	return joined(sent, r.drain())
}

// produceLive sends messages at the rate until ctx ends.
func (r *run) produceLive(ctx context.Context, p *fleet.Producer) error {
	f := fleet.New(r.Seed, vehicles)
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	began, sent := time.Now(), 0
	for {
		now := time.Now()
		// What the clock has made due; after a standstill of the machine no more than a second of it.
		due := int(now.Sub(began).Seconds() * float64(r.Rate))
		for sent = max(sent, due-r.Rate); sent <= due; sent++ {
			if err := p.Send(ctx, f.Next(now)); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// show prints progress until ctx ends; a connector of the demo's own that fails ends it with an error.
func (r *run) show(ctx context.Context) error {
	every := 5 * time.Second
	if r.Terminal {
		every = time.Second
	}
	look, tell := time.NewTicker(time.Second), time.NewTicker(every)
	defer look.Stop()
	defer tell.Stop()
	last, at := r.before, time.Now()
	told := r.before > 0 // what the sinks show is old then
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			err = r.worker.failure(ctx)
			told = told || r.tellFirsts()
		case <-tell.C:
			var now progress
			if now, err = r.groups.progress(); err == nil {
				r.printf("%s", r.onLine(now.line(now.produced-last, time.Since(at), len(r.stack.S3.Keys(stack.Bucket)))))
				last, at = now.produced, time.Now()
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// tellFirsts says, once every sink has shown a record, how long each took.
func (r *run) tellFirsts() bool {
	lake, state, live := r.first.after(lakeConnector), r.first.after(stateConnector), r.first.after(liveConnector)
	if lake == 0 || state == 0 || live == 0 {
		return false
	}
	r.printf("%s", r.onLine(fmt.Sprintf("first record readable after %d ms in S3, %d ms in DynamoDB, %d ms in Redis",
		lake.Milliseconds(), state.Milliseconds(), live.Milliseconds())))
	if r.Terminal {
		r.printf("\n")
	}
	return true
}

// onLine makes a line of text replace the one before on a terminal.
func (r *run) onLine(text string) string {
	if r.Terminal {
		return "\r\x1b[K" + text
	}
	return text + "\n"
}

func (p progress) line(more int64, in time.Duration, objects int) string {
	return fmt.Sprintf("in %s (%s/s) | s3 %s (%s objects) | dynamodb %s | redis %s | lag %s",
		grouped(p.produced), grouped(int64(float64(more)/in.Seconds())), grouped(p.committed[lakeConnector]), grouped(int64(objects)),
		grouped(p.committed[stateConnector]), grouped(p.committed[liveConnector]), grouped(p.lag))
}

// drain waits a while until the groups have committed everything, and stops the worker, which writes the rest.
func (r *run) drain() error {
	r.printf("\nstopped producing; the sinks take over the rest\n")
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	_, waited := r.caughtUp(ctx, func() int64 { return r.before + r.ledger.Records() })
	if ctx.Err() != nil {
		waited = nil // not in time: the last line tells what is left
	}
	if err := errors.Join(waited, r.worker.close()); err != nil {
		return err
	}
	p, err := r.groups.progress()
	if err != nil {
		return err
	}
	r.printf("in %s | s3 %s (%s objects) | dynamodb %s | redis %s | lag %s\n", grouped(p.produced),
		grouped(p.committed[lakeConnector]), grouped(int64(len(r.stack.S3.Keys(stack.Bucket)))),
		grouped(p.committed[stateConnector]), grouped(p.committed[liveConnector]), grouped(p.lag))
	return nil
}

// grouped writes a number with commas.
func grouped(n int64) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
