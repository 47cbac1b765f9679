package recount

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sluice-connect/sluice/deploy/local/fleet"
	"github.com/sluice-connect/sluice/deploy/local/stack"
)

// Drop takes one record out of each sink: the last line of an object, an item, a hash. It shows that a comparison
// that finds nothing would have found something.
func Drop(ctx context.Context, c *stack.Clients) error {
	if err := dropLine(ctx, c); err != nil {
		return fmt.Errorf("drop a line in S3: %w", err)
	}
	id := fleet.VehicleID(0)
	_, err := c.DynamoDB.DeleteItem(ctx, &awsdynamodb.DeleteItemInput{TableName: aws.String(stack.Table),
		Key: map[string]types.AttributeValue{stack.HashKey: &types.AttributeValueMemberS{Value: id}}})
	if err != nil {
		return fmt.Errorf("drop an item in DynamoDB: %w", err)
	}
	if err := c.Redis.Del(ctx, Keyspace+id).Err(); err != nil {
		return fmt.Errorf("drop a hash in Redis: %w", err)
	}
	return nil
}

func dropLine(ctx context.Context, c *stack.Clients) error {
	page, err := c.S3.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: aws.String(stack.Bucket), MaxKeys: aws.Int32(1)})
	if err != nil {
		return err
	}
	if len(page.Contents) == 0 {
		return errors.New("the bucket is empty")
	}
	key := page.Contents[0].Key
	return Rewrite(ctx, c, *key, func(text []byte) []byte {
		text = bytes.TrimSuffix(text, []byte("\n"))
		return text[:bytes.LastIndexByte(text, '\n')+1]
	})
}

// Rewrite replaces an object by what change makes of it.
func Rewrite(ctx context.Context, c *stack.Clients, key string, change func([]byte) []byte) error {
	out, err := c.S3.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String(stack.Bucket), Key: &key})
	if err != nil {
		return err
	}
	text, err := io.ReadAll(out.Body)
	if err := errors.Join(err, out.Body.Close()); err != nil {
		return err
	}
	_, err = c.S3.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String(stack.Bucket), Key: &key, Body: bytes.NewReader(change(text))})
	return err
}
