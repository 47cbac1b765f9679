package s3

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rclone/gofakes3"
)

// upload is a multipart upload that goes on. The backend's lock guards it.
type upload struct {
	bucket, key string
	dir         string
	meta        map[string]string
	parts       map[int]part
}

type part struct {
	file string
	etag string
	size int64
}

// CreateMultipartUpload begins an upload.
func (b *backend) CreateMultipartUpload(_ context.Context, bucketName, key string, meta map[string]string) (gofakes3.UploadID, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bucket := b.buckets[bucketName]
	if bucket == nil {
		return "", gofakes3.BucketNotFound(bucketName)
	}
	id := unique()
	u := &upload{
		bucket: bucketName, key: key, dir: filepath.Join(bucket.dir, uploadsDir, id),
		meta: maps.Clone(meta), parts: map[int]part{},
	}
	if err := os.MkdirAll(u.dir, 0o700); err != nil {
		return "", fmt.Errorf("create multipart upload: %w", err)
	}
	b.uploads[gofakes3.UploadID(id)] = u
	return gofakes3.UploadID(id), nil
}

func (b *backend) upload(bucketName, key string, id gofakes3.UploadID) (*upload, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	u := b.uploads[id]
	if u == nil || u.bucket != bucketName || u.key != key {
		return nil, gofakes3.ErrNoSuchUpload
	}
	return u, nil
}

// UploadPart stores one part; a part that comes again replaces the earlier one.
func (b *backend) UploadPart(_ context.Context, bucketName, key string, id gofakes3.UploadID, number int, length int64, body io.Reader) (string, error) {
	u, err := b.upload(bucketName, key, id)
	if err != nil {
		return "", err
	}
	path := filepath.Join(u.dir, strconv.Itoa(number)+"."+unique())
	size, sum, err := writeFile(path, body, length)
	if err != nil {
		return "", err
	}
	p := part{file: path, size: size, etag: `"` + hex.EncodeToString(sum) + `"`}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.uploads[id] != u {
		return "", errors.Join(gofakes3.ErrNoSuchUpload, os.Remove(path))
	}
	if old, again := u.parts[number]; again {
		err = os.Remove(old.file)
	}
	u.parts[number] = p
	return p.etag, err
}

// CompleteMultipartUpload makes an object of the parts, in the order of their numbers.
func (b *backend) CompleteMultipartUpload(ctx context.Context, bucketName, key string, id gofakes3.UploadID, in *gofakes3.CompleteMultipartUploadRequest) (gofakes3.VersionID, string, error) {
	u, err := b.upload(bucketName, key, id)
	if err != nil {
		return "", "", err
	}
	b.mu.RLock()
	parts, err := u.choose(in.Parts)
	b.mu.RUnlock()
	if err != nil {
		return "", "", err
	}
	o := &object{Key: key, Meta: u.meta}
	var size int64
	for _, p := range parts {
		o.Parts = append(o.Parts, p.size)
		size += p.size
	}
	joined := &partsReader{left: parts}
	defer joined.close()
	if err := b.store(ctx, bucketName, o, joined, size); err != nil {
		return "", "", err
	}
	return "", o.etag(), b.AbortMultipartUpload(ctx, bucketName, key, id)
}

// choose returns the parts that a request lists, if they are there and in order.
func (u *upload) choose(listed []gofakes3.CompletedPart) ([]part, error) {
	var chosen []part
	for i, l := range listed {
		if i > 0 && l.PartNumber <= listed[i-1].PartNumber {
			return nil, gofakes3.ErrInvalidPartOrder
		}
		p, found := u.parts[l.PartNumber]
		if !found || strings.Trim(l.ETag, `"`) != strings.Trim(p.etag, `"`) {
			return nil, gofakes3.ErrorMessagef(gofakes3.ErrInvalidPart, "part %d was not uploaded, or has another ETag", l.PartNumber)
		}
		chosen = append(chosen, p)
	}
	if len(chosen) == 0 {
		return nil, gofakes3.ErrorMessage(gofakes3.ErrMalformedXML, "an upload needs at least one part")
	}
	return chosen, nil
}

// AbortMultipartUpload forgets an upload and its parts.
func (b *backend) AbortMultipartUpload(_ context.Context, _, _ string, id gofakes3.UploadID) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	u := b.uploads[id]
	if u == nil {
		return nil
	}
	delete(b.uploads, id)
	return os.RemoveAll(u.dir)
}

// partsReader reads parts one after the other and has one of them open.
type partsReader struct {
	left []part
	open *os.File
}

// Read reads on in the open part, and opens the next at its end.
func (r *partsReader) Read(p []byte) (int, error) {
	for {
		if r.open == nil {
			if len(r.left) == 0 {
				return 0, io.EOF
			}
			f, err := os.Open(r.left[0].file)
			if err != nil {
				return 0, fmt.Errorf("open part: %w", err)
			}
			r.open, r.left = f, r.left[1:]
		}
		n, err := r.open.Read(p)
		if n > 0 || err != io.EOF {
			return n, err
		}
		r.close()
	}
}

func (r *partsReader) close() {
	if r.open != nil {
		_ = r.open.Close() // only read from
		r.open = nil
	}
}
