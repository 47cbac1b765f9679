package metrics

import (
	"math"
	"sync/atomic"
)

// Kafka's defaults of metrics.sample.window.ms and metrics.num.samples.
const (
	sampleTime = 30_000 // ms until the next event begins a new sample
	window     = 2 * sampleTime
	// held is one sample more than the window has: the oldest one overlaps it.
	held = 3
)

// sampled is a statistic over the recent past, cut into samples as org.apache.kafka.common.metrics.stats.SampledStat
// does it: an event that finds the sample older than sampleTime begins another, and a sample counts for as long as its
// last event is younger than the window.
//
// Any number of goroutines may record; none of them waits or allocates. Each word of a sample carries the number of
// the sample it belongs to, so that the first event of a new sample replaces what is left of an old one by the same
// compare-and-swap that adds the event.
type sampled struct {
	current atomic.Uint64 // number and start of the newest sample; 0 before the first event
	samples [held]sample
}

// sample has five words of tagged values. Times are ms of the registry's clock.
type sample struct {
	start, last, count, sum, max atomic.Uint64
}

// valueBits leaves 24 bits for the number of the sample, enough for 16 years, and values up to 10¹².
const (
	valueBits = 40
	valueMax  = 1<<valueBits - 1
)

func tag(number uint64, value int64) uint64 { return number<<valueBits | uint64(fitting(value)) }

func fitting(value int64) int64 { return min(max(value, 0), valueMax) }

func untag(word uint64) (number uint64, value int64) {
	return word >> valueBits, int64(word & valueMax)
}

// raise sets word to tagged unless it is larger, be it of the same sample or of a later one.
func raise(word *atomic.Uint64, tagged uint64) {
	for {
		old := word.Load()
		if old >= tagged || word.CompareAndSwap(old, tagged) {
			return
		}
	}
}

// add adds value to what the sample with this number has so far.
func add(word *atomic.Uint64, number uint64, value int64) {
	for {
		old := word.Load()
		of, sum := untag(old)
		if of > number { // this goroutine stood still for a whole window
			return
		}
		if of < number {
			sum = 0
		}
		if word.CompareAndSwap(old, tag(number, sum+value)) {
			return
		}
	}
}

// record notes one event. Values that do not fit into a word become the nearest that does.
func (s *sampled) record(now, value int64) {
	value = fitting(value)
	number := s.numberAt(now)
	to := &s.samples[number%held]
	add(&to.count, number, 1)
	add(&to.sum, number, value)
	raise(&to.max, tag(number, value))
	raise(&to.last, tag(number, now))
}

// numberAt returns the sample for an event at now; the first event that needs a new one begins it.
func (s *sampled) numberAt(now int64) uint64 {
	for {
		current := s.current.Load()
		number, start := untag(current)
		if current != 0 && now-start < sampleTime {
			return number
		}
		next := tag(number+1, now)
		if s.current.CompareAndSwap(current, next) {
			raise(&s.samples[(number+1)%held].start, next)
			return number + 1
		}
	}
}

// totals are the samples of a window put together.
type totals struct {
	count, sum, max int64
	start           int64 // of the oldest sample; now when there is none
}

func (s *sampled) totals(now int64) totals {
	t := totals{start: now}
	for i := range s.samples {
		from := &s.samples[i]
		number, last := untag(from.last.Load())
		if number == 0 || now-last >= window {
			continue
		}
		t.count += valueOf(&from.count, number)
		t.sum += valueOf(&from.sum, number)
		t.max = max(t.max, valueOf(&from.max, number))
		if start := valueOf(&from.start, number); start > 0 {
			t.start = min(t.start, start)
		}
	}
	return t
}

// valueOf returns 0 for a word that another sample has taken over meanwhile.
func valueOf(word *atomic.Uint64, number uint64) int64 {
	of, value := untag(word.Load())
	if of != number {
		return 0
	}
	return value
}

// rate is the sum of values per second. Time before the first event counts as if nothing had happened in it, so that a
// burst does not look like a high rate.
func (s *sampled) rate(now int64) float64 {
	t := s.totals(now)
	elapsed := now - t.start
	if elapsed < sampleTime {
		elapsed += sampleTime
	}
	return float64(t.sum) * 1000 / float64(elapsed)
}

// average is the mean of the values, NaN when there was no event.
func (s *sampled) average(now int64) float64 {
	t := s.totals(now)
	if t.count == 0 {
		return math.NaN()
	}
	return float64(t.sum) / float64(t.count)
}

// maximum is the largest value, NaN when there was no event.
func (s *sampled) maximum(now int64) float64 {
	t := s.totals(now)
	if t.count == 0 {
		return math.NaN()
	}
	return float64(t.max)
}

// frequency is the fraction of events whose value was 1, of values that are 0 or 1; 0 when there was no event.
func (s *sampled) frequency(now, value int64) float64 {
	t := s.totals(now)
	switch {
	case t.count == 0:
		return 0
	case value == 1:
		return float64(t.sum) / float64(t.count)
	}
	return float64(t.count-t.sum) / float64(t.count)
}
