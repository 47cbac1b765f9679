package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rclone/gofakes3"
)

// backend stores buckets as directories. Its methods are those of gofakes3.Backend and gofakes3.MultipartBackend.
type backend struct {
	dir string

	mu      sync.RWMutex
	buckets map[string]*bucket
	uploads map[gofakes3.UploadID]*upload
}

var (
	_ gofakes3.Backend          = (*backend)(nil)
	_ gofakes3.MultipartBackend = (*backend)(nil)
)

func open(dir string) (*backend, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the directory of the buckets: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the directory of the buckets: %w", err)
	}
	b := &backend{dir: dir, buckets: map[string]*bucket{}, uploads: map[gofakes3.UploadID]*upload{}}
	for _, e := range entries {
		found, err := openBucket(filepath.Join(dir, e.Name()))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // something else, or a bucket whose creation was cut off
		case err != nil:
			return nil, fmt.Errorf("open bucket %s: %w", e.Name(), err)
		}
		b.buckets[e.Name()] = found
	}
	return b, nil
}

// ListBuckets returns all buckets.
func (b *backend) ListBuckets(context.Context) ([]gofakes3.BucketInfo, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := make([]gofakes3.BucketInfo, 0, len(b.buckets))
	for name, bucket := range b.buckets {
		all = append(all, gofakes3.BucketInfo{Name: name, CreationDate: gofakes3.NewContentTime(bucket.Created)})
	}
	return all, nil
}

// CreateBucket makes a bucket.
func (b *backend) CreateBucket(_ context.Context, name string) error {
	if err := gofakes3.ValidateBucketName(name); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.buckets[name] != nil {
		return gofakes3.ResourceError(gofakes3.ErrBucketAlreadyExists, name)
	}
	made, err := newBucket(filepath.Join(b.dir, name))
	if err != nil {
		return fmt.Errorf("create bucket: %w", err)
	}
	b.buckets[name] = made
	return nil
}

// BucketExists reports whether there is such a bucket.
func (b *backend) BucketExists(_ context.Context, name string) (bool, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.buckets[name] != nil, nil
}

// DeleteBucket removes an empty bucket.
func (b *backend) DeleteBucket(_ context.Context, name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	bucket := b.buckets[name]
	if bucket == nil {
		return gofakes3.BucketNotFound(name)
	}
	if len(bucket.keys) > 0 {
		return gofakes3.ResourceError(gofakes3.ErrBucketNotEmpty, name)
	}
	delete(b.buckets, name)
	return os.RemoveAll(bucket.dir)
}

// DeleteObject removes an object; it is no error when there is none.
func (b *backend) DeleteObject(_ context.Context, bucketName, key string) (gofakes3.ObjectDeleteResult, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bucket := b.buckets[bucketName]
	if bucket == nil {
		return gofakes3.ObjectDeleteResult{}, gofakes3.BucketNotFound(bucketName)
	}
	return gofakes3.ObjectDeleteResult{}, bucket.remove(key)
}

// DeleteMulti removes objects and says of each what became of it.
func (b *backend) DeleteMulti(ctx context.Context, bucketName string, keys ...string) (gofakes3.MultiDeleteResult, error) {
	var result gofakes3.MultiDeleteResult
	for _, key := range keys {
		if _, err := b.DeleteObject(ctx, bucketName, key); err != nil {
			failed := gofakes3.ErrorResultFromError(err)
			failed.Key = key
			result.Error = append(result.Error, failed)
			continue
		}
		result.Deleted = append(result.Deleted, gofakes3.ObjectID{Key: key})
	}
	return result, nil
}

// CopyObject stores the contents of one object as another, with the given metadata.
func (b *backend) CopyObject(ctx context.Context, srcBucket, srcKey, dstBucket, dstKey string, meta map[string]string) (gofakes3.CopyObjectResult, error) {
	from, err := b.GetObject(ctx, srcBucket, srcKey, nil)
	if err != nil {
		return gofakes3.CopyObjectResult{}, err
	}
	defer from.Contents.Close()
	put, err := b.PutObject(ctx, dstBucket, dstKey, meta, from.Contents, from.Size)
	return gofakes3.CopyObjectResult{ETag: put.ETag, LastModified: gofakes3.NewContentTime(time.Now())}, err
}
