package s3

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
	"slices"
	"strings"
	"time"
)

const (
	bucketFile  = "bucket.json" // marks a directory as a bucket
	objectsDir  = "objects"
	uploadsDir  = "uploads"
	sidecarExt  = ".json"
	contentsExt = ".data"
)

// object is what is known of an object, and the content of its sidecar file.
type object struct {
	Key      string            `json:"key"`
	File     string            `json:"file"` // with the contents, beside the sidecar
	Size     int64             `json:"size"`
	MD5      []byte            `json:"md5"`
	Modified time.Time         `json:"modified"`
	Meta     map[string]string `json:"meta,omitempty"`
	Parts    []int64           `json:"parts,omitempty"` // their sizes, when it came in parts
}

func (o *object) etag() string { return `"` + hex.EncodeToString(o.MD5) + `"` }

// bucket is a directory of objects with an index in memory. The backend's lock guards it.
//
// Files are named by the hash of the key, so that no key can leave the directory, be too long for a file name, or
// collide with another that continues it ("a" and "a/b"). A sidecar names the file with the contents: renaming a new
// sidecar over the old one replaces contents and metadata in one step.
type bucket struct {
	dir     string
	Created time.Time `json:"created"`
	objects map[string]*object
	keys    []string // sorted
}

func newBucket(dir string) (*bucket, error) {
	b := &bucket{dir: dir, Created: time.Now().UTC(), objects: map[string]*object{}}
	if err := os.MkdirAll(filepath.Join(dir, objectsDir), 0o700); err != nil {
		return nil, err
	}
	return b, writeJSON(filepath.Join(dir, bucketFile), b)
}

// openBucket reads a bucket. It returns fs.ErrNotExist when dir is none.
func openBucket(dir string) (*bucket, error) {
	b := &bucket{dir: dir, objects: map[string]*object{}}
	if err := readJSON(filepath.Join(dir, bucketFile), b); err != nil {
		return nil, err
	}
	// An upload lives as long as the process that knows its id.
	if err := os.RemoveAll(filepath.Join(dir, uploadsDir)); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(filepath.Join(dir, objectsDir))
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, f := range files {
		if filepath.Ext(f.Name()) != sidecarExt {
			continue
		}
		o := new(object)
		if err := readJSON(filepath.Join(dir, objectsDir, f.Name()), o); err != nil {
			return nil, err
		}
		b.objects[o.Key] = o
		b.keys = append(b.keys, o.Key)
		used[o.File], used[f.Name()] = true, true
	}
	slices.Sort(b.keys)
	for _, f := range files { // what a killed process left behind
		if !used[f.Name()] {
			if err := os.Remove(filepath.Join(dir, objectsDir, f.Name())); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

func (b *bucket) path(file string) string { return filepath.Join(b.dir, objectsDir, file) }

func hashed(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

func unique() string { return strings.ToLower(rand.Text()) }

// set makes o, whose contents are on disk, the object of its key, and returns the file that nobody needs any more.
func (b *bucket) set(o *object) (unused string, err error) {
	if err := writeJSON(b.path(hashed(o.Key)+sidecarExt), o); err != nil {
		return "", err
	}
	if old := b.objects[o.Key]; old != nil {
		unused = b.path(old.File)
	} else {
		i, _ := slices.BinarySearch(b.keys, o.Key)
		b.keys = slices.Insert(b.keys, i, o.Key)
	}
	b.objects[o.Key] = o
	return unused, nil
}

// remove deletes the object of key, if there is one.
func (b *bucket) remove(key string) error {
	o := b.objects[key]
	if o == nil {
		return nil
	}
	if err := os.Remove(b.path(hashed(key) + sidecarExt)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	delete(b.objects, key)
	if i, found := slices.BinarySearch(b.keys, key); found {
		b.keys = slices.Delete(b.keys, i, i+1)
	}
	return os.Remove(b.path(o.File))
}

func readJSON(name string, into any) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// writeJSON replaces a file in one step.
func writeJSON(name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	scratch := name + "." + unique()
	if err := os.WriteFile(scratch, text, 0o600); err != nil {
		return errors.Join(err, os.Remove(scratch))
	}
	if err := os.Rename(scratch, name); err != nil {
		return errors.Join(err, os.Remove(scratch))
	}
	return nil
}
