package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"time"

	"github.com/rclone/gofakes3"
)

// find returns an object. The caller holds the lock.
func (b *backend) find(bucketName, key string) (*bucket, *object, error) {
	bucket := b.buckets[bucketName]
	if bucket == nil {
		return nil, nil, gofakes3.BucketNotFound(bucketName)
	}
	o := bucket.objects[key]
	if o == nil {
		return nil, nil, gofakes3.KeyNotFound(key)
	}
	return bucket, o, nil
}

func describe(o *object) *gofakes3.Object {
	return &gofakes3.Object{
		Name: o.Key, Metadata: maps.Clone(o.Meta), Size: o.Size, Hash: o.MD5, PartSizes: o.Parts,
		Contents: io.NopCloser(bytes.NewReader(nil)),
	}
}

// HeadObject describes an object.
func (b *backend) HeadObject(_ context.Context, bucketName, key string) (*gofakes3.Object, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	_, o, err := b.find(bucketName, key)
	if err != nil {
		return nil, err
	}
	return describe(o), nil
}

// GetObject opens an object, or a range of it. An object that is replaced meanwhile is read to its end as it was.
func (b *backend) GetObject(_ context.Context, bucketName, key string, wanted *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	bucket, o, err := b.find(bucketName, key)
	if err != nil {
		return nil, err
	}
	part, err := wanted.Range(o.Size)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(bucket.path(o.File))
	if err != nil {
		return nil, fmt.Errorf("open object: %w", err)
	}
	found := describe(o)
	found.Contents = f
	if part != nil {
		found.Range = part
		found.Contents = section{io.NewSectionReader(f, part.Start, part.Length), f}
	}
	return found, nil
}

// section is a part of a file that closes the file.
type section struct {
	io.Reader
	io.Closer
}

// PutObject stores an object once all of it has arrived; until then the old one stays.
func (b *backend) PutObject(ctx context.Context, bucketName, key string, meta map[string]string, input io.Reader, size int64) (gofakes3.PutObjectResult, error) {
	o := &object{Key: key, Meta: maps.Clone(meta)}
	err := b.store(ctx, bucketName, o, input, size)
	if err != nil {
		return gofakes3.PutObjectResult{}, err
	}
	return gofakes3.PutObjectResult{ETag: o.etag()}, nil
}

// store reads the contents of o from input, size bytes unless that is negative, and makes o visible.
func (b *backend) store(ctx context.Context, bucketName string, o *object, input io.Reader, size int64) error {
	b.mu.RLock()
	bucket := b.buckets[bucketName]
	b.mu.RUnlock()
	if bucket == nil {
		return gofakes3.BucketNotFound(bucketName)
	}
	o.File = hashed(o.Key) + "." + unique() + contentsExt
	path := bucket.path(o.File)
	var err error
	if o.Size, o.MD5, err = writeFile(path, input, size); err != nil {
		return err
	}
	if err := b.publish(ctx, bucketName, bucket, o); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// publish makes o, whose contents are on disk, the object of its key if the conditions of the request hold.
func (b *backend) publish(ctx context.Context, bucketName string, bucket *bucket, o *object) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.buckets[bucketName] != bucket {
		return gofakes3.BucketNotFound(bucketName)
	}
	etag := ""
	old := bucket.objects[o.Key]
	if old != nil {
		etag = old.etag()
	}
	if err := gofakes3.CheckWriteConditions(ctx, old != nil, etag); err != nil {
		return err
	}
	o.Modified = time.Now().UTC()
	unused, err := bucket.set(o)
	if err != nil {
		return fmt.Errorf("store object: %w", err)
	}
	if unused != "" {
		return os.Remove(unused)
	}
	return nil
}

// writeFile makes a file of what input gives; nothing is left of it after an error.
func writeFile(path string, input io.Reader, size int64) (n int64, sum []byte, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, nil, fmt.Errorf("create the file of an object: %w", err)
	}
	hash := md5.New()
	n, err = io.Copy(io.MultiWriter(f, hash), input)
	if err == nil && size >= 0 && n != size {
		err = gofakes3.ErrIncompleteBody
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		// The error stays bare: gofakes3 knows its own, such as a wrong checksum, by comparing.
		_ = os.Remove(path)
		return 0, nil, err
	}
	return n, hash.Sum(nil), nil
}
