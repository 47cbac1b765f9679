package demo

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sluice-connect/sluice/deploy/local/stack"
)

// peekEvery is how often each sink is asked until it shows something.
const peekEvery = 20 * time.Millisecond

// firsts notes when each sink showed its first record to a reader.
type firsts struct {
	began  time.Time
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu   sync.Mutex
	seen map[string]time.Duration
}

func watchFirsts(ctx context.Context, c *stack.Clients, began time.Time) *firsts {
	ctx, cancel := context.WithCancel(ctx)
	f := &firsts{began: began, cancel: cancel, seen: map[string]time.Duration{}}
	f.watch(ctx, lakeConnector, func() bool {
		page, err := c.S3.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: aws.String(stack.Bucket), MaxKeys: aws.Int32(1)})
		return err == nil && len(page.Contents) > 0
	})
	f.watch(ctx, stateConnector, func() bool {
		page, err := c.DynamoDB.Scan(ctx, &awsdynamodb.ScanInput{TableName: aws.String(stack.Table), Limit: aws.Int32(1)})
		return err == nil && len(page.Items) > 0
	})
	f.watch(ctx, liveConnector, func() bool {
		n, err := c.Redis.DBSize(ctx).Result()
		return err == nil && n > 0
	})
	return f
}

// watch asks until shows says yes; what stands in the way of an answer shows elsewhere.
func (f *firsts) watch(ctx context.Context, name string, shows func() bool) {
	f.done.Go(func() {
		tick := time.NewTicker(peekEvery)
		defer tick.Stop()
		for !shows() {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.seen[name] = time.Since(f.began)
	})
}

// after returns how long a sink took to show something, 0 when it has not yet.
func (f *firsts) after(name string) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen[name]
}

func (f *firsts) close() {
	f.cancel()
	f.done.Wait()
}
