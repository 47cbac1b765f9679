package javatime

import (
	"strings"
	"testing"
	"time"
)

func zone(t testing.TB, id string) *time.Location {
	t.Helper()
	loc, err := LoadZone(id)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestTimePath(t *testing.T) {
	at := time.Date(2024, 2, 5, 0, 4, 9, 78e6, time.UTC) // a Monday, in week 6
	for _, c := range []struct{ pattern, zone, want string }{
		{"'year'=YYYY/'month'=MM/'day'=dd/'hour'=HH", "UTC", "year=2024/month=02/day=05/hour=00"},
		{"'year'=YYYY/'month'=MM/'day'=dd/'hour'=HH", "Europe/Berlin", "year=2024/month=02/day=05/hour=01"},
		{"'year'=YYYY/'month'=MM/'day'=dd/'hour'=HH", "America/New_York", "year=2024/month=02/day=04/hour=19"},
		{"'dt'=yyyy-MM-dd", "UTC", "dt=2024-02-05"},
		{"yyyyMMdd'T'HHmmss", "UTC", "20240205T000409"},
		{"yy/YY/xx/y", "UTC", "24/24/24/2024"},
		{"xxxx-'W'ww-e", "UTC", "2024-W06-1"},
		{"D DDD C", "UTC", "36 036 20"},
		{"M MM MMM MMMM", "UTC", "2 02 Feb February"},
		{"E EEE EEEE", "UTC", "Mon Mon Monday"},
		{"h hh K KK k kk a", "UTC", "12 12 0 00 24 24 AM"},
		{"h K k a", "Asia/Tokyo", "9 9 9 AM"},
		{"S SS SSS SSSS", "UTC", "0 07 078 0780"},
		{"Z ZZ ZZZ", "Asia/Kolkata", "+0530 +05:30 Asia/Kolkata"},
		{"Z ZZ ZZZ z", "UTC", "+0000 +00:00 UTC UTC"},
		{"HH:mm", "+05:45", "05:49"},
		{"G", "UTC", "AD"},
		{"'o''clock' '' '''x'", "UTC", "o'clock ' 'x"},
		{"\"at\"'", "UTC", ""},
		{"b", "UTC", ""},
		{"'open", "UTC", ""},
		{"zzzz", "UTC", ""},
	} {
		p, err := Joda(c.pattern, "en", zone(t, c.zone))
		if err != nil {
			if c.want != "" {
				t.Errorf("%s: %v", c.pattern, err)
			}
			continue
		}
		if got := string(p.Append(nil, at)); got != c.want {
			t.Errorf("%s in %s: %s, want %s", c.pattern, c.zone, got, c.want)
		}
	}
}

func TestTextNeedsEnglish(t *testing.T) {
	for pattern, ok := range map[string]bool{"YYYY/MM/dd": true, "MMM": false, "EEE": false, "a": false} {
		if _, err := Joda(pattern, "de", time.UTC); (err == nil) != ok {
			t.Errorf("%s: %v", pattern, err)
		}
		if _, err := Joda(pattern, "en_US", time.UTC); err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

func TestFixedPatterns(t *testing.T) {
	at := time.Date(2026, 9, 18, 7, 5, 3, 42e6, time.UTC)
	for pattern, want := range map[string]string{
		"yyyy-MM-dd'T'HHmmss": "2026-09-18T070503", "yy/M/d SSS DDD": "26/9/18 042 261", "uuuu": "2026", "'o''clock'": "o'clock", "-": "-", "é": "é",
	} {
		p, err := Fixed(pattern, time.UTC)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		if got := string(p.Append([]byte("before "), at)); got != "before "+want {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
	}
	for pattern, want := range map[string]string{
		"": "empty", "YYYY": "YYYY is unknown", "MMM": "MMM is unknown", "ddd": "use yyyy", "HH 'open": "never closed", "S": "S is unknown", "yyyyy": "is unknown",
	} {
		if _, err := Fixed(pattern, time.UTC); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v does not say %q", pattern, err, want)
		}
	}
}

func TestAppendingAllocatesNothing(t *testing.T) {
	p, err := Joda("'year'=YYYY/'month'=MM/MMMM/xxxx-ww-e/EEE D HH:mm:ss.SSSS a Z", "en", zone(t, "Europe/Berlin"))
	if err != nil {
		t.Fatal(err)
	}
	buf, at := make([]byte, 0, 256), time.UnixMilli(1700000000123)
	if n := testing.AllocsPerRun(100, func() { buf = p.Append(buf[:0], at) }); n != 0 {
		t.Errorf("%v allocations for %s", n, buf)
	}
}

func TestZones(t *testing.T) {
	for id, ok := range map[string]bool{"UTC": true, "Europe/Berlin": true, "+02:00": true, "-11:30": true,
		"": false, "Local": false, "Mars/Phobos": false, "+2:00": false, "../../etc/passwd": false} {
		if _, err := LoadZone(id); (err == nil) != ok {
			t.Errorf("%q: %v", id, err)
		}
	}
}
