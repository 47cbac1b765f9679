package consume

import (
	"context"
	"time"

	"github.com/sluice-connect/sluice/schemas"
)

// endsInterval is how old what is known of the end of a log may become.
const endsInterval = 30 * time.Second

// watchEnds looks up where the logs end that are not fetched, be it that the task is paused or that the sink is away and
// the queue full: that is when people look at the lag. It runs beside the session until ctx ends.
func (c *Consumer) watchEnds(ctx context.Context) {
	tick := time.NewTicker(min(endsInterval, c.cfg.MetadataMaxAge))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		quiet := c.fetcher.quiet()
		if len(quiet) == 0 {
			continue
		}
		tps := make([]schemas.TopicPartition, len(quiet))
		for i, p := range quiet {
			tps[i] = p.TopicPartition
		}
		ends, err := c.leaders.offsets(ctx, tps, ResetLatest)
		for _, p := range quiet {
			if end, found := ends[p.TopicPartition]; found {
				p.metrics.Ends(end.offset)
			}
		}
		if err != nil {
			c.log.Debug("looking up where partitions end; will retry", "error", err)
		}
	}
}

// quiet returns the partitions of which no broker has said anything since the last call.
func (f *fetcher) quiet() []*Partition {
	f.mu.Lock()
	defer f.mu.Unlock()
	var quiet []*Partition
	for _, p := range f.parts {
		if !p.told.Swap(false) {
			quiet = append(quiet, p)
		}
	}
	return quiet
}
