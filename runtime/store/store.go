// Package store keeps the connectors of a standalone worker in a directory: what was accepted survives any crash.
package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
)

// Connector is what the store keeps of a connector.
type Connector struct {
	Name   string            `json:"name"`
	Config map[string]string `json:"config"`
	// Target is the state the user asked for: RUNNING, PAUSED or STOPPED.
	Target string `json:"target_state"`
	// Tasks is how many tasks the connector has; a connector that was never started has none.
	Tasks int `json:"tasks"`
}

// Store is an opened directory. One goroutine at a time may change it.
type Store struct {
	dir      string
	disk     disk
	lock     *os.File
	instance string
}

const (
	instanceFile = "instance-id"
	lockFile     = "lock"
	recordsDir   = "connectors"
	recordSuffix = ".json"
	tempSuffix   = ".tmp"
)

// Open creates dir if needed and takes it: a directory belongs to one worker at a time.
func Open(dir string) (*Store, error) { return open(dir, realDisk{}) }

func open(dir string, d disk) (*Store, error) {
	if err := prepare(dir); err != nil {
		return nil, err
	}
	lock, err := takeLock(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, fmt.Errorf("lock data directory %s: %w", dir, err)
	}
	s := &Store{dir: dir, disk: d, lock: lock}
	if s.instance, err = s.readInstance(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return s, nil
}

// prepare makes the directories and refuses those that others may write to: what is stored there is executed.
func prepare(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, recordsDir), 0o700); err != nil {
		return fmt.Errorf("create data directory: %w", err)
	}
	for _, d := range []string{dir, filepath.Join(dir, recordsDir)} {
		info, err := os.Stat(d)
		if err != nil {
			return fmt.Errorf("look at data directory: %w", err)
		}
		if info.Mode().Perm()&0o022 != 0 {
			return fmt.Errorf("use data directory %s: it is writable for group or others; run chmod 700 on it", d)
		}
	}
	return nil
}

// InstanceID is random, made once, and names this worker for as long as the directory lives.
func (s *Store) InstanceID() string { return s.instance }

// Close gives the directory free.
func (s *Store) Close() error { return s.lock.Close() }

// Load returns the stored connectors sorted by name. Temporary files of an interrupted write are removed; a damaged
// record is an error, because leaving it out would silently lose a connector.
func (s *Store) Load() ([]Connector, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, recordsDir))
	if err != nil {
		return nil, fmt.Errorf("list stored connectors: %w", err)
	}
	var all []Connector
	for _, e := range entries {
		path := filepath.Join(s.dir, recordsDir, e.Name())
		switch {
		case strings.HasSuffix(e.Name(), tempSuffix):
			if err := s.disk.remove(path); err != nil {
				return nil, fmt.Errorf("remove interrupted write: %w", err)
			}
		case strings.HasSuffix(e.Name(), recordSuffix):
			c, err := readRecord(path)
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all, nil
}

func readRecord(path string) (Connector, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Connector{}, fmt.Errorf("read stored connector: %w", err)
	}
	var c Connector
	if err := json.Unmarshal(data, &c); err != nil {
		return Connector{}, fmt.Errorf("read stored connector %s: the file is damaged; restore or remove it: %w", path, err)
	}
	if filepath.Base(path) != recordName(c.Name) {
		return Connector{}, fmt.Errorf("read stored connector %s: it holds connector %q, whose file is %s", path, c.Name, recordName(c.Name))
	}
	return c, nil
}

// Put stores c in place of an older record of the same name; it is on disk when Put returns nil.
func (s *Store) Put(c Connector) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("encode connector %q: %w", c.Name, err)
	}
	if err := s.replace(s.path(c.Name), append(data, '\n')); err != nil {
		return fmt.Errorf("store connector %q: %w", c.Name, err)
	}
	return nil
}

// Delete removes the record of a connector; a missing record is fine.
func (s *Store) Delete(name string) error {
	path := s.path(name)
	if err := s.disk.remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete connector %q: %w", name, err)
	}
	if err := s.disk.syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("delete connector %q: %w", name, err)
	}
	return nil
}

// replace makes path hold data at once or not at all: the rename is what counts, and it is made durable last.
func (s *Store) replace(path string, data []byte) error {
	temp := path + tempSuffix
	if err := s.disk.writeFile(temp, data); err != nil {
		_ = s.disk.remove(temp) // a full disk needs the room; what stays is removed by Load
		return err
	}
	if err := s.disk.rename(temp, path); err != nil {
		return err
	}
	return s.disk.syncDir(filepath.Dir(path))
}

// Reason says in words that need no path why a change could not be stored; "" when the error has to do.
func Reason(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "the disk of its data directory is full"
	case errors.Is(err, syscall.EROFS):
		return "the disk of its data directory is read-only"
	case errors.Is(err, fs.ErrPermission):
		return "it may not write to its data directory"
	case errors.Is(err, fs.ErrNotExist):
		return "its data directory is gone"
	}
	return ""
}

func (s *Store) readInstance() (string, error) {
	path := filepath.Join(s.dir, instanceFile)
	data, err := os.ReadFile(path)
	if id := strings.TrimSpace(string(data)); err == nil && id != "" {
		return id, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read worker instance id: %w", err)
	}
	id := strings.ToLower(rand.Text())[:16]
	if err := s.replace(path, []byte(id+"\n")); err != nil {
		return "", fmt.Errorf("store worker instance id: %w", err)
	}
	return id, nil
}

func (s *Store) path(name string) string { return filepath.Join(s.dir, recordsDir, recordName(name)) }

// recordName is a hash: connector names hold slashes, dots and any number of characters.
func recordName(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:]) + recordSuffix
}
