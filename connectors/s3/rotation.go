package s3

import (
	"bytes"
	"time"
)

// rotationRules say when the open files of a topic partition are cut. All of them are cut together.
type rotationRules struct {
	flushSize int64
	interval  time.Duration // of record time; 0 is off
	onChange  bool          // with interval: cut when a record's directory differs from the one before
	schedule  time.Duration // of the wall clock, aligned to midnight in zone; 0 is off
	zone      *time.Location
	maxOpen   int // 0 is no limit
}

// rotation counts what was written since the last cut and decides about the next. It does no I/O and reads no clock,
// so equal records give equal cuts as long as no schedule is set.
type rotation struct {
	rules     rotationRules
	count     int64
	base      int64 // record time of the first record since the last cut
	last      []byte
	tombstone bool
	next      time.Time // the next scheduled cut; zero before the first look at the clock
}

// sighting is what the rotation must know of a record that is about to be written.
type sighting struct {
	dir       []byte
	at        int64
	tombstone bool // its directory is the one of null values
	// fits is false when the open file of dir cannot take the record: another schema, or no room for more parts.
	fits bool
	// open is the number of open files, and opens tells whether the record needs one more.
	open  int
	opens bool
	now   time.Time
}

// cause says why files were cut, for logs.
type cause string

// The causes of a cut; "" is none.
const (
	bySize      cause = keyFlushSize
	byInterval  cause = keyRotate
	byDirectory cause = keyRotateOnChange
	bySchedule  cause = keySchedule
	bySchema    cause = "schema"
	byOpenFiles cause = keyMaxOpenFiles
)

// before tells whether the open files must be cut before the record is written, which then opens the next file.
func (r *rotation) before(s sighting) cause {
	if r.count == 0 {
		r.due(s.now)
		return ""
	}
	if c := r.byRecordTime(s); c != "" {
		r.plan(s.now)
		return c
	}
	if r.due(s.now) {
		return bySchedule
	}
	if !s.fits {
		return bySchema
	}
	if s.opens && r.rules.maxOpen > 0 && s.open >= r.rules.maxOpen {
		return byOpenFiles
	}
	return ""
}

// byRecordTime: a record older than the base never cuts by the interval, but may by its directory.
func (r *rotation) byRecordTime(s sighting) cause {
	if r.rules.interval <= 0 {
		return ""
	}
	if s.at-r.base >= r.rules.interval.Milliseconds() {
		return byInterval
	}
	if r.rules.onChange && !s.tombstone && !r.tombstone && !bytes.Equal(s.dir, r.last) {
		return byDirectory
	}
	return ""
}

// wrote counts a record that was written and tells whether that filled the files.
func (r *rotation) wrote(s sighting) cause {
	if r.count == 0 {
		r.base = s.at
	}
	r.count++
	r.tombstone = s.tombstone
	if !bytes.Equal(s.dir, r.last) {
		r.last = append(r.last[:0], s.dir...)
	}
	if r.count >= r.rules.flushSize {
		return bySize
	}
	return ""
}

// due tells whether the schedule asks for a cut at now, and moves it on when it does or when there is nothing to cut.
func (r *rotation) due(now time.Time) bool {
	if r.rules.schedule <= 0 {
		return false
	}
	if first := r.next.IsZero(); first || r.next.Sub(now) > r.rules.schedule { // or the clock was set back
		r.plan(now)
		return false
	}
	if now.Before(r.next) {
		return false
	}
	r.plan(now)
	return r.count > 0
}

// plan sets the next scheduled cut: the first multiple of the interval since local midnight that lies after now, or
// the next midnight, whichever comes first.
func (r *rotation) plan(now time.Time) {
	if r.rules.schedule <= 0 {
		return
	}
	midnight := startOfDay(now, 0, r.rules.zone)
	r.next = midnight.Add((now.Sub(midnight)/r.rules.schedule + 1) * r.rules.schedule)
	if tomorrow := startOfDay(now, 1, r.rules.zone); tomorrow.Before(r.next) {
		r.next = tomorrow
	}
}

// startOfDay returns when the local day of now begins, or one that many days later. Where a shift of the clocks skips
// midnight, that is the moment of the shift.
func startOfDay(now time.Time, later int, zone *time.Location) time.Time {
	y, m, d := now.In(zone).Date()
	midnight := time.Date(y, m, d+later, 0, 0, 0, 0, zone)
	if h := midnight.Hour(); h == 0 {
		return midnight
	} else if h < 12 { // time.Date went beyond the gap
		start, _ := midnight.ZoneBounds()
		return start
	}
	_, end := midnight.ZoneBounds()
	return end
}

// wake returns when due should be asked again; zero when only records can ask for a cut.
func (r *rotation) wake() time.Time {
	if r.count == 0 {
		return time.Time{}
	}
	return r.next
}

// reset starts the next files after a cut.
func (r *rotation) reset() { r.count, r.base, r.tombstone = 0, 0, false }
