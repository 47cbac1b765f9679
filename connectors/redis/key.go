package redis

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/sluice-connect/sluice/schemas"
)

// template makes the key of a record.
type template []keyPart

// keyPart appends one part of a key, or says what the record lacks.
type keyPart func(dst []byte, r *schemas.Record) ([]byte, error)

var (
	errNoKey   = errors.New("the record has no key")
	errMissing = errors.New("the record lacks it")
)

// keyspaceTemplate makes keys as Redis Inc's connector does: the keyspace, the separator and the record key.
func keyspaceTemplate(keyspace, separator string) template {
	if keyspace == "" {
		return template{recordKey}
	}
	var t template
	for i, text := range strings.Split(keyspace, "${topic}") {
		if i > 0 {
			t = append(t, topic)
		}
		t = t.literal(text)
	}
	return append(t.literal(separator), recordKey)
}

// parseTemplate reads a key template.
func parseTemplate(text string) (template, error) {
	var t template
	for text != "" {
		before, rest, found := strings.Cut(text, "${")
		t = t.literal(before)
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, fmt.Errorf("close the brace of ${%s", name) //nolint:err113
		}
		part, err := parsePart(name)
		if err != nil {
			return nil, err
		}
		t, text = append(t, part), after
	}
	if len(t) == 0 {
		return nil, errors.New("the template is empty") //nolint:err113
	}
	return t, nil
}

func parsePart(name string) (keyPart, error) {
	if pattern, ok := strings.CutPrefix(name, "timestamp:"); ok {
		return timestampPart(pattern)
	}
	first, rest, nested := strings.Cut(name, ".")
	if nested && (rest == "" || first != "header" && strings.Contains("."+rest+".", "..")) {
		return nil, fmt.Errorf("${%s} has an empty name in it", name) //nolint:err113
	}
	switch {
	case name == "topic":
		return topic, nil
	case name == "partition":
		return partition, nil
	case name == "key":
		return recordKey, nil
	case first == "key" && nested:
		return fieldPart(name, strings.Split(rest, "."), func(r *schemas.Record) schemas.Value { return r.Key }), nil
	case first == "value" && nested:
		return fieldPart(name, strings.Split(rest, "."), func(r *schemas.Record) schemas.Value { return r.Value }), nil
	case first == "header" && nested:
		return headerPart(name, rest), nil
	}
	return nil, fmt.Errorf("${%s} is unknown; use ${topic}, ${partition}, ${key}, ${key.field}, ${value.field}, ${header.name} or ${timestamp:yyyy-MM-dd}", name) //nolint:err113
}

func (t template) literal(text string) template {
	if text == "" {
		return t
	}
	return append(t, func(dst []byte, _ *schemas.Record) ([]byte, error) { return append(dst, text...), nil })
}

// append appends the key of r.
func (t template) append(dst []byte, r *schemas.Record) ([]byte, error) {
	start := len(dst)
	for _, part := range t {
		var err error
		if dst, err = part(dst, r); err != nil {
			return dst[:start], fmt.Errorf("make the Redis key: %w", err)
		}
	}
	return dst, nil
}

func topic(dst []byte, r *schemas.Record) ([]byte, error) { return append(dst, r.Topic...), nil }

func partition(dst []byte, r *schemas.Record) ([]byte, error) {
	return strconv.AppendInt(dst, int64(r.Source.Partition), 10), nil
}

func recordKey(dst []byte, r *schemas.Record) ([]byte, error) {
	if r.Key.IsNull() {
		return dst, errNoKey
	}
	return appendData(dst, r.Key.Schema, r.Key.Data()), nil
}

func fieldPart(name string, path []string, of func(*schemas.Record) schemas.Value) keyPart {
	return func(dst []byte, r *schemas.Record) ([]byte, error) {
		data, ok := of(r).Lookup(path)
		if !ok || data == nil {
			return dst, fmt.Errorf("${%s}: %w", name, errMissing)
		}
		return appendSingle(dst, name, data)
	}
}

func headerPart(name, header string) keyPart {
	return func(dst []byte, r *schemas.Record) ([]byte, error) {
		v, ok := lastHeader(r, header)
		if !ok || v.IsNull() {
			return dst, fmt.Errorf("${%s}: %w", name, errMissing)
		}
		return appendSingle(dst, name, v.Data())
	}
}

func appendSingle(dst []byte, name string, data any) ([]byte, error) {
	if structured(data) {
		return dst, fmt.Errorf("${%s} is no single value", name) //nolint:err113
	}
	return appendData(dst, nil, data), nil
}

// lastHeader finds a header; of a repeated one the last counts, as in Connect.
func lastHeader(r *schemas.Record, name string) (schemas.Value, bool) {
	for i := len(r.Headers) - 1; i >= 0; i-- {
		if r.Headers[i].Key == name {
			return r.Headers[i].Value, true
		}
	}
	return schemas.Value{}, false
}

func timestampPart(pattern string) (keyPart, error) {
	parts, err := parseDate(pattern)
	if err != nil {
		return nil, err
	}
	return func(dst []byte, r *schemas.Record) ([]byte, error) {
		if r.Timestamp.IsZero() {
			return dst, fmt.Errorf("${timestamp}: %w", errMissing)
		}
		at := r.Timestamp.UTC()
		for _, part := range parts {
			dst = part(dst, at)
		}
		return dst, nil
	}, nil
}

// parseDate reads the part of Java's date patterns that has a fixed width; text stands in single quotes.
func parseDate(pattern string) ([]datePart, error) {
	var parts []datePart
	for rest := pattern; rest != ""; {
		n := 1
		for n < len(rest) && rest[n] == rest[0] {
			n++
		}
		run := rest[:n]
		switch {
		case dateLetters[run] != nil:
			parts = append(parts, dateLetters[run])
		case run[0] == '\'':
			text, after, closed := strings.Cut(rest[1:], "'")
			if !closed {
				return nil, fmt.Errorf("close the quote in the date pattern %s", pattern) //nolint:err113
			}
			parts, rest = append(parts, verbatim(text)), after
			continue
		case run[0] >= 'A' && run[0] <= 'Z' || run[0] >= 'a' && run[0] <= 'z':
			return nil, fmt.Errorf("%s is unknown in the date pattern %s; use yyyy, MM, dd, HH, mm, ss, SSS", run, pattern) //nolint:err113
		default:
			parts = append(parts, verbatim(run))
		}
		rest = rest[n:]
	}
	if len(parts) == 0 {
		return nil, errors.New("the date pattern is empty") //nolint:err113
	}
	return parts, nil
}
