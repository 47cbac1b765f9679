package s3

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-connect/sluice/schemas"
)

// Timestamps outside the years 1 to 9999 are mistakes; directories of them would sort wrongly.
const (
	minTimestamp = -62135596800000
	maxTimestamp = 253402300799999
)

// extractor returns a record's time in milliseconds since the epoch.
type extractor func(r *schemas.Record, now time.Time) (int64, error)

func wallclock(_ *schemas.Record, now time.Time) (int64, error) { return now.UnixMilli(), nil }

func recordTime(r *schemas.Record, _ time.Time) (int64, error) {
	if r.Timestamp.IsZero() {
		return 0, errors.New("find the record's timestamp: it has none")
	}
	return inRange(r.Timestamp.UnixMilli())
}

// fieldTime reads the time from a field of the value.
func fieldTime(field, unit string) extractor {
	path := strings.Split(field, ".")
	return func(r *schemas.Record, now time.Time) (int64, error) {
		if r.Value.IsNull() { // a tombstone has no field; it is filed by its own directory anyway
			return recordTime(r, now)
		}
		data, ok := r.Value.Lookup(path)
		if !ok || data == nil {
			return 0, fmt.Errorf("find the timestamp field %s: the record has none", field)
		}
		ms, err := instant(data, unit)
		if err != nil {
			return 0, fmt.Errorf("read the timestamp field %s: %w", field, err)
		}
		return inRange(ms)
	}
}

func inRange(ms int64) (int64, error) {
	if ms < minTimestamp || ms > maxTimestamp {
		return 0, fmt.Errorf("use the timestamp %d: it is outside the years 1 to 9999", ms)
	}
	return ms, nil
}

func instant(data any, unit string) (int64, error) {
	switch d := data.(type) {
	case time.Time:
		return d.UnixMilli(), nil
	case int32:
		return toMillis(int64(d), unit)
	case int64:
		return toMillis(d, unit)
	case float64:
		return fractionToMillis(d, unit)
	case schemas.Number:
		return numberTime(string(d), unit)
	case string:
		if ms, err := numberTime(d, unit); err == nil {
			return ms, nil
		}
		return parseISO(d)
	}
	return 0, fmt.Errorf("%T is no time", data)
}

func numberTime(text, unit string) (int64, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return toMillis(n, unit)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, errors.New("it is no number")
	}
	return fractionToMillis(f, unit)
}

func toMillis(n int64, unit string) (int64, error) {
	switch unit {
	case "s":
		if n > math.MaxInt64/1000 || n < math.MinInt64/1000 {
			return 0, errors.New("it is too large")
		}
		return n * 1000, nil
	case "us":
		return floorDiv(n, 1000), nil
	case "ns":
		return floorDiv(n, 1000000), nil
	}
	return n, nil
}

func floorDiv(n, d int64) int64 {
	q := n / d
	if n%d < 0 {
		q--
	}
	return q
}

func fractionToMillis(f float64, unit string) (int64, error) {
	f *= map[string]float64{"s": 1e3, "us": 1e-3, "ns": 1e-6, "ms": 1}[unit]
	if math.IsNaN(f) || math.Abs(f) > maxTimestamp {
		return 0, errors.New("it is no time")
	}
	return int64(math.Floor(f)), nil
}

// parseISO reads an ISO-8601 date with an optional time and offset; without an offset it is UTC.
func parseISO(text string) (int64, error) {
	date, clock, hasClock := strings.Cut(text, "T")
	layout := ""
	switch len(date) {
	case len("2006-01-02"):
		layout = "2006-01-02"
	case len("2006-01"):
		layout = "2006-01"
	}
	day, err := time.Parse(layout, date)
	if err != nil || layout == "" {
		return 0, errors.New("it is neither a number nor an ISO-8601 time")
	}
	if !hasClock {
		return day.UnixMilli(), nil
	}
	ms, err := parseClock(clock)
	return day.UnixMilli() + ms, err
}

// parseClock reads HH[:mm[:ss[.fraction]]][Z|±HH[[:]mm]] as milliseconds to add to midnight UTC.
func parseClock(text string) (int64, error) {
	var shift int64
	if i := strings.IndexAny(text, "Z+-"); i >= 0 {
		offset, err := parseOffset(text[i:])
		if err != nil {
			return 0, err
		}
		text, shift = text[:i], offset
	}
	text, fraction, _ := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	layouts := map[int]string{2: "15", 5: "15:04", 8: "15:04:05"}
	t, err := time.Parse(layouts[len(text)], text)
	if err != nil || layouts[len(text)] == "" {
		return 0, errors.New("its time of day is not ISO-8601")
	}
	ms := int64(t.Hour())*3600000 + int64(t.Minute())*60000 + int64(t.Second())*1000
	for i, weight := 0, int64(100); i < len(fraction); i, weight = i+1, weight/10 {
		if fraction[i] < '0' || fraction[i] > '9' {
			return 0, errors.New("its fraction of a second is not ISO-8601")
		}
		ms += int64(fraction[i]-'0') * weight
	}
	return ms - shift, nil
}

func parseOffset(text string) (int64, error) {
	for _, layout := range []string{"Z07:00", "Z0700", "Z07"} {
		if t, err := time.Parse(layout, text); err == nil {
			_, seconds := t.Zone()
			return int64(seconds) * 1000, nil
		}
	}
	return 0, errors.New("its offset is not ISO-8601")
}
