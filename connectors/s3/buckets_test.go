package s3

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluice-connect/sluice/schemas/javatime"
)

func zone(t testing.TB, id string) *time.Location {
	t.Helper()
	loc, err := javatime.LoadZone(id)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

const hourPattern = "'year'=YYYY/'month'=MM/'day'=dd/'hour'=HH"

func TestBuckets(t *testing.T) {
	for _, c := range []struct {
		pattern, zone string
		width         time.Duration
		at, want      string
	}{
		{hourPattern, "UTC", 30 * time.Minute, "2024-05-01T10:59:59Z", "year=2024/month=05/day=01/hour=10"},
		{"HH:mm", "UTC", 30 * time.Minute, "2024-05-01T10:59:59Z", "10:30"},
		{"HH:mm", "UTC", 30 * time.Minute, "2024-05-01T10:30:00Z", "10:30"},
		{"YYYY-MM-dd HH:mm", "Europe/Berlin", 24 * time.Hour, "2024-05-01T22:30:00Z", "2024-05-02 00:00"},
		{"YYYY-MM-dd HH:mm", "Europe/Berlin", 24 * time.Hour, "2024-01-01T22:30:00Z", "2024-01-01 00:00"},
		// The days the clock changes have 23 and 25 hours, and one directory each.
		{"YYYY-MM-dd HH:mm", "Europe/Berlin", 24 * time.Hour, "2024-03-31T21:30:00Z", "2024-03-31 00:00"},
		{"YYYY-MM-dd HH:mm", "Europe/Berlin", 24 * time.Hour, "2024-10-27T22:30:00Z", "2024-10-27 00:00"},
		// The hour that comes twice shares a directory, the hour that does not exist is never named.
		{"HH:mm ZZ", "Europe/Berlin", time.Hour, "2024-10-27T00:30:00Z", "02:00 +01:00"},
		{"HH:mm ZZ", "Europe/Berlin", time.Hour, "2024-10-27T01:30:00Z", "02:00 +01:00"},
		{"HH:mm ZZ", "Europe/Berlin", time.Hour, "2024-03-31T00:59:00Z", "01:00 +01:00"},
		{"HH:mm ZZ", "Europe/Berlin", time.Hour, "2024-03-31T01:00:00Z", "03:00 +02:00"},
		// A bucket that would start in the gap, at 02:00, starts at 03:00.
		{"HH:mm ZZ", "America/New_York", 2 * time.Hour, "2024-03-10T07:30:00Z", "03:00 -04:00"},
		{"HH:mm ZZ", "Europe/Berlin", 2 * time.Hour, "2024-03-31T01:30:00Z", "03:00 +02:00"},
		{"HH:mm", "Asia/Kolkata", time.Hour, "2024-05-01T10:10:00Z", "15:00"},
		{"YYYY-MM-dd", "UTC", 24 * time.Hour, "1969-12-31T23:00:00Z", "1970-01-01"}, // as Java divides
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		p, err := javatime.Joda(c.pattern, "en", zone(t, c.zone))
		if err != nil {
			t.Fatal(err)
		}
		if got := newBuckets(p, c.width).dir(at.UnixMilli()); got != c.want {
			t.Errorf("%s in %s by %s: %s, want %s", c.at, c.zone, c.width, got, c.want)
		}
	}
}

// TestBucketsRemember: what is remembered never changes the answer.
func TestBucketsRemember(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := javatime.LoadZone(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := javatime.Joda(hourPattern+"/mm", "en", loc)
		if err != nil {
			t.Fatal(err)
		}
		width := time.Duration(rapid.SampledFrom([]int64{1, 5, 15, 30, 60, 120, 1440}).Draw(t, "minutes")) * time.Minute
		old := newBuckets(p, width)
		start := rapid.Int64Range(0, 2e12).Draw(t, "start")
		for _, d := range rapid.SliceOfN(rapid.Int64Range(-90*24*3600e3, 90*24*3600e3), 1, 100).Draw(t, "moves") {
			at := start + d
			got, want := old.dir(at), newBuckets(p, width).dir(at)
			if got != want {
				t.Fatalf("%d: %s, afresh %s", at, got, want)
			}
			if width == time.Hour && !strings.HasSuffix(got, "/00") && loc.String() != "Australia/Lord_Howe" {
				t.Fatalf("%d: hour bucket %s", at, got)
			}
		}
	})
}
