package s3

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/sluice-connect/sluice/connectors/awsconfig"
	"github.com/sluice-connect/sluice/schemas/pace"
)

const (
	// contentType is what S3 gives objects that name none, and so what Confluent's have.
	contentType = "binary/octet-stream"
	// requests bounds the uploads in flight of one task.
	requests   = 16
	maxBackoff = 20 * time.Second
	// A request may take answerTime plus the time its body needs at slowest; beyond, the connection counts as dead.
	answerTime = time.Minute
	slowest    = 128 << 10 // bytes a second
)

// store sends the requests of one task. It is safe for use by several goroutines.
type store struct {
	client *awss3.Client
	cfg    aws.Config
	set    *settings
	slots  pace.Slots // for bodies under way
}

func newStore(ctx context.Context, set *settings) (*store, error) {
	cfg, err := awsconfig.Load(ctx, set.aws)
	if err != nil {
		return nil, err
	}
	client := awss3.NewFromConfig(cfg, func(o *awss3.Options) {
		o.UsePathStyle = set.pathStyle
		o.UseAccelerate = set.accelerate
		o.Retryer = retryer(set)
		o.ContinueHeaderThresholdBytes = -1
		if set.expectContinue {
			o.ContinueHeaderThresholdBytes = 0 // the SDK's default, 2 MiB
		}
	})
	return &store{client: client, cfg: cfg, set: set, slots: pace.NewSlots(requests)}, nil
}

func (s *store) close() { awsconfig.CloseIdle(s.cfg) }

// retryer leaves the pace of a whole connector to the runtime: the SDK's own quota would let the failures of one
// partition take the retries of another.
func retryer(set *settings) aws.Retryer {
	backoff := pace.Backoff{First: set.retryBackoff, Max: maxBackoff, High: 1}
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = set.aws.MaxAttempts
		o.RateLimiter = ratelimit.None
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) {
			return backoff.Wait(attempt), nil
		})
	})
}

func (s *store) limit(ctx context.Context, size int) (context.Context, context.CancelFunc) {
	once := answerTime + time.Duration(size/slowest)*time.Second
	return context.WithTimeout(ctx, once*time.Duration(max(s.set.aws.MaxAttempts, 1)))
}

// unsigned leaves the payload hash out of the signature: the signed CRC32 covers the body already, and SHA-256 costs
// more than everything else in a request over plain HTTP.
func unsigned(o *awss3.Options) {
	o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
}

// checkBucket asks whether the bucket is there and may be used.
func (s *store) checkBucket(ctx context.Context) error {
	_, err := s.client.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: &s.set.bucket})
	return err
}

// put writes a whole object.
func (s *store) put(ctx context.Context, key string, data []byte) error {
	if err := s.slots.Acquire(ctx); err != nil {
		return err
	}
	defer s.slots.Release()
	ctx, cancel := s.limit(ctx, len(data))
	defer cancel()
	b := newBody(data)
	defer b.release()
	in := &awss3.PutObjectInput{Bucket: &s.set.bucket, Key: &key, Body: b, ContentLength: aws.Int64(int64(len(data))),
		ContentType: aws.String(contentType), ChecksumCRC32: checksum(data), ACL: s.set.acl}
	s.set.sse.put(in)
	_, err := s.client.PutObject(ctx, in, unsigned)
	return err
}

// create starts a multipart upload.
func (s *store) create(ctx context.Context, key string) (id string, err error) {
	ctx, cancel := s.limit(ctx, 0)
	defer cancel()
	in := &awss3.CreateMultipartUploadInput{Bucket: &s.set.bucket, Key: &key, ContentType: aws.String(contentType),
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc32, ACL: s.set.acl}
	s.set.sse.create(in)
	out, err := s.client.CreateMultipartUpload(ctx, in)
	if err != nil {
		return "", err
	}
	return aws.ToString(out.UploadId), nil
}

// part uploads one part and returns what completion must know of it.
func (s *store) part(ctx context.Context, key, id string, number int32, data []byte) (types.CompletedPart, error) {
	if err := s.slots.Acquire(ctx); err != nil {
		return types.CompletedPart{}, err
	}
	defer s.slots.Release()
	ctx, cancel := s.limit(ctx, len(data))
	defer cancel()
	b := newBody(data)
	defer b.release()
	in := &awss3.UploadPartInput{Bucket: &s.set.bucket, Key: &key, UploadId: &id, PartNumber: &number, Body: b,
		ContentLength: aws.Int64(int64(len(data))), ChecksumCRC32: checksum(data)}
	s.set.sse.part(in)
	out, err := s.client.UploadPart(ctx, in, unsigned)
	if err != nil {
		return types.CompletedPart{}, err
	}
	return types.CompletedPart{PartNumber: &number, ETag: out.ETag, ChecksumCRC32: in.ChecksumCRC32}, nil
}

// complete turns the parts, in order, into the object.
func (s *store) complete(ctx context.Context, key, id string, parts []types.CompletedPart) error {
	ctx, cancel := s.limit(ctx, 0)
	defer cancel()
	in := &awss3.CompleteMultipartUploadInput{Bucket: &s.set.bucket, Key: &key, UploadId: &id,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}}
	s.set.sse.complete(in)
	_, err := s.client.CompleteMultipartUpload(ctx, in)
	return err
}

// abort frees what a multipart upload has stored. One that is gone already is no error.
func (s *store) abort(ctx context.Context, key, id string) error {
	_, err := s.client.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{Bucket: &s.set.bucket, Key: &key, UploadId: &id})
	if code(err) == "NoSuchUpload" {
		return nil
	}
	return err
}

func checksum(data []byte) *string {
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(data))
	return aws.String(base64.StdEncoding.EncodeToString(sum))
}

// body lets a buffer be reused: net/http may go on reading a request body after the request has failed, and reads
// nothing any more once it is released.
type body struct {
	mu sync.Mutex
	r  *bytes.Reader
}

var errReleased = errors.New("read a released body")

func newBody(data []byte) *body { return &body{r: bytes.NewReader(data)} }

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.r == nil {
		return 0, errReleased
	}
	return b.r.Read(p)
}

func (b *body) Seek(offset int64, whence int) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.r == nil {
		return 0, errReleased
	}
	return b.r.Seek(offset, whence)
}

func (b *body) release() {
	b.mu.Lock()
	b.r = nil
	b.mu.Unlock()
}

var _ io.ReadSeeker = (*body)(nil)
