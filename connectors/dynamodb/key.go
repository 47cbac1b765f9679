package dynamodb

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/template"
)

// Where a reference takes its value from.
const (
	fromPartition = template.Partition
	fromOffset    = template.Offset
	fromKey       = template.Key
	fromValue     = template.Value
)

// reference says where a key attribute comes from and what it is called; it is the syntax of aws.dynamodb.pk.hash and
// aws.dynamodb.pk.sort: partition, offset, key, key.a.b, value.a.b, each with an optional :alias.
type reference struct {
	text   string
	from   template.Source
	path   []string
	column string
}

const maxColumnBytes = 255

func parseReference(text string) (reference, error) {
	ref := reference{text: text}
	source := text
	alias := ""
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		if source, alias = text[:i], text[i+1:]; alias == "" {
			return ref, errors.New("the alias after the colon is empty")
		}
	}
	found, err := template.ParseReference(source)
	ref.from, ref.path = found.Source, found.Path
	switch ref.from {
	case fromPartition, fromOffset, fromKey, fromValue:
	default:
		return ref, errors.New("a key reference is partition, offset, key, key.FIELD… or value.FIELD…, optionally followed by :ALIAS")
	}
	switch {
	case errors.Is(err, template.ErrEmptyName):
		return ref, errors.New("the path has an empty segment")
	case err != nil:
		return ref, fmt.Errorf("%s has no fields", strings.SplitN(source, ".", 2)[0])
	}
	ref.column = source[strings.LastIndexByte(source, '.')+1:]
	if alias != "" {
		ref.column = alias
	}
	if len(ref.column) > maxColumnBytes {
		return ref, fmt.Errorf("the attribute name is longer than %d bytes", maxColumnBytes)
	}
	return ref, nil
}

// validReference is the configdef validator of both references; the empty one stands for no sort key.
func validReference(v any) error {
	s, ok := v.(string)
	if !ok || s == "" {
		return nil
	}
	_, err := parseReference(s)
	return err
}

// find returns the data the reference names in r and its schema; value is the built data of r.Value.
func (ref *reference) find(r *schemas.Record, value any) (any, *schemas.Schema, error) {
	switch ref.from {
	case fromPartition:
		return r.Source.Partition, nil, nil
	case fromOffset:
		return r.Offset, nil, nil
	case fromKey:
		data, ok := r.Key.Lookup(ref.path)
		return ref.found(data, r.Key.Schema, ok)
	default:
		if value == nil {
			return nil, nil, fmt.Errorf("find key attribute %s: the record has no value; set %s to DELETE or IGNORE, or take the key from the record key", ref.column, keyNulls)
		}
		data, ok := schemas.LookupData(value, ref.path)
		return ref.found(data, r.Value.Schema, ok)
	}
}

// findForDelete looks for a value reference in the record key, because a tombstone has no value: under the whole
// path, under the column's name, or as the whole key when the table has no other key attribute.
func (ref *reference) findForDelete(r *schemas.Record, only bool) (any, *schemas.Schema, error) {
	if ref.from != fromValue {
		return ref.find(r, nil)
	}
	for _, path := range [][]string{ref.path, {ref.column}} {
		if data, ok := r.Key.Lookup(path); ok && len(path) > 0 && data != nil {
			return data, r.Key.Schema.At(path), nil
		}
	}
	if only && !r.Key.IsNull() {
		return r.Key.Data(), r.Key.Schema, nil
	}
	return nil, nil, fmt.Errorf("find key attribute %s of the item to delete: a tombstone needs it in the record key", ref.column)
}

func (ref *reference) found(data any, s *schemas.Schema, ok bool) (any, *schemas.Schema, error) {
	if !ok || data == nil {
		return nil, nil, fmt.Errorf("find key attribute %s: the record has no %s", ref.column, strings.SplitN(ref.text, ":", 2)[0])
	}
	return data, s.At(ref.path), nil
}
