package task

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-connect/sluice/schemas"
)

// The names of a letter's own headers: those of Connect, and those that say how many bytes of what were left out.
const (
	contextPrefix = "__connect.errors."
	stackTrace    = "exception.stacktrace"
	omittedPrefix = "__sluice.errors.omitted."
)

// reductions leave parts out of a letter that is too large for its topic, the most dispensable first.
var reductions = []func(*letter){(*letter).omitTrace, (*letter).omitValue, (*letter).omitKeyAndHeaders}

// withoutValue is how many reductions take the value.
const withoutValue = 2

// reduce leaves another part out; it is false when there is nothing more to leave out.
func (l *letter) reduce() bool {
	if l.reduced == len(reductions) {
		return false
	}
	reductions[l.reduced](l)
	l.reduced++
	return true
}

func (l *letter) omitTrace() {
	l.keepHeaders(func(name string) bool { return name != contextPrefix+stackTrace })
}

func (l *letter) omitValue() {
	l.say("value", len(l.record.Value))
	l.record.Value = nil
}

func (l *letter) omitKeyAndHeaders() {
	size := 0
	for _, h := range l.record.Headers {
		if !own(h.Key) {
			size += len(h.Key) + len(h.Value)
		}
	}
	l.keepHeaders(own)
	l.say("key", len(l.record.Key))
	l.say("headers", size)
	l.record.Key = nil
}

func own(name string) bool {
	return strings.HasPrefix(name, contextPrefix) || strings.HasPrefix(name, omittedPrefix)
}

func (l *letter) keepHeaders(which func(name string) bool) {
	l.record.Headers = slices.DeleteFunc(l.record.Headers, func(h schemas.RawHeader) bool { return !which(h.Key) })
}

// say notes how many bytes of what are missing, if any are.
func (l *letter) say(what string, size int) {
	if size > 0 {
		l.record.Headers = append(l.record.Headers, schemas.RawHeader{Key: omittedPrefix + what, Value: []byte(strconv.Itoa(size))})
	}
}
