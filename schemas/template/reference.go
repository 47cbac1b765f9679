package template

import (
	"errors"
	"strings"

	"github.com/sluice-connect/sluice/schemas"
)

// Source is what of a record a reference looks at.
type Source uint8

// The sources. Nothing is the zero value: no reference that was read has it.
const (
	Nothing Source = iota
	Topic
	Partition
	Offset
	Timestamp
	Header
	Key
	Value
)

// Reference names one thing of a record: topic, partition, offset, key, value, key.a.b, value.a.b, header.NAME or
// timestamp:PATTERN. It is the half that templates and other ways to point into a record have in common.
type Reference struct {
	// Name is the reference as it was written.
	Name   string
	Source Source
	// Path leads to a field of Key or Value; empty is the whole.
	Path []string
	// Argument is the name of a Header or the date pattern of a Timestamp.
	Argument string
}

// Why a text is no reference.
var (
	ErrUnknown   = errors.New("the reference is unknown")
	ErrEmptyName = errors.New("the reference has an empty name in it")
	ErrNoFields  = errors.New("the reference names a field of what has none")
)

// sources are the first parts of references.
var sources = map[string]Source{"topic": Topic, "partition": Partition, "offset": Offset, "key": Key, "value": Value, "header": Header}

// ParseReference reads a reference. Its error is one of ErrUnknown, ErrEmptyName and ErrNoFields; Name and, unless the
// reference is unknown, Source are set also then.
func ParseReference(name string) (Reference, error) {
	ref := Reference{Name: name}
	if pattern, ok := strings.CutPrefix(name, "timestamp:"); ok {
		ref.Source, ref.Argument = Timestamp, pattern
		return ref, nil
	}
	first, rest, nested := strings.Cut(name, ".")
	ref.Source = sources[first]
	switch {
	case ref.Source == Nothing || ref.Source == Header && !nested:
		ref.Source = Nothing
		return ref, ErrUnknown
	case !nested:
		return ref, nil
	case rest == "" || ref.Source != Header && strings.Contains("."+rest+".", ".."):
		return ref, ErrEmptyName
	}
	switch ref.Source {
	case Header:
		ref.Argument = rest
	case Key, Value:
		ref.Path = strings.Split(rest, ".")
	default:
		return ref, ErrNoFields
	}
	return ref, nil
}

// Lookup returns the data that a reference to Key, Value or Header names in r; ok is false when r lacks it or it is
// null. Of a repeated header the last one counts, as in Connect.
func (ref *Reference) Lookup(r *schemas.Record) (data any, ok bool) {
	switch ref.Source {
	case Key:
		data, ok = r.Key.Lookup(ref.Path)
	case Value:
		data, ok = r.Value.Lookup(ref.Path)
	case Header:
		var v schemas.Value
		if v, ok = LastHeader(r, ref.Argument); ok {
			data = v.Data()
		}
	}
	return data, ok && data != nil
}

// LastHeader finds a header of r; of a repeated one the last counts, as in Connect.
func LastHeader(r *schemas.Record, name string) (schemas.Value, bool) {
	for i := len(r.Headers) - 1; i >= 0; i-- {
		if r.Headers[i].Key == name {
			return r.Headers[i].Value, true
		}
	}
	return schemas.Value{}, false
}
