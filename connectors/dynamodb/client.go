package dynamodb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/sluice-connect/sluice/connectors/inflight"
	"github.com/sluice-connect/sluice/schemas"
)

const (
	// maxBatchItems is BatchWriteItem's limit.
	maxBatchItems = 25
	// maxBatchBytes stays below BatchWriteItem's 16 MB with room for the JSON around the items.
	maxBatchBytes = 15 << 20
	// requestTimeout ends requests that nobody answers.
	requestTimeout = 30 * time.Second
)

// table is where batches go; the SDK client in production, a simulation in tests.
type table interface {
	// write is Target.Send.
	write(ctx context.Context, items []inflight.Item) (unprocessed []int, err error)
}

var errUnprocessed = errors.New("DynamoDB left items unprocessed: the table or its hottest key is throttled")

// newClient returns a client that tries every request once: the batcher does the retrying, because only it knows which
// newer record replaces a waiting one.
func newClient(cfg aws.Config) *dynamodb.Client {
	return dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) {
		o.Retryer = aws.NopRetryer{}
		// The SDK only logs a mismatch, for every answer of a server that sends no checksum; TLS is what protects answers.
		o.DisableValidateResponseChecksum = true
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Serialize.Insert(bodyMiddleware{}, "OperationSerializer", middleware.After)
		})
	})
}

// bodyKey carries a finished request body in a context.
type bodyKey struct{}

// bodyMiddleware replaces the serialized input by the body in the context. The items of a record are encoded once,
// straight from the record; the SDK would have them encoded from a tree of attribute values a second time.
type bodyMiddleware struct{}

// ID names the middleware in its stack.
func (bodyMiddleware) ID() string { return "SluiceBody" }

// HandleSerialize runs after the SDK has set method, path and headers.
func (bodyMiddleware) HandleSerialize(ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler) (
	middleware.SerializeOutput, middleware.Metadata, error,
) {
	if body, ok := ctx.Value(bodyKey{}).([]byte); ok {
		req, ok := in.Request.(*smithyhttp.Request)
		if !ok {
			return middleware.SerializeOutput{}, middleware.Metadata{}, fmt.Errorf("set the request body: unexpected transport %T", in.Request)
		}
		req, err := req.SetStream(bytes.NewReader(body))
		if err != nil {
			return middleware.SerializeOutput{}, middleware.Metadata{}, fmt.Errorf("set the request body: %w", err)
		}
		in.Request = req
	}
	return next.HandleSerialize(ctx, in)
}

// sdkTable is a table behind the SDK.
type sdkTable struct {
	client *dynamodb.Client
	name   string
	layout layout
}

// write sends one BatchWriteItem.
func (t *sdkTable) write(ctx context.Context, items []inflight.Item) ([]int, error) {
	ctx = context.WithValue(ctx, bodyKey{}, appendBatch(nil, t.name, items))
	// The table name alone is enough for the SDK to choose the endpoint.
	out, err := t.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{t.name: nil}})
	if err != nil {
		return nil, err
	}
	if unprocessed := t.match(items, out.UnprocessedItems); len(unprocessed) > 0 {
		return unprocessed, errUnprocessed
	}
	return nil, nil
}

const (
	putOpen    = `{"PutRequest":{"Item":`
	deleteOpen = `{"DeleteRequest":{"Key":`
)

func appendBatch(dst []byte, table string, items []inflight.Item) []byte {
	size := len(table) + 64
	for i := range items {
		size += len(items[i].Body) + len(deleteOpen) + 3
	}
	dst = append(make([]byte, 0, size), dst...)
	dst = append(schemas.AppendJSONString(append(dst, `{"RequestItems":{`...), table), `:[`...)
	for i := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		if items[i].Remove {
			dst = append(dst, deleteOpen...)
		} else {
			dst = append(dst, putOpen...)
		}
		dst = append(append(dst, items[i].Body...), `}}`...)
	}
	return append(dst, `]}}`...)
}

// match finds the positions of the requests that came back. When one cannot be recognised, all count as unprocessed:
// writing twice does no harm, not writing does.
func (t *sdkTable) match(items []inflight.Item, unprocessed map[string][]types.WriteRequest) []int {
	var positions []int
	index := map[string]int{}
	for _, requests := range unprocessed {
		for i := range requests {
			if len(index) == 0 {
				for j := range items {
					index[items[j].Key] = j
				}
			}
			j, ok := index[t.identity(requests[i])]
			if !ok {
				return everyPosition(len(items))
			}
			positions = append(positions, j)
		}
	}
	return positions
}

func everyPosition(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// identity is "" for a request without a readable key.
func (t *sdkTable) identity(r types.WriteRequest) string {
	item := map[string]types.AttributeValue{}
	switch {
	case r.PutRequest != nil:
		item = r.PutRequest.Item
	case r.DeleteRequest != nil:
		item = r.DeleteRequest.Key
	}
	k := keyWriter{item: &itemWriter{}}
	if k.put(t.layout.hash, maxHashBytes, nil, scalarOf(item[t.layout.hash.name]), true) != nil {
		return ""
	}
	if t.layout.sort.name != "" && k.put(t.layout.sort, maxSortBytes, nil, scalarOf(item[t.layout.sort.name]), false) != nil {
		return ""
	}
	return string(k.identity)
}

func scalarOf(v types.AttributeValue) any {
	switch a := v.(type) {
	case *types.AttributeValueMemberS:
		return a.Value
	case *types.AttributeValueMemberN:
		return schemas.Number(a.Value)
	case *types.AttributeValueMemberB:
		return a.Value
	}
	return nil
}

// errCreating passes by itself.
var errCreating = errors.New("DynamoDB is still creating the table")

// describeTable reads the key schema of a table that takes writes; it retries as the SDK does by default.
func describeTable(ctx context.Context, c *dynamodb.Client, name string) (layout, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	out, err := c.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(name)},
		func(o *dynamodb.Options) { o.Retryer = retry.NewStandard() })
	if err != nil {
		return layout{}, err
	}
	if out.Table.TableStatus == types.TableStatusCreating {
		return layout{}, errCreating
	}
	var l layout
	for _, k := range out.Table.KeySchema {
		a := attribute{name: aws.ToString(k.AttributeName)}
		for _, d := range out.Table.AttributeDefinitions {
			if aws.ToString(d.AttributeName) == a.name && d.AttributeType != "" {
				a.typ = d.AttributeType[0]
			}
		}
		if k.KeyType == types.KeyTypeHash {
			l.hash = a
		} else {
			l.sort = a
		}
	}
	return l, nil
}
