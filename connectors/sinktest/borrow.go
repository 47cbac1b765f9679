package sinktest

import (
	"sync/atomic"

	"github.com/sluice-connect/sluice/schemas"
)

// loan lends records to one call of Write and spoils their memory afterwards, as the runtime's reuse would. Every
// second value is lazy, so that a sink meets both kinds.
type loan struct {
	batch  []schemas.Record
	over   atomic.Bool
	misuse *atomic.Bool // of all loans to a task: use may come late
}

func (k *task) lend(records []entry) *loan {
	l := &loan{batch: make([]schemas.Record, len(records)), misuse: &k.misuse}
	for i, e := range records {
		r := e.record
		r.Raw = r.Raw.Clone()
		r.Key, r.Value = l.value(r.Key, r.Offset%2 == 0), l.value(r.Value, r.Offset%2 == 1)
		r.Headers = append([]schemas.Header(nil), r.Headers...)
		l.batch[i] = r
	}
	return l
}

func (l *loan) value(v schemas.Value, lazy bool) schemas.Value {
	if v.IsNull() {
		return v
	}
	if b, ok := v.Data().([]byte); ok {
		v = schemas.Of(v.Schema, append([]byte{}, b...))
	}
	if lazy {
		return schemas.LazyOf(v.Schema, &borrowed{v: v, loan: l})
	}
	return v
}

// end takes the records back.
func (l *loan) end() error {
	l.over.Store(true)
	for i := range l.batch {
		r := &l.batch[i]
		spoil(r.Raw.Key)
		spoil(r.Raw.Value)
		for _, h := range r.Raw.Headers {
			spoil(h.Value)
		}
		clear(r.Headers)
		*r = schemas.Record{}
	}
	if l.misuse.Load() {
		return errMisuse
	}
	return nil
}

func spoil(b []byte) {
	for i := range b {
		b[i] = '~'
	}
}

// borrowed is lazy data that notices use after its time.
type borrowed struct {
	v    schemas.Value
	loan *loan
}

func (b *borrowed) touch() {
	if b.loan.over.Load() {
		b.loan.misuse.Store(true)
	}
}

// Tree builds the data.
func (b *borrowed) Tree() any { b.touch(); return b.v.Data() }

// AppendJSON appends the data as JSON.
func (b *borrowed) AppendJSON(dst []byte) []byte { b.touch(); return b.v.AppendJSON(dst) }

// Lookup finds a part of the data.
func (b *borrowed) Lookup(path []string) (any, bool) { b.touch(); return b.v.Lookup(path) }
