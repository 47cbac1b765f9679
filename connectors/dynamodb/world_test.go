package dynamodb

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	local "github.com/sluice-connect/sluice/deploy/local/dynamodb"
)

// world is a DynamoDB for one test.
type world struct {
	server *local.Server
	url    string
	client *dynamodb.Client
	writes atomic.Int64
	away   atomic.Bool
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	var err error
	if w.server, err = local.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".BatchWriteItem") {
			w.writes.Add(1)
		}
		if w.away.Load() {
			panic(http.ErrAbortHandler)
		}
		w.server.ServeHTTP(rw, r)
	}))
	w.url = h.URL
	transport := &http.Transport{DisableKeepAlives: true} // or the suite takes its connections for leaks
	w.client = dynamodb.New(dynamodb.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(h.URL), HTTPClient: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	t.Cleanup(func() {
		h.Close()
		if err := w.server.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// outage cuts every request off until the returned function is called.
func (w *world) outage() (back func()) {
	w.away.Store(true)
	return func() { w.away.Store(false) }
}

// refuseLogin has the sink's requests refused until the returned function is called.
func (w *world) refuseLogin() (accept func()) {
	w.server.SetFault(func(op string, _ []byte) error {
		if op == "BatchWriteItem" || op == "DescribeTable" {
			return &local.Fault{Code: "UnrecognizedClientException", Message: "The security token is invalid", Status: 400}
		}
		return nil
	})
	return func() { w.server.SetFault(nil) }
}

// table creates a table; attributes are name:type, the partition key first.
func (w *world) table(t testing.TB, name string, attributes ...string) {
	t.Helper()
	in := &dynamodb.CreateTableInput{TableName: aws.String(name), BillingMode: types.BillingModePayPerRequest}
	for i, a := range attributes {
		column, typ, _ := strings.Cut(a, ":")
		role := types.KeyTypeHash
		if i > 0 {
			role = types.KeyTypeRange
		}
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: aws.String(column), KeyType: role})
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(column), AttributeType: types.ScalarAttributeType(typ)})
	}
	if _, err := w.client.CreateTable(context.Background(), in); err != nil {
		t.Fatal(err)
	}
}

func (w *world) props(more ...string) map[string]string {
	props := map[string]string{
		keyRegion: "eu-west-1", keyEndpoint: w.url, keyAccessKey: "local", keySecretKey: "local", keyTable: "things",
	}
	for i := 0; i < len(more); i += 2 {
		props[more[i]] = more[i+1]
	}
	return props
}

func (w *world) scan(t *testing.T, table string) []map[string]types.AttributeValue {
	t.Helper()
	var items []map[string]types.AttributeValue
	pages := dynamodb.NewScanPaginator(w.client, &dynamodb.ScanInput{TableName: aws.String(table), ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, page.Items...)
	}
	return items
}

// show renders an attribute value for comparisons: the type, then the value.
func show(v types.AttributeValue) string {
	switch a := v.(type) {
	case *types.AttributeValueMemberS:
		return "S:" + a.Value
	case *types.AttributeValueMemberN:
		return "N:" + a.Value
	case *types.AttributeValueMemberB:
		return fmt.Sprintf("B:%x", a.Value)
	case *types.AttributeValueMemberBOOL:
		return fmt.Sprintf("BOOL:%t", a.Value)
	case *types.AttributeValueMemberNULL:
		return "NULL"
	case *types.AttributeValueMemberL:
		parts := make([]string, len(a.Value))
		for i := range parts {
			parts[i] = show(a.Value[i])
		}
		return "L:" + fmt.Sprint(parts)
	case *types.AttributeValueMemberM:
		parts := map[string]string{}
		for k, e := range a.Value {
			parts[k] = show(e)
		}
		return "M:" + fmt.Sprint(parts)
	}
	return fmt.Sprintf("%T", v)
}
