package s3

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const lake = "fleet-lake"

// bench is a server with a client; restart keeps the directory.
type bench struct {
	*awss3.Client
	t      *testing.T
	dir    string
	server *Server
	http   *http.Transport
}

func begin(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir()}
	b.open()
	if err := b.server.CreateBucket(t.Context(), lake); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	return b
}

func (b *bench) open() {
	b.t.Helper()
	server, err := Start(filepath.Join(b.dir, "buckets"), "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	b.server, b.http = server, &http.Transport{}
	// What the environment would make of it, without the environment: sinks too send checksums by default.
	cfg := aws.Config{
		Region: "eu-central-1", HTTPClient: &http.Client{Transport: b.http},
		Credentials:                credentials.NewStaticCredentialsProvider("id", "secret", ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
	}
	b.Client = awss3.NewFromConfig(cfg, func(o *awss3.Options) { o.BaseEndpoint, o.UsePathStyle = &server.URL, true })
}

func (b *bench) close() {
	b.http.CloseIdleConnections()
	if err := b.server.Close(); err != nil {
		b.t.Errorf("close: %v", err)
	}
}

func (b *bench) restart() {
	b.close()
	b.open()
}

func (b *bench) put(key, text string) {
	b.t.Helper()
	in := &awss3.PutObjectInput{Bucket: aws.String(lake), Key: &key, Body: strings.NewReader(text)}
	if _, err := b.PutObject(b.t.Context(), in); err != nil {
		b.t.Fatalf("put %q: %v", key, err)
	}
}

func (b *bench) get(key string) string {
	b.t.Helper()
	out, err := b.GetObject(b.t.Context(), &awss3.GetObjectInput{Bucket: aws.String(lake), Key: &key})
	if err != nil {
		b.t.Fatalf("get %q: %v", key, err)
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(err)
}

func TestObjectsComeBackAsTheyWerePut(t *testing.T) {
	b := begin(t)
	in := &awss3.PutObjectInput{
		Bucket: aws.String(lake), Key: aws.String("a/b c+ü"), Body: strings.NewReader("hello"),
		ContentType: aws.String("application/json"), Metadata: map[string]string{"topic-id": "x y"},
	}
	put, err := b.PutObject(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		head, err := b.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: in.Bucket, Key: in.Key})
		if err != nil {
			t.Fatal(err)
		}
		if *head.ETag != *put.ETag || *put.ETag != `"5d41402abc4b2a76b9719d911017c592"` || *head.ContentLength != 5 ||
			*head.ContentType != "application/json" || head.Metadata["topic-id"] != "x y" || head.LastModified == nil {
			t.Errorf("head %+v, put %+v", head, put)
		}
		if got := b.get(*in.Key); got != "hello" {
			t.Errorf("got %q", got)
		}
		b.restart() // all of it survives
	}
	part, err := b.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: in.Bucket, Key: in.Key, Range: aws.String("bytes=1-3")})
	if err != nil {
		t.Fatal(err)
	}
	defer part.Body.Close()
	if text, _ := io.ReadAll(part.Body); string(text) != "ell" || *part.ContentRange != "bytes 1-3/5" {
		t.Errorf("range: %q %s", text, *part.ContentRange)
	}
}

func TestMissingThingsHaveTheirNames(t *testing.T) {
	b := begin(t)
	_, err := b.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String(lake), Key: aws.String("no")})
	if code(err) != "NoSuchKey" {
		t.Errorf("get: %v", err)
	}
	_, err = b.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String(lake), Key: aws.String("no")})
	if code(err) != "NotFound" {
		t.Errorf("head: %v", err)
	}
	_, err = b.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("no-bucket"), Key: aws.String("k"), Body: strings.NewReader("x")})
	if code(err) != "NoSuchBucket" {
		t.Errorf("put: %v", err)
	}
	if _, err = b.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String(lake), Key: aws.String("no")}); err != nil {
		t.Errorf("delete what is not there: %v", err)
	}
	b.put("k", "x")
	if _, err = b.DeleteBucket(t.Context(), &awss3.DeleteBucketInput{Bucket: aws.String(lake)}); code(err) != "BucketNotEmpty" {
		t.Errorf("delete a bucket with an object: %v", err)
	}
}

func TestConditionalPutsHaveOneWinner(t *testing.T) {
	b := begin(t)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = b.PutObject(t.Context(), &awss3.PutObjectInput{
				Bucket: aws.String(lake), Key: aws.String("k"), Body: strings.NewReader(fmt.Sprint(i)), IfNoneMatch: aws.String("*"),
			})
		})
	}
	wg.Wait()
	var winners []string
	for i, err := range errs {
		if err == nil {
			winners = append(winners, fmt.Sprint(i))
		} else if code(err) != "PreconditionFailed" {
			t.Errorf("loser %d: %v", i, err)
		}
	}
	if len(winners) != 1 || b.get("k") != winners[0] {
		t.Errorf("winners %v, stored %s", winners, b.get("k"))
	}
	_, err := b.PutObject(t.Context(), &awss3.PutObjectInput{
		Bucket: aws.String(lake), Key: aws.String("k"), Body: strings.NewReader("x"), IfMatch: aws.String(`"0"`),
	})
	if code(err) != "PreconditionFailed" {
		t.Errorf("If-Match of another ETag: %v", err)
	}
}

func TestAWrongChecksumStoresNothing(t *testing.T) {
	b := begin(t)
	b.put("k", "old")
	_, err := b.PutObject(t.Context(), &awss3.PutObjectInput{
		Bucket: aws.String(lake), Key: aws.String("k"), Body: strings.NewReader("new"), ChecksumCRC32: aws.String("AAAAAA=="),
	})
	if code(err) != "BadDigest" {
		t.Errorf("put: %v", err)
	}
	if got := b.get("k"); got != "old" {
		t.Errorf("stored %q", got)
	}
	b.expectFiles(2)
}

// expectFiles counts what lies below objects: two files an object, and nothing else.
func (b *bench) expectFiles(n int) {
	b.t.Helper()
	files, err := os.ReadDir(filepath.Join(b.dir, "buckets", lake, objectsDir))
	if err != nil || len(files) != n {
		b.t.Errorf("%d files %v, want %d: %v", len(files), files, n, err)
	}
}

func TestReplacedAndDeletedObjectsLeaveNoFiles(t *testing.T) {
	b := begin(t)
	b.put("k", "1")
	b.put("k", "2")
	b.put("l", "3")
	b.expectFiles(4)
	out, err := b.DeleteObjects(t.Context(), &awss3.DeleteObjectsInput{Bucket: aws.String(lake), Delete: &types.Delete{
		Objects: []types.ObjectIdentifier{{Key: aws.String("k")}, {Key: aws.String("no")}},
	}})
	if err != nil || len(out.Deleted) != 2 {
		t.Errorf("delete: %+v %v", out, err)
	}
	b.expectFiles(2)
	if _, err := b.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: aws.String(lake), Key: aws.String("m"), CopySource: aws.String(lake + "/l")}); err != nil {
		t.Fatal(err)
	}
	if got := b.get("m"); got != "3" {
		t.Errorf("copy holds %q", got)
	}
}

func TestKeysNeverLeaveTheDirectory(t *testing.T) {
	b := begin(t)
	keys := []string{"../../out", "..", ".", "a", "a/b", "a//b", "a/../c", strings.Repeat("long", 250), "nul\x01"}
	for _, key := range keys {
		if _, err := b.server.backend.PutObject(t.Context(), lake, key, nil, strings.NewReader(key), -1); err != nil {
			t.Errorf("put %q: %v", key, err)
		}
	}
	for _, outside := range []string{b.dir, filepath.Join(b.dir, "buckets"), filepath.Join(b.dir, "buckets", lake)} {
		entries, err := os.ReadDir(outside)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !slices.Contains([]string{"buckets", lake, objectsDir, bucketFile}, e.Name()) {
				t.Errorf("%s appeared in %s", e.Name(), outside)
			}
		}
	}
	b.expectFiles(2 * len(keys))
	b.restart()
	slices.Sort(keys)
	if got := b.server.Keys(lake); !slices.Equal(got, keys) {
		t.Errorf("keys after a restart: %q", got)
	}
}

func TestUploadsInParts(t *testing.T) {
	b := begin(t)
	body := make([]byte, 5<<20+123)
	if _, err := rand.Read(body); err != nil {
		t.Fatal(err)
	}
	key := aws.String("big")
	made, err := b.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: aws.String(lake), Key: key,
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc32, Metadata: map[string]string{"m": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	var parts []types.CompletedPart
	for n, piece := range [][]byte{body[:5<<20], []byte("replaced by the next"), body[5<<20:]} {
		number := aws.Int32(int32(min(n+1, 2)))
		out, err := b.UploadPart(t.Context(), &awss3.UploadPartInput{Bucket: aws.String(lake), Key: key, UploadId: made.UploadId,
			PartNumber: number, Body: bytes.NewReader(piece)})
		if err != nil {
			t.Fatal(err)
		}
		if n != 1 {
			parts = append(parts, types.CompletedPart{PartNumber: number, ETag: out.ETag})
		}
	}
	if got := b.server.Keys(lake); len(got) != 0 {
		t.Errorf("visible before it is complete: %v", got)
	}
	complete := func(parts ...types.CompletedPart) (*awss3.CompleteMultipartUploadOutput, error) {
		return b.CompleteMultipartUpload(t.Context(), &awss3.CompleteMultipartUploadInput{Bucket: aws.String(lake), Key: key,
			UploadId: made.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
	}
	if _, err := complete(parts[1], parts[0]); code(err) != "InvalidPartOrder" {
		t.Errorf("complete in the wrong order: %v", err)
	}
	if _, err := complete(types.CompletedPart{PartNumber: aws.Int32(7), ETag: parts[0].ETag}); code(err) != "InvalidPart" {
		t.Errorf("complete with an unknown part: %v", err)
	}
	done, err := complete(parts...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := complete(parts...); err != nil {
		t.Errorf("complete again: %v", err)
	}
	head, err := b.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String(lake), Key: key})
	if err != nil || *head.ETag != *done.ETag || head.Metadata["m"] != "1" {
		t.Errorf("head %+v %v, complete %+v", head, err, done)
	}
	if b.get("big") != string(body) {
		t.Error("the object is not the parts")
	}
	b.expectFiles(2)
	b.restart()
	if b.get("big") != string(body) {
		t.Error("the object is not the parts after a restart")
	}
}

func TestAbortedUploadsAreGone(t *testing.T) {
	b := begin(t)
	made, err := b.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: aws.String(lake), Key: aws.String("k")})
	if err != nil {
		t.Fatal(err)
	}
	part := &awss3.UploadPartInput{Bucket: aws.String(lake), Key: aws.String("k"), UploadId: made.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("x")}
	if _, err := b.UploadPart(t.Context(), part); err != nil {
		t.Fatal(err)
	}
	if _, err := b.AbortMultipartUpload(t.Context(), &awss3.AbortMultipartUploadInput{Bucket: aws.String(lake), Key: aws.String("k"), UploadId: made.UploadId}); err != nil {
		t.Fatal(err)
	}
	part.Body = strings.NewReader("x")
	if _, err := b.UploadPart(t.Context(), part); code(err) != "NoSuchUpload" {
		t.Errorf("upload after abort: %v", err)
	}
	if left, err := os.ReadDir(filepath.Join(b.dir, "buckets", lake, uploadsDir)); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
