package dynamodb

import (
	"encoding/json"

	"github.com/valyala/fastjson"
	bolt "go.etcd.io/bbolt"
)

const (
	maxBatchWrites = 25
	maxBatchReads  = 100
	maxBatchBytes  = 16 << 20
)

// batchWrite is one member of a BatchWriteItem.
type batchWrite struct {
	name  string
	table *table
	key   []byte
	put   bool
	attrs item // what a put stores, or the key a delete names
	raw   *fastjson.Value
}

func (s *Server) batchWriteItem(r *request) (object, error) {
	used, err := readUsage(r)
	if err != nil {
		return nil, err
	}
	if r.length > maxBatchBytes {
		return nil, invalid("The batch is larger than the maximum allowed size of 16 MB")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	writes, err := s.readBatch(r)
	if err != nil {
		return nil, err
	}
	done := max(0, len(writes)-r.held)
	if err := s.writeBatch(writes[:done], used); err != nil {
		return nil, err
	}
	answer := object{"UnprocessedItems": unprocessed(writes[done:])}
	return used.report(answer, true), nil
}

func (s *Server) writeBatch(writes []batchWrite, used *usage) error {
	values := make([][]byte, len(writes))
	for i, w := range writes {
		if w.put {
			values[i] = w.attrs.appendJSON(nil)
		}
	}
	return s.update(func(tx *bolt.Tx) error {
		for i, w := range writes {
			if err := w.store(tx, values[i], used); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w batchWrite) store(tx *bolt.Tx, encoded []byte, used *usage) error {
	bucket := w.table.bucket(tx)
	if used.wanted() {
		before, err := loadItem(bucket, w.key)
		if err != nil {
			return err
		}
		var after item
		if w.put {
			after = w.attrs
		}
		used.wrote(w.table, before, after)
	}
	if !w.put {
		return removeItem(bucket, w.key)
	}
	return storeBytes(bucket, w.key, encoded)
}

// unprocessed renders writes as the RequestItems of a retry.
func unprocessed(writes []batchWrite) object {
	byTable := map[string][]json.RawMessage{}
	for _, w := range writes {
		byTable[w.name] = append(byTable[w.name], rawValue(w.raw))
	}
	out := object{}
	for name, list := range byTable {
		out[name] = list
	}
	return out
}

func (s *Server) readBatch(r *request) ([]batchWrite, error) {
	tables := r.nested("RequestItems")
	if tables == nil || len(tables.keys()) == 0 {
		return nil, invalid("BatchWriteItem cannot have a null or no requests set")
	}
	var writes []batchWrite
	for _, name := range tables.keys() {
		some, err := readTableWrites(tables, name)
		if err != nil {
			return nil, err
		}
		if writes = append(writes, some...); len(writes) > maxBatchWrites {
			return nil, invalid("Too many items requested for the BatchWriteItem call")
		}
	}
	return writes, s.resolveBatch(writes)
}

// readTableWrites reads the writes to one table as far as that goes without knowing the table.
func readTableWrites(tables *request, name string) ([]batchWrite, error) {
	if err := checkTableName(name); err != nil {
		return nil, err
	}
	elements, err := tables.array(name)
	if err != nil {
		return nil, err
	}
	if len(elements) == 0 {
		return nil, invalid("The batch write request list for a table cannot be null or empty: %s", name)
	}
	writes := make([]batchWrite, len(elements))
	for i, e := range elements {
		if writes[i], err = readWrite(name, e); err != nil {
			return nil, err
		}
	}
	return writes, nil
}

func readWrite(name string, e *request) (batchWrite, error) {
	put, del := e.nested("PutRequest"), e.nested("DeleteRequest")
	if (put == nil) == (del == nil) {
		return batchWrite{}, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	}
	w := batchWrite{name: name, put: put != nil, raw: e.fields}
	var err error
	if del != nil {
		w.attrs, err = readKey(del)
		return w, err
	}
	if !put.has("Item") {
		return w, invalid("The supplied Item contains a null AttributeValue")
	}
	if w.attrs, err = put.item("Item"); err != nil {
		return w, err
	}
	return w, checkSize(w.attrs, "Item size has exceeded the maximum allowed size")
}

// resolveBatch finds the tables and encodes the keys, none of which may occur twice.
func (s *Server) resolveBatch(writes []batchWrite) error {
	seen := make(map[string]bool, len(writes))
	for i := range writes {
		w := &writes[i]
		var err error
		if w.table, err = s.find(w.name); err != nil {
			return err
		}
		if w.put {
			w.key, err = w.table.itemKey(w.attrs)
		} else {
			w.key, err = w.table.requestKey(w.attrs)
		}
		if err != nil {
			return err
		}
		if err := refuseRepeat(seen, w.name, w.key); err != nil {
			return err
		}
	}
	return nil
}

func refuseRepeat(seen map[string]bool, table string, key []byte) error {
	id := table + "\x00" + string(key)
	if seen[id] {
		return invalid("Provided list of item keys contains duplicates")
	}
	seen[id] = true
	return nil
}
