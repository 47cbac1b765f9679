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
	name    string
	table   *table
	key     []byte
	put     bool
	attrs   item   // what a put stores, or the key a delete names
	encoded []byte // what a put stores
	raw     *fastjson.Value
}

func (s *Server) batchWriteItem(r *request) object {
	if r.length > maxBatchBytes {
		panic(invalid("The batch is larger than the maximum allowed size of 16 MB"))
	}
	writes := readBatch(r)
	s.resolve(writes)
	done := max(0, len(writes)-r.held)
	s.update(func(tx *bolt.Tx) {
		for _, w := range writes[:done] {
			if w.put {
				check("store an item", w.table.bucket(tx).Put(w.key, w.encoded))
			} else {
				check("delete an item", w.table.bucket(tx).Delete(w.key))
			}
		}
	})
	left := map[string][]json.RawMessage{} // the RequestItems of a retry
	for _, w := range writes[done:] {
		left[w.name] = append(left[w.name], w.raw.MarshalTo(nil))
	}
	return object{"UnprocessedItems": left}
}

// readBatch reads the writes as far as that goes without knowing the tables.
func readBatch(r *request) []batchWrite {
	tables := r.nested("RequestItems")
	if len(tables.keys()) == 0 {
		panic(invalid("BatchWriteItem cannot have a null or no requests set"))
	}
	var writes []batchWrite
	for _, name := range tables.keys() {
		checkTableName(name)
		elements := tables.array(name)
		if len(elements) == 0 {
			panic(invalid("The batch write request list for a table cannot be null or empty: %s", name))
		}
		for _, e := range elements {
			writes = append(writes, readBatchWrite(name, e))
		}
		if len(writes) > maxBatchWrites {
			panic(invalid("Too many items requested for the BatchWriteItem call"))
		}
	}
	return writes
}

func readBatchWrite(name string, e *request) batchWrite {
	w := batchWrite{name: name, put: e.has("PutRequest"), raw: e.fields}
	if w.put == e.has("DeleteRequest") {
		panic(invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"))
	}
	if !w.put {
		w.attrs = e.nested("DeleteRequest").key()
		return w
	}
	put := e.nested("PutRequest")
	if !put.has("Item") {
		panic(invalid("The supplied Item contains a null AttributeValue"))
	}
	w.attrs = put.item("Item")
	checkSize(w.attrs, itemTooLarge)
	w.encoded = w.attrs.appendJSON(nil)
	return w
}

// resolve finds the tables and encodes the keys, none of which may occur twice.
func (s *Server) resolve(writes []batchWrite) {
	seen := seenKeys{}
	for i := range writes {
		w := &writes[i]
		w.table = s.find(w.name)
		if w.put {
			w.key = w.table.itemKey(w.attrs)
		} else {
			w.key = w.table.requestKey(w.attrs)
		}
		seen.add(w.name, w.key)
	}
}

// seenKeys are keys of tables that must not come again in one request.
type seenKeys map[string]bool

func (s seenKeys) add(table string, key []byte) {
	id := table + "\x00" + string(key)
	if s[id] {
		panic(invalid("Provided list of item keys contains duplicates"))
	}
	s[id] = true
}

// batchRead is the part of a BatchGetItem that goes to one table.
type batchRead struct {
	name    string
	table   *table
	keys    []item
	encoded [][]byte // the keys
	shown   projection
}

func (s *Server) batchGetItem(r *request) object {
	reads, seen := readBatchGet(r), seenKeys{}
	for _, b := range reads {
		b.table = s.find(b.name)
		for _, k := range b.keys {
			key := b.table.requestKey(k)
			seen.add(b.name, key)
			b.encoded = append(b.encoded, key)
		}
	}
	responses := object{}
	s.view(func(tx *bolt.Tx) {
		for _, b := range reads {
			found := []item{}
			for _, key := range b.encoded {
				if it := loadItem(b.table.bucket(tx), key); it != nil {
					found = append(found, b.shown.apply(it))
				}
			}
			responses[b.name] = found
		}
	})
	return object{"Responses": responses, "UnprocessedKeys": object{}}
}

func readBatchGet(r *request) []*batchRead {
	tables := r.nested("RequestItems")
	if len(tables.keys()) == 0 {
		panic(invalid("BatchGetItem must have some requests set"))
	}
	var reads []*batchRead
	total := 0
	for _, name := range tables.keys() {
		checkTableName(name)
		given := tables.nested(name)
		given.refuseUnsupported()
		b := &batchRead{name: name}
		for _, k := range given.array("Keys") {
			b.keys = append(b.keys, decodeItem(k.fields))
		}
		if len(b.keys) == 0 {
			panic(invalid("The list of keys in RequestItems for BatchGetItem is required: %s has empty list", name))
		}
		b.shown = readProjection(given)
		reads = append(reads, b)
		if total += len(b.keys); total > maxBatchReads {
			panic(invalid("Too many items requested for the BatchGetItem call"))
		}
	}
	return reads
}
