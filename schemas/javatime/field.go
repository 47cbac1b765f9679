package javatime

import (
	"strings"
	"time"

	"github.com/sluice-connect/sluice/schemas"
)

// field is one run of a pattern letter, or literal text when letter is 0.
type field struct {
	letter byte
	count  int
	text   string
}

func (f *field) append(dst []byte, t time.Time) []byte {
	switch f.letter {
	case 'G', 'E', 'a', 'z', 'Z':
		return f.appendText(dst, t)
	case 'M':
		if f.count >= 4 {
			return append(dst, t.Month().String()...)
		}
		if f.count == 3 {
			return append(dst, t.Month().String()[:3]...)
		}
	case 'S':
		return f.appendFraction(dst, t)
	}
	n := f.number(t)
	if f.count == 2 && strings.IndexByte("Yyx", f.letter) >= 0 {
		n = ((n % 100) + 100) % 100 // two letters are the year of two digits
	}
	return schemas.AppendPadded(dst, int64(n), f.count)
}

func (f *field) number(t time.Time) int {
	switch f.letter {
	case 'C':
		return t.Year() / 100
	case 'Y', 'y', 'u':
		return t.Year()
	case 'x':
		year, _ := t.ISOWeek()
		return year
	case 'w':
		_, week := t.ISOWeek()
		return week
	case 'e':
		return (int(t.Weekday())+6)%7 + 1
	case 'D':
		return t.YearDay()
	case 'M':
		return int(t.Month())
	case 'd':
		return t.Day()
	case 'K':
		return t.Hour() % 12
	case 'h':
		return (t.Hour()+11)%12 + 1
	case 'H':
		return t.Hour()
	case 'k':
		return (t.Hour()+23)%24 + 1
	case 'm':
		return t.Minute()
	}
	return t.Second() // 's'
}

func (f *field) appendText(dst []byte, t time.Time) []byte {
	switch f.letter {
	case 'G':
		if t.Year() <= 0 {
			return append(dst, "BC"...)
		}
		return append(dst, "AD"...)
	case 'E':
		if f.count >= 4 {
			return append(dst, t.Weekday().String()...)
		}
		return append(dst, t.Weekday().String()[:3]...)
	case 'a':
		return t.AppendFormat(dst, "PM")
	case 'z':
		return t.AppendFormat(dst, "MST")
	}
	switch f.count { // 'Z'
	case 1:
		return t.AppendFormat(dst, "-0700")
	case 2:
		return t.AppendFormat(dst, "-07:00")
	}
	return append(dst, t.Location().String()...)
}

// appendFraction writes the milliseconds cut or filled up to count digits.
func (f *field) appendFraction(dst []byte, t time.Time) []byte {
	start := len(dst)
	dst = schemas.AppendPadded(dst, int64(t.Nanosecond()/int(time.Millisecond)), 3)
	for len(dst)-start < f.count {
		dst = append(dst, '0')
	}
	return dst[:start+f.count]
}
