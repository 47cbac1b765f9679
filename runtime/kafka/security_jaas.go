package kafka

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// maxJAAS bounds a JAAS line; real ones have a few hundred characters.
const maxJAAS = 16 << 10

// loginModule is what a JAAS line says. The name is text to compare, never something to load. The options are exported
// because fmt masks no secrets in fields that are not.
type loginModule struct {
	Name    string
	Options map[string]configdef.Secret
}

func (m loginModule) option(name string) string { return m.Options[name].Reveal() }

// jaasFlags are the control flags; all mean the same for a line with one module.
var jaasFlags = []string{"REQUIRED", "REQUISITE", "SUFFICIENT", "OPTIONAL"}

// parseJAAS reads a line of the form
//
//	line   = module flag { option } ";"
//	module = word { "." word }
//	option = word "=" ( word | quoted )
//
// with comments and escapes as Java's StreamTokenizer reads them. Errors say where something is wrong and never quote
// the line: any part of a line that is put together wrongly may be its password.
func parseJAAS(line string) (loginModule, error) {
	if len(line) > maxJAAS {
		return loginModule{}, fmt.Errorf("it is longer than %d characters", maxJAAS)
	}
	s := &jaasScanner{text: line}
	m, err := s.entry()
	if err != nil {
		return loginModule{}, err
	}
	next, err := s.next()
	if err != nil {
		return loginModule{}, err
	}
	if next.kind != jaasEnd {
		return loginModule{}, s.problem(next, "there is more after the semicolon; only one login module can be used")
	}
	return m, nil
}

func (s *jaasScanner) entry() (loginModule, error) {
	module, err := s.expect(jaasWord, "the class name of a login module")
	if err != nil {
		return loginModule{}, err
	}
	flag, err := s.expect(jaasWord, "a control flag such as required")
	if err != nil {
		return loginModule{}, err
	}
	if !slices.Contains(jaasFlags, strings.ToUpper(flag.text)) {
		return loginModule{}, s.problem(flag, "expected a control flag such as required")
	}
	m := loginModule{Name: module.text, Options: map[string]configdef.Secret{}}
	for {
		name, err := s.next()
		switch {
		case err != nil:
			return loginModule{}, err
		case name.kind == jaasSemicolon:
			return m, nil
		case name.kind == jaasEnd:
			return loginModule{}, s.problem(name, "the semicolon at the end is missing")
		case name.kind != jaasWord:
			return loginModule{}, s.problem(name, "expected the name of an option")
		}
		if err := s.option(m, name.text); err != nil {
			return loginModule{}, err
		}
	}
}

func (s *jaasScanner) option(m loginModule, name string) error {
	if _, err := s.expect(jaasEquals, "= after the name of an option"); err != nil {
		return err
	}
	value, err := s.next()
	if err != nil {
		return err
	}
	if value.kind != jaasWord && value.kind != jaasQuoted {
		return s.problem(value, "expected the value of an option, in double quotes unless it is a plain word")
	}
	if _, twice := m.Options[name]; twice {
		return s.problem(value, "an option is set twice")
	}
	m.Options[name] = configdef.NewSecret(value.text)
	return nil
}

func (s *jaasScanner) expect(kind jaasKind, what string) (jaasToken, error) {
	t, err := s.next()
	if err == nil && t.kind != kind {
		err = s.problem(t, "expected "+what)
	}
	return t, err
}

type jaasKind uint8

const (
	jaasEnd jaasKind = iota
	jaasWord
	jaasQuoted
	jaasEquals
	jaasSemicolon
)

type jaasToken struct {
	kind jaasKind
	text string
	at   int
}

// jaasScanner cuts a line into tokens.
type jaasScanner struct {
	text string
	pos  int
}

func (s *jaasScanner) problem(t jaasToken, what string) error {
	return fmt.Errorf("at character %d: %s", t.at+1, what)
}

func (s *jaasScanner) next() (jaasToken, error) {
	if err := s.skipBlanks(); err != nil {
		return jaasToken{}, err
	}
	t := jaasToken{at: s.pos}
	if s.pos == len(s.text) {
		return t, nil
	}
	switch c := s.text[s.pos]; {
	case c == '=' || c == ';':
		s.pos++
		t.kind = jaasEquals
		if c == ';' {
			t.kind = jaasSemicolon
		}
		return t, nil
	case c == '"' || c == '\'':
		text, err := s.quoted(c)
		t.kind, t.text = jaasQuoted, text
		return t, err
	case wordBegins(c):
		for s.pos < len(s.text) && wordGoesOn(s.text[s.pos]) {
			s.pos++
		}
		t.kind, t.text = jaasWord, s.text[t.at:s.pos]
		return t, nil
	}
	return t, s.problem(t, "a character that belongs into quotes")
}

// skipBlanks also skips // and /* */ comments.
func (s *jaasScanner) skipBlanks() error {
	for s.pos < len(s.text) {
		rest := s.text[s.pos:]
		switch {
		case rest[0] <= ' ':
			s.pos++
		case strings.HasPrefix(rest, "//"):
			end := strings.IndexAny(rest, "\r\n")
			if end < 0 {
				end = len(rest)
			}
			s.pos += end
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return s.problem(jaasToken{at: s.pos}, "a comment does not end")
			}
			s.pos += end + 4
		default:
			return nil
		}
	}
	return nil
}

// quoted reads a quoted value: \n and its kin, up to three octal digits, and any other character for itself.
func (s *jaasScanner) quoted(quote byte) (string, error) {
	open := jaasToken{at: s.pos}
	var b strings.Builder
	for s.pos++; s.pos < len(s.text); {
		c := s.text[s.pos]
		switch {
		case c == quote:
			s.pos++
			return b.String(), nil
		case c == '\n' || c == '\r' || c == 0:
			return "", s.problem(open, "a quoted value does not end on its line")
		case c == '\\':
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			b.WriteString(r)
		default:
			b.WriteByte(c)
			s.pos++
		}
	}
	return "", s.problem(open, "a quoted value does not end")
}

func (s *jaasScanner) escape() (string, error) {
	at := s.pos
	s.pos++
	if s.pos == len(s.text) {
		return "", errors.New("a quoted value does not end")
	}
	c := s.text[s.pos]
	if i := strings.IndexByte("abfnrtv", c); i >= 0 {
		s.pos++
		return "\a\b\f\n\r\t\v"[i : i+1], nil
	}
	if c < '0' || c > '7' {
		if c == '\n' || c == '\r' || c == 0 {
			return "", s.problem(jaasToken{at: at}, "a quoted value does not end on its line")
		}
		s.pos++
		return s.text[s.pos-1 : s.pos], nil // the first byte of a longer character; its others follow
	}
	n, most := 0, 3
	if c > '3' {
		most = 2
	}
	for i := 0; i < most && s.pos < len(s.text) && s.text[s.pos] >= '0' && s.text[s.pos] <= '7'; i++ {
		n = n*8 + int(s.text[s.pos]-'0')
		s.pos++
	}
	return string(rune(n)), nil
}

func wordBegins(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$'
}

func wordGoesOn(c byte) bool { return wordBegins(c) || c >= '0' && c <= '9' || c == '.' || c == '-' }
