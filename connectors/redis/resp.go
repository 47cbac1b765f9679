package redis

import (
	"errors"
	"fmt"
	"strings"
)

// headerLine reads the headers of the protocol: a letter, mostly a number, and the end of the line.
type headerLine struct {
	kind     byte
	number   int64
	negative bool
	size     int
}

const maxNumber = 1 << 40 // above every length that is good

// take adds a byte and reports whether the line is complete.
func (l *headerLine) take(b byte) (complete bool) {
	switch {
	case l.size == 0:
		l.kind = b
	case b == '\n':
		if l.negative {
			l.number = -l.number
		}
		return true
	case b == '-' && l.size == 1:
		l.negative = true
	case b >= '0' && b <= '9':
		if l.number < maxNumber {
			l.number = l.number*10 + int64(b-'0')
		}
	}
	l.size++
	return false
}

// requests counts the commands in what is sent to a server, which the client writes as lists of texts.
type requests struct {
	complete int64
	line     headerLine
	args     int64 // of the command under way that are still to come
	skip     int64 // bytes of the argument under way
}

func (r *requests) take(p []byte) {
	for len(p) > 0 {
		if r.skip > 0 {
			n := min(r.skip, int64(len(p)))
			p = p[n:]
			if r.skip -= n; r.skip == 0 {
				r.argument()
			}
			continue
		}
		if b := p[0]; r.line.take(b) {
			if r.line.kind == '*' {
				r.args = r.line.number
			} else {
				r.skip = r.line.number + 2
			}
			r.line = headerLine{}
		}
		p = p[1:]
	}
}

func (r *requests) argument() {
	if r.args--; r.args == 0 {
		r.complete++
	}
}

// Bounds of what a server may answer to one pipeline. The longest good answers describe the slots of large clusters.
const (
	maxAnswerBytes    = 16 << 20
	maxAnswerElements = 1 << 20
	maxAnswerDepth    = 8
)

// kinds are the first letters of all that an answer is made of.
const kinds = "+-:_,#($=!*~>%|"

var errNoRedis = errors.New("what answers at this address does not speak the Redis protocol")

// answers counts what a server answers and refuses what would take too much memory, by its headers: before the client,
// which believes them, has seen them.
type answers struct {
	complete int64
	kind     byte  // of the last complete answer
	number   int64 // in the header of the last complete answer
	bytes    int64 // since reset
	elements int64
	wrong    error
	line     headerLine
	skip     int64
	open     [maxAnswerDepth]aggregate
	depth    int
}

// aggregate is a list, set or map that is being read.
type aggregate struct {
	kind byte
	rest int64
}

// reset begins with the answers to another pipeline.
func (a *answers) reset() { a.bytes, a.elements = 0, 0 }

// take reads some bytes. After an error nobody knows any more where an answer begins: there are no more answers.
func (a *answers) take(p []byte) error {
	if a.wrong == nil {
		a.wrong = a.read(p)
	}
	return a.wrong
}

func (a *answers) read(p []byte) error {
	if a.bytes += int64(len(p)); a.bytes > maxAnswerBytes {
		return tooLong(a.bytes, "bytes", maxAnswerBytes)
	}
	for len(p) > 0 {
		if a.skip > 0 {
			n := min(a.skip, int64(len(p)))
			p = p[n:]
			if a.skip -= n; a.skip == 0 {
				a.element()
			}
			continue
		}
		if a.line.size == 0 && strings.IndexByte(kinds, p[0]) < 0 {
			return errNoRedis
		}
		if a.line.take(p[0]) {
			if err := a.header(); err != nil {
				return err
			}
			a.line = headerLine{}
		}
		p = p[1:]
	}
	return nil
}

func (a *answers) header() error {
	n := a.line.number
	switch a.line.kind {
	case '+', '-', ':', '_', ',', '#', '(':
		a.element()
		return nil
	case '$', '=', '!':
		if n > maxAnswerBytes-a.bytes {
			return tooLong(n, "bytes", maxAnswerBytes)
		}
		if n < 0 {
			a.element()
			return nil
		}
		a.skip = n + 2
		return nil
	}
	return a.aggregate(n)
}

func (a *answers) aggregate(n int64) error {
	kind := a.line.kind
	if kind == '%' || kind == '|' {
		n *= 2
	}
	if a.elements += max(n, 0); a.elements > maxAnswerElements {
		return tooLong(n, "elements", maxAnswerElements)
	}
	switch {
	case n > 0 && a.depth == maxAnswerDepth:
		return tooLong(maxAnswerDepth+1, "levels", maxAnswerDepth)
	case n > 0:
		a.open[a.depth] = aggregate{kind: kind, rest: n}
		a.depth++
	case kind != '|':
		a.element()
	}
	return nil
}

// element ends one element, and the aggregates that end with it. Attributes and messages that nobody asked for are no answers.
func (a *answers) element() {
	kind := a.line.kind
	if kind == 0 {
		kind = '$' // a text ends after its line
	}
	for a.depth > 0 {
		top := &a.open[a.depth-1]
		if top.rest--; top.rest > 0 {
			return
		}
		a.depth--
		kind = top.kind
		if kind == '|' {
			return
		}
	}
	if kind != '>' {
		a.complete++
		a.kind, a.number = kind, a.line.number
	}
}

func tooLong(n int64, what string, most int) error {
	return fmt.Errorf("read an answer of Redis: it promises %d %s, but no good answer has more than %d", n, what, most)
}
