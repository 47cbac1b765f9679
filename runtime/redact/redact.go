// Package redact puts references to config providers back in place of the values that they stand for, in texts that leave
// the worker: answers, traces and logs.
//
// A value is found as it is, and as URLs, Go and JSON write it. So are its lines, the members of a list, the names and the
// login of a URL, the directories of a path, and what is left of it where a text was cut. Values of eight bytes and more are found wherever they
// stand; shorter ones only where no letter and no digit touches them. Values of fewer than four bytes, numbers of fewer
// than six digits, and words such as true are left alone: they are in every text, and a reference in their place
// would say more about the value than it hides.
package redact

import (
	"encoding/json"
	"net"
	"net/url"
	"path"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The lengths that decide where a value is looked for, in bytes.
const (
	leastAnywhere = 8
	leastWord     = 4
	leastDigits   = 6
)

// mostForms bounds the forms of one value: a certificate may have hundreds of lines.
const mostForms = 500

// common are words that are no secrets, wherever they come from.
var common = map[string]bool{"true": true, "false": true, "null": true, "none": true, "auto": true}

// Redactor replaces values by references. It is never changed, may be used by many goroutines, and nil replaces nothing.
type Redactor struct {
	forms map[byte][]form // by the first byte, the longest first
	long  []form          // those that are also found when they are cut
}

// form is a way in which a value may stand in a text.
type form struct{ text, shown string }

// New returns a redactor for values by what is to be shown in their place, nil for no values.
func New(values map[string]string) *Redactor {
	if len(values) == 0 {
		return nil
	}
	texts := map[string]string{}
	for shown, value := range values {
		for _, text := range forms(value) {
			if old, taken := texts[text]; !taken || shown < old {
				texts[text] = shown
			}
		}
	}
	for shown := range values {
		texts[shown] = shown // what is shown already stays as it is
	}
	r := &Redactor{forms: map[byte][]form{}}
	for text, shown := range texts {
		f := form{text, shown}
		r.forms[text[0]] = append(r.forms[text[0]], f)
		if len(text) > leastAnywhere && text != shown {
			r.long = append(r.long, f)
		}
	}
	for _, list := range r.forms {
		sort.Slice(list, func(i, j int) bool { return longer(list[i], list[j]) })
	}
	sort.Slice(r.long, func(i, j int) bool { return longer(r.long[i], r.long[j]) })
	return r
}

func longer(a, b form) bool {
	if len(a.text) != len(b.text) {
		return len(a.text) > len(b.text)
	}
	return a.text < b.text
}

// forms are the texts that give a value away.
func forms(value string) []string {
	found := map[string]bool{}
	for _, part := range parts(value) {
		quoted := strconv.Quote(part)
		encoded, _ := json.Marshal(part) // a string always has a JSON form
		for _, text := range []string{part, strings.ToLower(part), url.QueryEscape(part), url.PathEscape(part), url.User(part).String(),
			quoted[1 : len(quoted)-1], string(encoded[1 : len(encoded)-1])} {
			if telling(text) && len(found) < mostForms {
				found[text] = true
			}
		}
	}
	list := make([]string, 0, len(found))
	for text := range found {
		list = append(list, text)
	}
	return list
}

// parts are a value and what it is made of.
func parts(value string) []string {
	list := append([]string{value, strings.TrimSpace(value)}, around(strings.TrimSpace(value))...)
	if strings.ContainsAny(value, "\n\r") {
		list = append(list, strings.FieldsFunc(value, func(r rune) bool { return r == '\n' || r == '\r' })...)
	}
	for member := range strings.SplitSeq(value, ",") {
		member = strings.TrimSpace(member)
		list = append(list, member)
		if host, _, err := net.SplitHostPort(member); err == nil {
			list = append(list, host)
		}
		if u, err := url.Parse(member); err == nil && u.Host != "" {
			password, _ := u.User.Password()
			list = append(list, u.Host, u.Hostname(), u.User.Username(), password)
		}
	}
	if strings.Contains(value, "LoginModule") { // its options stand in quotes
		for i, text := range strings.Split(value, `"`) {
			if i%2 == 1 {
				list = append(list, text)
			}
		}
	}
	return list
}

// around are the directories that a path leads through and its last name. One directory below the root is in many texts.
func around(value string) []string {
	if !strings.HasPrefix(value, "/") || strings.ContainsAny(value, "\n\r") {
		return nil
	}
	var list []string
	if name := path.Base(value); len(name) >= leastAnywhere {
		list = append(list, name)
	}
	for dir := path.Dir(value); strings.Count(dir, "/") > 1; dir = path.Dir(dir) {
		list = append(list, dir)
	}
	return list
}

// telling reports whether text says anything about the value that it is, or is a part of.
func telling(text string) bool {
	if len(text) < leastWord || common[strings.ToLower(text)] {
		return false
	}
	return len(text) >= leastDigits || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsDigit(r) })
}

// Text returns text with references in place of values.
func (r *Redactor) Text(text string) string {
	if r == nil || text == "" {
		return text
	}
	return r.whole(r.cut(text))
}

// whole replaces values that stand in text in full.
func (r *Redactor) whole(text string) string {
	var out strings.Builder
	done := 0
	for i := 0; i < len(text); i++ {
		for _, f := range r.forms[text[i]] {
			if strings.HasPrefix(text[i:], f.text) && (len(f.text) >= leastAnywhere || alone(text, i, i+len(f.text))) {
				out.WriteString(text[done:i])
				out.WriteString(f.shown)
				done = i + len(f.text)
				i = done - 1
				break
			}
		}
	}
	if done == 0 {
		return text
	}
	out.WriteString(text[done:])
	return out.String()
}

// alone reports whether no letter and no digit touches text[start:end].
func alone(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	after, _ := utf8.DecodeRuneInString(text[end:])
	return !inWord(before) && !inWord(after)
}

func inWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// ends are what follows a text that was cut.
var ends = []string{"…", "..."}

// cut replaces what is left of values where text ends or says that it was cut.
func (r *Redactor) cut(text string) string {
	for _, end := range ends {
		from := 0
		for {
			at := strings.Index(text[from:], end)
			if at < 0 {
				break
			}
			at += from
			before := r.cutEnd(text[:at])
			text = before + text[at:]
			from = len(before) + len(end)
		}
	}
	return r.cutEnd(text)
}

// cutEnd replaces the beginning of a value with which text ends.
func (r *Redactor) cutEnd(text string) string {
	body := strings.TrimRight(text, `"'`)
	for _, f := range r.long {
		for n := min(len(f.text)-1, len(body)); n >= leastAnywhere; n-- {
			if body[len(body)-1] == f.text[n-1] && strings.HasSuffix(body, f.text[:n]) {
				return body[:len(body)-n] + f.shown + text[len(body):]
			}
		}
	}
	return text
}

// Setting returns a message about one setting: besides what Text replaces, the value that the message quotes is replaced by
// what the user wrote, however short it is.
func (r *Redactor) Setting(message, written, resolved string) string {
	if written != resolved {
		for _, value := range []string{resolved, strings.TrimSpace(resolved)} {
			message = strings.Replace(message, "value "+value+" ", "value "+written+" ", 1)
			message = strings.Replace(message, strconv.Quote(value), strconv.Quote(written), 1)
		}
	}
	return r.Text(message)
}
