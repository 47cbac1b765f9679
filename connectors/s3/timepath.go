package s3

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a static binary may run where no zone files are installed
)

// timePath renders instants by a compiled Joda-Time pattern in one time zone.
type timePath struct {
	fields []timeField
	loc    *time.Location
}

// timeField is one run of a pattern letter, or literal text when letter is 0.
type timeField struct {
	letter byte
	count  int
	text   string
}

// compilePath reads a Joda-Time pattern. Text fields (month and day names, halfday, era) exist in English only.
func compilePath(pattern, locale string, loc *time.Location) (*timePath, error) {
	p := &timePath{loc: loc}
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
			if err := checkField(c, n, locale); err != nil {
				return nil, err
			}
			p.fields = append(p.fields, timeField{letter: c, count: n})
			i += n
		default:
			p.literal(pattern[i : i+1])
			i++
		}
	}
	return p, nil
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func (p *timePath) literal(text string) {
	if n := len(p.fields); n > 0 && p.fields[n-1].letter == 0 {
		p.fields[n-1].text += text
		return
	}
	p.fields = append(p.fields, timeField{text: text})
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

func checkField(c byte, n int, locale string) error {
	if !strings.ContainsRune("GCYxweEyDMdaKhHkmsSzZ", rune(c)) {
		return fmt.Errorf("%q is no pattern letter; put text in single quotes", c)
	}
	if n > 20 {
		return fmt.Errorf("%q is repeated more than 20 times", c)
	}
	if c == 'z' && n >= 4 {
		return fmt.Errorf("long time zone names (zzzz) are not supported by this version")
	}
	language, _, _ := strings.Cut(strings.ReplaceAll(locale, "-", "_"), "_")
	isText := c == 'G' || c == 'E' || c == 'a' || c == 'M' && n >= 3
	if isText && !strings.EqualFold(language, "en") {
		return fmt.Errorf("%s is text, which this version writes for the locale en only", strings.Repeat(string(c), n))
	}
	return nil
}

// format appends the rendering of an instant.
func (p *timePath) format(dst []byte, at time.Time) []byte {
	t := at.In(p.loc)
	for _, f := range p.fields {
		if f.letter == 0 {
			dst = append(dst, f.text...)
			continue
		}
		dst = f.append(dst, t)
	}
	return dst
}

func (f timeField) append(dst []byte, t time.Time) []byte {
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
	n, width := f.number(t), f.count
	if f.count == 2 && strings.IndexByte("Yyx", f.letter) >= 0 {
		n = ((n % 100) + 100) % 100 // Joda reads yy as the two-digit year
	}
	return appendPadded(dst, int64(n), width)
}

func (f timeField) number(t time.Time) int {
	isoYear, isoWeek := t.ISOWeek()
	switch f.letter {
	case 'C':
		return t.Year() / 100
	case 'Y', 'y':
		return t.Year()
	case 'x':
		return isoYear
	case 'w':
		return isoWeek
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

func (f timeField) appendText(dst []byte, t time.Time) []byte {
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
func (f timeField) appendFraction(dst []byte, t time.Time) []byte {
	digits := fmt.Sprintf("%03d", t.Nanosecond()/int(time.Millisecond))
	for len(digits) < f.count {
		digits += "0"
	}
	return append(dst, digits[:f.count]...)
}

// appendPadded writes n with at least width digits; more digits are kept.
func appendPadded(dst []byte, n int64, width int) []byte {
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], n, 10)
	for i := len(text); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}

// loadZone finds a zone by the id that Joda-Time would take: an IANA name or an offset such as +02:00.
func loadZone(id string) (*time.Location, error) {
	if len(id) == 6 && (id[0] == '+' || id[0] == '-') && id[3] == ':' {
		t, err := time.Parse("-07:00", id)
		if err != nil {
			return nil, fmt.Errorf("%s is no offset", id)
		}
		_, offset := t.Zone()
		return time.FixedZone(id, offset), nil
	}
	if id == "" || id == "Local" { // both would mean something else in Go
		return nil, fmt.Errorf("%q is no time zone id", id)
	}
	loc, err := time.LoadLocation(id)
	if err != nil {
		return nil, fmt.Errorf("%q is no time zone id", id)
	}
	return loc, nil
}
