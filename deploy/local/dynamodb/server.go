// Package dynamodb serves a part of the DynamoDB API from a bbolt file, for the demo and for tests.
//
// It has tables with a hash key and perhaps a range key, the four operations on one item, BatchWriteItem, BatchGetItem,
// Query and Scan, and their expressions over whole attributes. To these it answers as DynamoDB does, to the words of
// its errors.
//
// It is not a replacement for DynamoDB Local. It has no sets, transactions, PartiQL, indexes, streams, time to live,
// backups or parallel scans, and no parameters from before expressions; expressions have no document paths, no DELETE,
// no IN, and none of size, contains, attribute_type and list_append. All of these are refused. ListTables and
// BatchGetItem answer all at once. Billing, capacity and signatures do not exist for it: every table is on demand,
// ReturnConsumedCapacity is not answered, and any credentials are taken.
package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
)

const fileName = "dynamodb.bolt"

var (
	tablesBucket = []byte("tables") // table name → its definition as JSON
	itemsBucket  = []byte("items")  // one bucket per table: encoded key → item as JSON
)

// Server answers DynamoDB requests over HTTP. It is safe for concurrent use.
type Server struct {
	db    *bolt.DB
	fault atomic.Pointer[func(op string, req []byte) error]
	close func() error

	// mu guards tables. Requests hold it as long as they run, those that change tables alone.
	mu     sync.RWMutex
	tables map[string]*table
}

// Open opens dir/dynamodb.bolt, creating the directory and the file when they are missing. Only one process can have a
// directory open. The caller closes the Server.
//
// What was written survives the end of the process, also a kill; it is not protected against a crash of the machine.
func Open(dir string) (*Server, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the data directory: %w", err)
	}
	db, err := bolt.Open(filepath.Join(dir, fileName), 0o600, &bolt.Options{
		Timeout:        2 * time.Second,
		NoFreelistSync: true,
		FreelistType:   bolt.FreelistMapType,
		NoSync:         true, // writes reach the page cache at once, and the disk in Close
	})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s := &Server{db: db, tables: map[string]*table{}}
	s.close = sync.OnceValue(func() error { return errors.Join(db.Sync(), db.Close()) })
	if err := db.Update(s.load); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// load creates the top-level buckets and reads the table definitions.
func (s *Server) load(tx *bolt.Tx) error {
	if _, err := tx.CreateBucketIfNotExists(itemsBucket); err != nil {
		return fmt.Errorf("create the items bucket: %w", err)
	}
	defs, err := tx.CreateBucketIfNotExists(tablesBucket)
	if err != nil {
		return fmt.Errorf("create the tables bucket: %w", err)
	}
	return defs.ForEach(func(name, def []byte) error {
		t := new(table)
		if err := json.Unmarshal(def, t); err != nil {
			return fmt.Errorf("read the definition of table %s: %w", name, err)
		}
		s.tables[t.Name] = t
		return nil
	})
}

// Close writes everything to disk and releases the file; a second call gives the result of the first. Requests after it
// are answered with an error.
func (s *Server) Close() error { return s.close() }

// view runs f on a consistent snapshot.
func (s *Server) view(f func(tx *bolt.Tx)) {
	check("read the database", s.db.View(func(tx *bolt.Tx) error { f(tx); return nil }))
}

// update runs f alone among writers; a refusal undoes everything f did.
func (s *Server) update(f func(tx *bolt.Tx)) {
	check("write the database", s.db.Update(func(tx *bolt.Tx) error { f(tx); return nil }))
}
