// Package s3 serves the S3 API from a directory, for the demo and for tests.
package s3

import (
	"context"
	"fmt"
	"slices"

	"github.com/rclone/gofakes3"

	"github.com/sluice-connect/sluice/deploy/local/httpserver"
)

// Server answers S3 requests over HTTP with the bucket in the path. It accepts any credentials.
type Server struct {
	// URL is the endpoint for clients, which must use path-style addresses.
	URL string

	http    *httpserver.Server
	backend *backend
}

// Start serves the buckets below dir on addr, host:port. What was stored is there again after a restart, also after a
// kill; it is not protected against a crash of the machine. Only one process may use a directory.
//
// It differs from S3 in what it lacks (versions, encryption, policies, life cycles), and in two details: parts of an
// upload may be smaller than 5 MiB, and the ETag of an object that came in parts is the MD5 of the whole.
func Start(dir, addr string) (*Server, error) {
	b, err := open(dir)
	if err != nil {
		return nil, err
	}
	h, err := httpserver.Start(addr, gofakes3.New(b).Server())
	if err != nil {
		return nil, fmt.Errorf("start embedded S3: %w", err)
	}
	return &Server{URL: h.URL, http: h, backend: b}, nil
}

// CreateBucket makes a bucket unless it exists.
func (s *Server) CreateBucket(ctx context.Context, name string) error {
	err := s.backend.CreateBucket(ctx, name)
	if gofakes3.HasErrorCode(err, gofakes3.ErrBucketAlreadyExists) {
		return nil
	}
	return err
}

// Keys returns the keys of a bucket in order; none when there is no such bucket.
func (s *Server) Keys(bucket string) []string {
	s.backend.mu.RLock()
	defer s.backend.mu.RUnlock()
	if b := s.backend.buckets[bucket]; b != nil {
		return slices.Clone(b.keys)
	}
	return nil
}

// Close stops the server; the objects stay. Multipart uploads that are not complete are gone.
func (s *Server) Close() error { return s.http.Close() }
