package dynamodb

import (
	"errors"

	"github.com/sluice-connect/sluice/schemas"
)

// encoder turns records into items. Its results are valid until the next call.
type encoder struct {
	settings *settings
	item     *itemWriter
	key      keyWriter
}

func newEncoder(s *settings) encoder {
	item := &itemWriter{}
	return encoder{settings: s, item: item, key: keyWriter{item: item}}
}

// encode leaves the item of r, or only its key when it is to be removed, in item.buf and its key in key.identity.
func (e *encoder) encode(l *layout, r *schemas.Record, remove bool) error {
	e.item.reset()
	e.key.identity = e.key.identity[:0]
	e.item.buf = append(e.item.buf, '{')
	data := r.Value.Data()
	if err := e.keys(l, r, data, remove); err != nil {
		return err
	}
	if !remove {
		err := e.item.attributes(r.Value, data, e.settings.single, l.isKey)
		if errors.Is(err, errSize) {
			return errSize // where the limit was passed says nothing
		}
		if err != nil {
			return err
		}
	}
	e.item.buf = append(e.item.buf, '}')
	return e.item.checkSize()
}

func (e *encoder) keys(l *layout, r *schemas.Record, data any, remove bool) error {
	if err := e.keyPart(&e.settings.hash, l.hash, maxHashBytes, r, data, remove, true); err != nil {
		return err
	}
	if e.settings.sort == nil {
		return nil
	}
	return e.keyPart(e.settings.sort, l.sort, maxSortBytes, r, data, remove, false)
}

func (e *encoder) keyPart(ref *reference, a attribute, limit int, r *schemas.Record, data any, remove, first bool) error {
	var found any
	var s *schemas.Schema
	var err error
	if remove {
		found, s, err = ref.findForDelete(r, e.settings.sort == nil)
	} else {
		found, s, err = ref.find(r, data)
	}
	if err != nil {
		return err
	}
	return e.key.put(a, limit, s, found, first)
}
