package recount

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sluice-connect/sluice/deploy/local/fleet"
	"github.com/sluice-connect/sluice/deploy/local/stack"
)

// lake is the state of counting a bucket.
type lake struct {
	*Result
	// offsets finds the record of a line: values are unique, so there is one at most.
	offsets map[fleet.Partition]map[fleet.Hash]int64
	seen    map[fleet.Partition][]bool
}

// S3 reads every object of the bucket and expects each acknowledged record in exactly one line, byte for byte as it was
// produced, in the topic directory, partition and order that the name of the object promises.
func S3(ctx context.Context, c *stack.Clients, l *fleet.Ledger) (*Result, error) {
	k := &lake{Result: &Result{}, offsets: map[fleet.Partition]map[fleet.Hash]int64{}, seen: map[fleet.Partition][]bool{}}
	for p, hashes := range l.Hashes() {
		k.seen[p] = make([]bool, len(hashes))
		index := make(map[fleet.Hash]int64, len(hashes))
		for offset, h := range hashes {
			if h != (fleet.Hash{}) {
				index[h] = int64(offset)
				k.Expected++
			}
		}
		k.offsets[p] = index
	}
	pages := awss3.NewListObjectsV2Paginator(c.S3, &awss3.ListObjectsV2Input{Bucket: aws.String(stack.Bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list bucket: %w", err)
		}
		for _, o := range page.Contents {
			if err := k.object(ctx, c, *o.Key); err != nil {
				return nil, err
			}
		}
	}
	k.missing()
	return k.Result, nil
}

func (k *lake) missing() {
	for p, index := range k.offsets {
		for _, offset := range index {
			if !k.seen[p][offset] {
				k.differ(&k.Missing, "record %s-%d@%d is in no object", p.Topic, p.Number, offset)
			}
		}
	}
}

func (k *lake) object(ctx context.Context, c *stack.Clients, key string) error {
	k.Objects++
	p, first, err := parseKey(key)
	if err != nil {
		k.differ(&k.Unknown, "object %s: %v", key, err)
		return nil
	}
	out, err := c.S3.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String(stack.Bucket), Key: &key})
	if err != nil {
		return fmt.Errorf("get %s: %w", key, err)
	}
	defer out.Body.Close()
	return k.lines(out.Body, key, p, first)
}

// lines counts the records of an object whose name promises that it starts at first.
func (k *lake) lines(r io.Reader, key string, p fleet.Partition, first int64) error {
	in := bufio.NewReaderSize(r, 1<<16)
	next := first
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read %s: %w", key, err)
		}
		if len(line) == 0 {
			if n == 1 {
				k.differ(&k.Wrong, "object %s is empty", key)
			}
			return nil
		}
		k.Found++
		offset, known := k.offsets[p][fleet.HashOf([]byte(strings.TrimSuffix(string(line), "\n")))]
		switch {
		case !known:
			k.differ(&k.Unknown, "line %d of %s is no record of %s-%d", n, key, p.Topic, p.Number)
			continue
		case k.seen[p][offset]:
			k.differ(&k.Twice, "record %s-%d@%d is there again in line %d of %s", p.Topic, p.Number, offset, n, key)
		case n == 1 && offset != first, offset < next:
			k.differ(&k.Wrong, "line %d of %s is the record at offset %d", n, key, offset)
		}
		k.seen[p][offset] = true
		next = offset + 1
	}
}

// parseKey reads a key like topics/T/…/T+3+0000000042.json.
func parseKey(key string) (fleet.Partition, int64, error) {
	parts := strings.Split(strings.TrimSuffix(path.Base(key), ".json"), "+")
	if len(parts) != 3 || !strings.HasPrefix(key, "topics/"+parts[0]+"/") || !strings.HasSuffix(key, ".json") {
		return fleet.Partition{}, 0, errors.New("the name is not of the form topics/T/…/T+partition+offset.json")
	}
	number, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil {
		return fleet.Partition{}, 0, fmt.Errorf("read the partition: %w", err)
	}
	first, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return fleet.Partition{}, 0, fmt.Errorf("read the offset: %w", err)
	}
	return fleet.Partition{Topic: parts[0], Number: int32(number)}, first, nil
}
