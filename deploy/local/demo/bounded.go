package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sluice-connect/sluice/deploy/local/fleet"
	"github.com/sluice-connect/sluice/deploy/local/recount"
)

const (
	// pace is how far apart messages of one bounded run are in the vehicles' time.
	pace = 20 * time.Millisecond
	// standstill is how long no group may commit anything before the wait is given up.
	standstill = 60 * time.Second
	pollEvery  = 50 * time.Millisecond
)

// sinkSummary is what the summary tells of one sink.
type sinkSummary struct {
	*recount.Result
	Differences       int64 `json:"differences"`
	FirstRecordMillis int64 `json:"first_record_ms"`
}

// summary is the last line of a bounded run.
type summary struct {
	Records        int64                  `json:"records"`
	Seconds        float64                `json:"seconds"`        // from the first record to the last commit
	RecordsPerSec  int64                  `json:"records_per_s"`  // over Seconds
	ProducedPerSec int64                  `json:"produced_per_s"` // as long as the simulator ran
	Lag            int64                  `json:"lag"`
	Sinks          map[string]sinkSummary `json:"sinks"`
	Differences    int64                  `json:"differences"`
	ReadyMillis    int64                  `json:"first_record_in_all_ms"` // since the process began
	MemoryMB       int64                  `json:"process_rss_mb"`
	MemoryPeakMB   int64                  `json:"process_rss_peak_mb"`
	Injected       string                 `json:"injected,omitempty"`
}

// bounded produces the asked number of records, waits for every group, recounts and sums up.
func (r *run) bounded(ctx context.Context) error {
	s, err := r.deliver(ctx)
	if err != nil {
		return err
	}
	if r.Inject == "drop" {
		if err := recount.Drop(ctx, r.clients); err != nil {
			return fmt.Errorf("inject %s: %w", r.Inject, err)
		}
	}
	if err := r.sumUp(ctx, &s); err != nil {
		return err
	}
	if !r.Exit {
		r.printf("\nThe services stay up until you press Ctrl-C.\n")
		<-ctx.Done()
	}
	if s.Differences > 0 {
		return ErrDifferent
	}
	return nil
}

// deliver produces the records, and shows progress until every group has committed them.
func (r *run) deliver(ctx context.Context) (s summary, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		cancel(r.show(ctx))
	}()
	defer func() { // nobody else prints before this
		cancel(nil)
		<-shown
		if cause := context.Cause(ctx); err != nil && !errors.Is(cause, context.Canceled) {
			err = cause // a connector that failed is why the wait was given up
		}
	}()
	began := time.Now()
	if err := r.produceAll(ctx); err != nil {
		return s, err
	}
	producing := time.Since(began)
	p, err := r.caughtUp(ctx, func() int64 { return int64(r.Records) })
	if err != nil {
		return s, err
	}
	s = summary{Records: p.produced, Seconds: time.Since(began).Seconds(), Lag: p.lag, Injected: r.Inject}
	s.RecordsPerSec = int64(float64(p.produced) / s.Seconds)
	s.ProducedPerSec = int64(float64(p.produced) / producing.Seconds())
	s.MemoryMB, s.MemoryPeakMB = memory()
	return s, nil
}

// produceAll sends the records as fast as Kafka takes them. The vehicles' time goes faster than ours, and ends now.
func (r *run) produceAll(ctx context.Context) error {
	p, err := fleet.NewProducer(r.stack.KafkaAddr, r.ledger)
	if err != nil {
		return err
	}
	f, start := fleet.New(r.Seed, vehicles), time.Now().Add(-time.Duration(r.Records)*pace)
	for i := range r.Records {
		if err = p.Send(ctx, f.Next(start.Add(time.Duration(i)*pace))); err != nil {
			break
		}
	}
	return joined(err, p.Close())
}

// caughtUp waits until Kafka holds as many records as wanted and every group has committed them.
func (r *run) caughtUp(ctx context.Context, wanted func() int64) (progress, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	before, moved := progress{lag: -1}, time.Now()
	for {
		now, err := r.groups.progress()
		if err != nil {
			return now, err
		}
		if now.lag == 0 && now.produced >= wanted() {
			return now, nil
		}
		if now.lag != before.lag {
			before, moved = now, time.Now()
		}
		if time.Since(moved) > standstill {
			return now, fmt.Errorf("wait for the groups: nothing was committed for %v, and %d records are left", standstill, now.lag)
		}
		select {
		case <-ctx.Done():
			return now, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// sumUp recounts and prints the summary.
func (r *run) sumUp(ctx context.Context, s *summary) error {
	results, err := recount.All(ctx, r.clients, r.ledger)
	if err != nil {
		return err
	}
	s.Sinks = map[string]sinkSummary{}
	for name, one := range map[string]struct {
		*recount.Result
		connector string
	}{"s3": {results.S3, lakeConnector}, "dynamodb": {results.DynamoDB, stateConnector}, "redis": {results.Redis, liveConnector}} {
		first := r.first.after(one.connector).Milliseconds()
		s.Sinks[name] = sinkSummary{one.Result, one.Differences(), first}
		s.Differences += one.Differences()
		s.ReadyMillis = max(s.ReadyMillis, first)
	}
	// A record that Kafka has and the ledger has not, or the other way round, would be nobody's difference otherwise.
	if surplus := s.Records - int64(r.Records); surplus != 0 {
		s.Differences += max(surplus, -surplus)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	r.printf("%s\n", text)
	return nil
}

// joined joins errors, of which the end of the context is none when another tells more.
func joined(a, b error) error {
	if errors.Is(a, context.Canceled) && b != nil {
		return b
	}
	return errors.Join(a, b)
}
