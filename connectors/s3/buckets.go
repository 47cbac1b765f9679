package s3

import (
	"time"

	"github.com/sluice-connect/sluice/schemas/javatime"
)

// buckets maps instants to the directories of a time-based partitioner. One is used by one goroutine.
type buckets struct {
	path     *javatime.Pattern
	duration int64 // milliseconds
	zone     offsetCache
	known    map[int64]string
}

// maxKnown bounds the directories that are remembered: late records switch between a few.
const maxKnown = 64

func newBuckets(path *javatime.Pattern, duration time.Duration) *buckets {
	return &buckets{path: path, duration: duration.Milliseconds(), zone: offsetCache{loc: path.Zone()}, known: map[int64]string{}}
}

// dir returns the directory of an instant: local time is rounded down to the duration before it is formatted.
func (b *buckets) dir(ms int64) string {
	local := (ms + b.zone.at(ms)) / b.duration * b.duration
	if d, ok := b.known[local]; ok {
		return d
	}
	if len(b.known) >= maxKnown {
		clear(b.known)
	}
	d := string(b.path.Append(nil, time.UnixMilli(b.utc(local))))
	b.known[local] = d
	return d
}

// utc turns local milliseconds into an instant and resolves what is not unique as Joda-Time does when it is not
// strict: a time in a gap is counted with the offset before the gap.
func (b *buckets) utc(local int64) int64 {
	guess := b.zone.at(local)
	offset := b.zone.at(local - guess)
	if guess != offset && guess < 0 && b.transition(local-guess) != b.transition(local-offset) {
		offset = guess
	}
	return local - offset
}

func (b *buckets) transition(ms int64) int64 {
	_, end := time.UnixMilli(ms).In(b.path.Zone()).ZoneBounds()
	return end.UnixMilli()
}

// offsetCache remembers the span of the last zone offset, which nearly all records share.
type offsetCache struct {
	loc            *time.Location
	from, to, over int64
}

// at returns the offset from UTC in milliseconds at an instant.
func (c *offsetCache) at(ms int64) int64 {
	if ms >= c.from && ms < c.to {
		return c.over
	}
	t := time.UnixMilli(ms).In(c.loc)
	_, seconds := t.Zone()
	from, to := t.ZoneBounds()
	c.from, c.to, c.over = ms, ms+1, int64(seconds)*1000
	if !from.IsZero() {
		c.from = from.UnixMilli()
	}
	if !to.IsZero() {
		c.to = to.UnixMilli()
	} else {
		c.to = maxTimestamp + 1
	}
	return c.over
}
