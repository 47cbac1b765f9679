// Package dynamodb serves the DynamoDB API from a bbolt file, for the demo and for tests.
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

const (
	fileName     = "dynamodb.bolt"
	syncInterval = time.Second
)

var (
	tablesBucket = []byte("tables") // table name → its definition as JSON
	itemsBucket  = []byte("items")  // one bucket per table: encoded key → item as JSON
)

// Server answers DynamoDB requests over HTTP. It is safe for concurrent use.
type Server struct {
	db    *bolt.DB
	fault atomic.Pointer[func(op string, req []byte) error]
	dirty atomic.Bool
	past  idempotency

	// mu guards tables. Item operations hold it for reading, so that a table
	// cannot be dropped or replaced under them.
	mu     sync.RWMutex
	tables map[string]*table

	stop chan struct{}
	done chan struct{}
	once sync.Once
	err  error
}

// Open opens dir/dynamodb.bolt, creating the directory and the file when they
// are missing. Only one process can have a directory open. The caller closes the Server.
func Open(dir string) (*Server, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the data directory: %w", err)
	}
	db, err := bolt.Open(filepath.Join(dir, fileName), 0o600, &bolt.Options{
		Timeout:        2 * time.Second,
		NoFreelistSync: true,
		FreelistType:   bolt.FreelistMapType,
		// Writes reach the page cache at once and the disk every syncInterval:
		// they survive the end of the process, which is all a demo asks for.
		NoSync: true,
	})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s := &Server{db: db, tables: map[string]*table{}, stop: make(chan struct{}), done: make(chan struct{})}
	if err := s.load(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	go s.syncRegularly()
	return s, nil
}

// load creates the top-level buckets and reads the table definitions.
func (s *Server) load() error {
	return s.db.Update(func(tx *bolt.Tx) error {
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
	})
}

func (s *Server) syncRegularly() {
	defer close(s.done)
	tick := time.NewTicker(syncInterval)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			if s.dirty.Swap(false) {
				// A failing disk shows again, and is reported, in Close.
				_ = s.db.Sync()
			}
		}
	}
}

// Close writes everything to disk and releases the file; a second call gives
// the result of the first. Requests after it are answered with an error.
func (s *Server) Close() error {
	s.once.Do(func() {
		close(s.stop)
		<-s.done
		s.err = errors.Join(s.db.Sync(), s.db.Close())
	})
	return s.err
}

// view runs f on a consistent snapshot.
func (s *Server) view(f func(tx *bolt.Tx) error) error {
	return s.db.View(f)
}

// update runs f alone among writers; an error undoes everything f did.
func (s *Server) update(f func(tx *bolt.Tx) error) error {
	err := s.db.Update(f)
	if err == nil {
		s.dirty.Store(true)
	}
	return err
}
