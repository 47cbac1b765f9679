package metrics

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
)

// TestSamplesAreKafkas follows the arithmetic of Kafka's SampledStat, Rate, Max, Avg and Frequencies with the default
// of two samples of 30 s.
func TestSamplesAreKafkas(t *testing.T) {
	type event struct{ at, value int64 }
	for _, c := range []struct {
		name           string
		events         []event
		at             int64
		rate, avg, max float64
	}{
		{"nothing yet", nil, 5, 0, math.NaN(), math.NaN()},
		{"a burst is spread over the first window", []event{{1, 300}}, 1, 10, 300, 300},
		{"one window and a bit", []event{{1, 300}}, 15_001, 300.0 / 45, 300, 300},
		{"full windows count their own time", []event{{1, 300}, {20_001, 500}}, 40_001, 20, 400, 500},
		{"a later event begins a sample", []event{{1, 10}, {31_001, 20}}, 40_001, 0.75, 15, 20},
		{"a sample stays while its last event is in the window", []event{{1, 90}, {29_001, 10}}, 89_000, 100 / 88.999, 50, 90},
		{"and goes with it", []event{{1, 90}, {29_001, 10}}, 89_001, 0, math.NaN(), math.NaN()},
		{"three samples overlap the window", []event{{1, 10}, {30_000, 20}, {30_001, 30}, {60_001, 60}}, 80_001, 1.5, 30, 60},
		{"the fourth takes the place of the first", []event{{1, 90}, {30_001, 1}, {60_001, 2}, {90_001, 3}}, 90_001, 5.0 / 30, 2.5, 3},
		{"after a long silence", []event{{1, 90}, {500_001, 30}}, 500_001, 1, 30, 30},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s sampled
			for _, e := range c.events {
				s.record(e.at, e.value)
			}
			for what, pair := range map[string][2]float64{
				"rate": {s.rate(c.at), c.rate}, "average": {s.average(c.at), c.avg}, "maximum": {s.maximum(c.at), c.max},
			} {
				if got, want := pair[0], pair[1]; math.Abs(got-want) > 1e-9 || math.IsNaN(got) != math.IsNaN(want) {
					t.Errorf("%s is %v, want %v", what, got, want)
				}
			}
		})
	}
}

// sampledStat is Kafka's class of this name, word by word, for one measurement at the end.
type sampledStat struct {
	samples []*modelSample
	current int
}

type modelSample struct{ start, last, count, sum, max int64 }

func (s *sampledStat) record(now, value int64) {
	if len(s.samples) == 0 {
		s.samples = append(s.samples, &modelSample{start: now})
	}
	if now-s.samples[s.current].start >= sampleTime {
		s.current = (s.current + 1) % 3
		if s.current == len(s.samples) {
			s.samples = append(s.samples, nil)
		}
		s.samples[s.current] = &modelSample{start: now}
	}
	to := s.samples[s.current]
	to.count, to.sum, to.max, to.last = to.count+1, to.sum+value, max(to.max, value), now
}

func (s *sampledStat) measure(now int64) (all totals, rate float64) {
	all.start = now
	for _, from := range s.samples {
		if now-from.last < window {
			all = totals{all.count + from.count, all.sum + from.sum, max(all.max, from.max), min(all.start, from.start)}
		}
	}
	elapsed := now - all.start
	if full := elapsed / sampleTime; full < 1 {
		elapsed += (1 - full) * sampleTime
	}
	return all, float64(all.sum) / (float64(elapsed) / 1000)
}

func TestSamplesEqualTheModel(t *testing.T) {
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 0))
		var s sampled
		var model sampledStat
		now := int64(clockStart)
		for range random.IntN(60) {
			value := random.Int64N(1000)
			s.record(now, value)
			model.record(now, value)
			now += random.Int64N([]int64{10, 5_000, 40_000, 200_000}[random.IntN(4)])
		}
		want, rate := model.measure(now)
		if got := s.totals(now); got != want || math.Abs(s.rate(now)-rate) > 1e-9 {
			t.Fatalf("seed %d: %+v at rate %v, want %+v at rate %v", seed, got, s.rate(now), want, rate)
		}
	}
}

func TestFrequencies(t *testing.T) {
	var s sampled
	if s.frequency(1, 0) != 0 || s.frequency(1, 1) != 0 {
		t.Error("without events both frequencies are 0")
	}
	for _, v := range []int64{1, 1, 0, 1} {
		s.record(1, v)
	}
	if good, bad := s.frequency(2, 1), s.frequency(2, 0); good != 0.75 || bad != 0.25 {
		t.Errorf("got %v and %v", good, bad)
	}
}

func TestValuesBeyondAWordAreTheLargestThatFits(t *testing.T) {
	var s sampled
	s.record(1, math.MaxInt64)
	s.record(1, math.MaxInt64)
	s.record(1, -5)
	if got := s.maximum(1); got != valueMax {
		t.Errorf("maximum %v", got)
	}
	if got := s.average(1); got != valueMax/3.0 {
		t.Errorf("average %v", got)
	}
}

// TestNoEventIsLost has many goroutines record across the borders of samples.
func TestNoEventIsLost(t *testing.T) {
	const writers, events = 8, 3000
	var s sampled
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for i := range int64(events) {
				s.record(1+i*20, 2) // two samples of 1,500 events from each
			}
		})
	}
	wg.Wait()
	const end = 1 + (events-1)*20
	if got := s.totals(end); got.count != writers*events || got.sum != 2*writers*events || got.max != 2 {
		t.Errorf("%+v", got)
	}
}
