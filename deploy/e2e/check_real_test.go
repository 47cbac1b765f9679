//go:build real

package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/redis/go-redis/v9"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

// objectName is the form of a Confluent object name: topic+partition+start offset.
var objectName = regexp.MustCompile(`/([^/+]+)\+(\d+)\+(\d{10,})\.json(\.gz)?$`)

// checkS3 compares all objects below dir with the topic: every offset in exactly one object, byte for byte. The files
// of the S3 server are read directly, so that no client of ours stands between.
func (f *fleet) checkS3(t *testing.T, dir string) (objects int) {
	t.Helper()
	seen := make([]map[int64]string, f.partitions)
	for i := range seen {
		seen[i] = map[int64]string{}
	}
	problems := newProblems(t)
	walk(t, dir, func(path string) {
		m := objectName.FindStringSubmatch(path)
		if m == nil || m[1] != f.topic {
			problems.add("unexpected object %s", path)
			return
		}
		objects++
		part, _ := strconv.Atoi(m[2])
		offset, _ := strconv.ParseInt(m[3], 10, 64)
		for _, line := range lines(t, path) {
			switch {
			case part >= len(f.values) || offset >= int64(len(f.values[part])):
				problems.add("%s holds offset %d, which was never produced", path, offset)
			case seen[part][offset] != "":
				problems.add("partition %d offset %d is in %s and in %s", part, offset, seen[part][offset], path)
			case line != f.values[part][offset]:
				problems.add("partition %d offset %d is %q, want %q", part, offset, line, f.values[part][offset])
			}
			seen[part][offset] = path
			offset++
		}
	})
	for part := range f.values {
		if missing := len(f.values[part]) - len(seen[part]); missing != 0 {
			problems.add("partition %d lacks %d records", part, missing)
		}
	}
	problems.report()
	return objects
}

func walk(t *testing.T, dir string, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && !strings.Contains(path, "/.sgwtmp") {
			visit(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func lines(t *testing.T, path string) (out []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r io.Reader = bytes.NewReader(text)
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatal(err)
		}
	}
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		out = append(out, s.Text())
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return out
}

// problems collects differences and shows the first ones.
type problems struct {
	t     *testing.T
	n     int
	texts []string
}

func newProblems(t *testing.T) *problems { return &problems{t: t} }

func (p *problems) add(format string, a ...any) {
	if p.n++; len(p.texts) < 10 {
		p.texts = append(p.texts, fmt.Sprintf(format, a...))
	}
}

func (p *problems) report() {
	p.t.Helper()
	if p.n > 0 {
		p.t.Errorf("%d differences, the first are:\n%s", p.n, strings.Join(p.texts, "\n"))
	}
}

// fields returns the top-level members of a JSON object with exact numbers.
func fields(t *testing.T, doc string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(doc))
	d.UseNumber()
	m := map[string]any{}
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

// checkRedis compares each vehicle's hash with its newest record.
func (f *fleet) checkRedis(t *testing.T, addr, prefix string) {
	t.Helper()
	ctx := t.Context()
	c := redis.NewClient(&redis.Options{Addr: addr})
	defer c.Close()
	problems := newProblems(t)
	want := f.last()
	for name, doc := range want {
		got, err := c.HGetAll(ctx, prefix+name).Result()
		if err != nil {
			t.Fatal(err)
		}
		expected := map[string]string{}
		for k, v := range fields(t, doc) {
			if v != nil {
				expected[k] = hashText(t, v)
			}
		}
		if len(got) != len(expected) {
			problems.add("%s has fields %v, want %v", name, got, expected)
			continue
		}
		for k, v := range expected {
			if got[k] != v {
				problems.add("%s field %s is %q, want %q", name, k, got[k], v)
			}
		}
	}
	if n, err := c.DBSize(ctx).Result(); err != nil || n != int64(len(want)) {
		problems.add("there are %d keys (%v), want %d", n, err, len(want))
	}
	problems.report()
}

// hashText is the text of a value in a hash: strings as they are, everything else as JSON.
func hashText(t *testing.T, v any) string {
	t.Helper()
	if s, ok := v.(string); ok {
		return s
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func dynamoClient(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: aws.String(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider("k", "s", "")})
}

// createTable makes a table with the string hash key vehicle_id.
func createTable(t *testing.T, d *parts.DynamoDBPart, name string) {
	t.Helper()
	_, err := dynamoClient(d.Endpoint).CreateTable(t.Context(), &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("vehicle_id"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("vehicle_id"), KeyType: types.KeyTypeHash}}})
	if err != nil {
		t.Fatal(err)
	}
}

// checkDynamoDB compares each vehicle's item with its newest record.
func (f *fleet) checkDynamoDB(t *testing.T, endpoint, table string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	problems := newProblems(t)
	want := f.last()
	pages := dynamodb.NewScanPaginator(dynamoClient(endpoint), &dynamodb.ScanInput{TableName: &table})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			key, _ := item["vehicle_id"].(*types.AttributeValueMemberS)
			if key == nil || want[key.Value] == "" {
				problems.add("unexpected item %v", item)
				continue
			}
			got, expected := canonical(item), canonicalJSON(fields(t, want[key.Value]))
			if got != expected {
				problems.add("%s is\n%s, want\n%s", key.Value, got, expected)
			}
			delete(want, key.Value)
		}
	}
	for name := range want {
		problems.add("there is no item for %s", name)
	}
	problems.report()
}

// canonical renders an item so that equal data has equal text.
func canonical(item map[string]types.AttributeValue) string {
	var parts []string
	for k, v := range item {
		parts = append(parts, fmt.Sprintf("%q:%s", k, canonicalValue(v)))
	}
	sort.Strings(parts)
	return "{" + strings.Join(parts, ",") + "}"
}

func canonicalValue(v types.AttributeValue) string {
	switch a := v.(type) {
	case *types.AttributeValueMemberS:
		return strconv.Quote(a.Value)
	case *types.AttributeValueMemberN:
		return number(a.Value)
	case *types.AttributeValueMemberBOOL:
		return strconv.FormatBool(a.Value)
	case *types.AttributeValueMemberNULL:
		return "null"
	case *types.AttributeValueMemberM:
		return canonical(a.Value)
	}
	return fmt.Sprintf("%T", v)
}

func canonicalJSON(m map[string]any) string {
	var parts []string
	for k, v := range m {
		text := ""
		switch x := v.(type) {
		case nil:
			text = "null"
		case string:
			text = strconv.Quote(x)
		case json.Number:
			text = number(x.String())
		case map[string]any:
			text = canonicalJSON(x)
		default:
			text = fmt.Sprint(x)
		}
		parts = append(parts, fmt.Sprintf("%q:%s", k, text))
	}
	sort.Strings(parts)
	return "{" + strings.Join(parts, ",") + "}"
}

// number renders a decimal exactly.
func number(text string) string {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return "not a number: " + text
	}
	return r.RatString()
}

// lag returns the sum of the lags that kafka-consumer-groups shows for the group, -1 while a partition has none.
func lag(t *testing.T, k *parts.KafkaPart, group string) (sum int, table string) {
	t.Helper()
	table = k.ConsumerGroups(t, "--describe", "--group", group)
	rows := 0
	for _, line := range strings.Split(table, "\n") {
		cols := strings.Fields(line)
		if len(cols) < 6 || cols[0] != group {
			continue
		}
		n, err := strconv.Atoi(cols[5])
		if err != nil {
			return -1, table
		}
		rows++
		sum += n
	}
	if rows == 0 {
		return -1, table
	}
	return sum, table
}

// waitLagZero waits until the group has committed everything.
func waitLagZero(t *testing.T, k *parts.KafkaPart, group string) {
	t.Helper()
	table := ""
	eventually(t, 4*time.Minute, "lag 0 of "+group, func() (ok bool) {
		var n int
		n, table = lag(t, k, group)
		return n == 0
	})
	t.Logf("\n%s", strings.TrimSpace(table))
}
