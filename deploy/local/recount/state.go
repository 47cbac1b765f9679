package recount

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sluice-connect/sluice/deploy/local/stack"
)

// Keyspace stands before the ids of vehicles in the keys of Redis.
const Keyspace = "vehicle:"

// DynamoDB scans the table and expects one item for each vehicle, with exactly the attributes of its newest message.
func DynamoDB(ctx context.Context, c *stack.Clients, newest map[string][]byte) (*Result, error) {
	r := &Result{Expected: int64(len(newest))}
	found := map[string]map[string]types.AttributeValue{}
	pages := awsdynamodb.NewScanPaginator(c.DynamoDB, &awsdynamodb.ScanInput{TableName: aws.String(stack.Table), ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("scan table: %w", err)
		}
		for _, item := range page.Items {
			id, _ := item[stack.HashKey].(*types.AttributeValueMemberS)
			if id == nil {
				r.differ(&r.Unknown, "an item has no %s", stack.HashKey)
				continue
			}
			found[id.Value] = item
		}
	}
	r.Found = int64(len(found))
	err := r.compare(newest, slices.Collect(maps.Keys(found)), func(id string, value []byte) (string, error) {
		want, err := attributes(value)
		if err != nil {
			return "", err
		}
		return firstDifference(want, found[id]), nil
	})
	return r, err
}

// Redis reads every hash of the keyspace and expects one for each vehicle, with the fields of its newest message. That
// is the fold only because locations always have the same fields and none is null.
func Redis(ctx context.Context, c *stack.Clients, newest map[string][]byte) (*Result, error) {
	r := &Result{Expected: int64(len(newest))}
	var ids []string
	keys := c.Redis.Scan(ctx, 0, "*", 1000).Iterator()
	for keys.Next(ctx) {
		id, ok := strings.CutPrefix(keys.Val(), Keyspace)
		if !ok {
			r.differ(&r.Unknown, "key %s is not of the keyspace", keys.Val())
			continue
		}
		if !slices.Contains(ids, id) { // SCAN may repeat itself
			ids = append(ids, id)
		}
	}
	if err := keys.Err(); err != nil {
		return nil, fmt.Errorf("scan keys: %w", err)
	}
	r.Found = int64(len(ids))
	err := r.compare(newest, ids, func(id string, value []byte) (string, error) {
		want, err := hash(value)
		if err != nil {
			return "", err
		}
		got, err := c.Redis.HGetAll(ctx, Keyspace+id).Result()
		if err != nil {
			return "", fmt.Errorf("read hash: %w", err)
		}
		return firstDifference(want, got), nil
	})
	return r, err
}

// compare counts missing and unknown ids, and those for which differs returns a text.
func (r *Result) compare(newest map[string][]byte, found []string, differs func(id string, value []byte) (string, error)) error {
	for _, id := range slices.Sorted(maps.Keys(newest)) {
		if !slices.Contains(found, id) {
			r.differ(&r.Missing, "%s is missing", id)
			continue
		}
		text, err := differs(id, newest[id])
		if err != nil {
			return fmt.Errorf("compare %s: %w", id, err)
		}
		if text != "" {
			r.differ(&r.Wrong, "%s: %s", id, text)
		}
	}
	for _, id := range found {
		if _, known := newest[id]; !known {
			r.differ(&r.Unknown, "%s was never produced", id)
		}
	}
	return nil
}

// firstDifference tells one member that differs, or "".
func firstDifference[V any](want, got map[string]V) string {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		w := show(want[name])
		g, found := got[name]
		if !found {
			return fmt.Sprintf("%s is missing, want %s", name, w)
		}
		if s := show(g); s != w {
			return fmt.Sprintf("%s is %s, want %s", name, s, w)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, known := want[name]; !known {
			return fmt.Sprintf("%s is too much", name)
		}
	}
	return ""
}

// members decodes an object with its numbers as they were written.
func members(value []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("decode the message: %w", err)
	}
	return m, nil
}

// hash is what a Redis hash shows of a message: numbers as written, containers as JSON.
func hash(value []byte) (map[string]string, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(value, &m); err != nil {
		return nil, fmt.Errorf("decode the message: %w", err)
	}
	fields := make(map[string]string, len(m))
	for name, raw := range m {
		text := string(raw)
		if raw[0] == '"' {
			if err := json.Unmarshal(raw, &text); err != nil {
				return nil, fmt.Errorf("decode %s: %w", name, err)
			}
		}
		if text != "null" {
			fields[name] = text
		}
	}
	return fields, nil
}
