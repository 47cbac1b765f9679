// Package javatime renders times by the date patterns of Java's libraries, and finds time zones by their ids.
package javatime

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Pattern is a date pattern that has been read, with the zone it shows times in. It is immutable and safe for use by
// several goroutines.
type Pattern struct {
	fields []field
	zone   *time.Location
}

// Joda reads a pattern of Joda-Time's DateTimeFormat, which is what Confluent's partitioners take: Y, y and x are years
// of any width, two letters are a year of two digits. Text fields (names of months and days, halfday, era) exist for the
// locale en only, such as en or en_US.
func Joda(pattern, locale string, zone *time.Location) (*Pattern, error) {
	return read(pattern, zone, func(letter byte, n int) error { return checkJoda(letter, n, locale) })
}

// fixed are the fields of java.time that have a fixed width and mean the same everywhere.
var fixed = []string{"yyyy", "uuuu", "yy", "MM", "M", "dd", "d", "DDD", "HH", "mm", "ss", "SSS"}

// Fixed reads the part of java.time's DateTimeFormatter patterns that is the same in all locales and sorts as it
// counts: yyyy, uuuu, yy, MM, M, dd, d, DDD, HH, mm, ss and SSS. It refuses the others, since the same letter may mean
// something else in Joda-Time: YYYY is the year of the week here.
func Fixed(pattern string, zone *time.Location) (*Pattern, error) {
	p, err := read(pattern, zone, func(letter byte, n int) error {
		if run := strings.Repeat(string(letter), n); !slices.Contains(fixed, run) {
			return fmt.Errorf("%s is unknown in the date pattern %s; use yyyy, MM, dd, HH, mm, ss, SSS", run, pattern)
		}
		return nil
	})
	if err == nil && pattern == "" {
		return nil, errors.New("the date pattern is empty")
	}
	return p, err
}

// read takes a pattern apart: runs of a letter are fields, which check may refuse; text stands in single quotes, and
// what is no letter stands for itself.
func read(pattern string, zone *time.Location, check func(letter byte, n int) error) (*Pattern, error) {
	p := &Pattern{zone: zone}
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case c == '\'':
			text, n, err := quoted(pattern[i:])
			if err != nil {
				return nil, err
			}
			p.literal(text)
			i += n
		case isLetter(c):
			n := 1
			for i+n < len(pattern) && pattern[i+n] == c {
				n++
			}
			if err := check(c, n); err != nil {
				return nil, err
			}
			p.fields = append(p.fields, field{letter: c, count: n})
			i += n
		default:
			p.literal(pattern[i : i+1])
			i++
		}
	}
	return p, nil
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func (p *Pattern) literal(text string) {
	if n := len(p.fields); n > 0 && p.fields[n-1].letter == 0 {
		p.fields[n-1].text += text
		return
	}
	p.fields = append(p.fields, field{text: text})
}

// quoted reads a quoted literal at the start of s; two quotes stand for one, inside a literal and outside.
func quoted(s string) (text string, n int, err error) {
	if strings.HasPrefix(s, "''") {
		return "'", 2, nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, nil
	}
	return "", 0, fmt.Errorf("the quote that opens %s is never closed", s)
}

func checkJoda(c byte, n int, locale string) error {
	if !strings.ContainsRune("GCYxweEyDMdaKhHkmsSzZ", rune(c)) {
		return fmt.Errorf("%q is no pattern letter; put text in single quotes", c)
	}
	if n > 20 {
		return fmt.Errorf("%q is repeated more than 20 times", c)
	}
	if c == 'z' && n >= 4 {
		return errors.New("long time zone names (zzzz) are not supported by this version")
	}
	language, _, _ := strings.Cut(strings.ReplaceAll(locale, "-", "_"), "_")
	isText := c == 'G' || c == 'E' || c == 'a' || c == 'M' && n >= 3
	if isText && !strings.EqualFold(language, "en") {
		return fmt.Errorf("%s is text, which this version writes for the locale en only", strings.Repeat(string(c), n))
	}
	return nil
}

// Zone is where the times are shown.
func (p *Pattern) Zone() *time.Location { return p.zone }

// Append appends the rendering of an instant.
func (p *Pattern) Append(dst []byte, at time.Time) []byte {
	t := at.In(p.zone)
	for i := range p.fields {
		if f := &p.fields[i]; f.letter == 0 {
			dst = append(dst, f.text...)
		} else {
			dst = f.append(dst, t)
		}
	}
	return dst
}
