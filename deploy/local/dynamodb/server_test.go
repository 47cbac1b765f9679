package dynamodb

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture is a running server and a client for it.
type fixture struct {
	*dynamodb.Client
	t      testing.TB
	server *Server
	url    string
	stop   func()
}

func start(t testing.TB) *fixture {
	t.Helper()
	return startIn(t, t.TempDir())
}

func startIn(t testing.TB, dir string) *fixture {
	t.Helper()
	srv, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(srv)
	stopped := false
	f := &fixture{t: t, server: srv, url: web.URL, stop: func() {
		if stopped {
			return
		}
		stopped = true
		web.Close()
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	}}
	t.Cleanup(f.stop)
	f.Client = dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &web.URL, HTTPClient: web.Client(), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	})
	return f
}

type attrs = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func num(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }

// table creates a table on demand; keys are written name:type.
func (f *fixture) table(name string, keys ...string) {
	f.t.Helper()
	in := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest}
	for i, k := range keys {
		attribute, kind := k[:len(k)-2], k[len(k)-1:]
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &attribute, AttributeType: types.ScalarAttributeType(kind)})
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: &attribute, KeyType: []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i]})
	}
	if _, err := f.CreateTable(f.t.Context(), in); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) put(table string, it attrs) error {
	_, err := f.PutItem(f.t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: it})
	return err
}

func (f *fixture) get(table string, key attrs) attrs {
	f.t.Helper()
	out, err := f.GetItem(f.t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: key})
	if err != nil {
		f.t.Fatal(err)
	}
	return out.Item
}

// text gives an S or N attribute, or "" when there is none.
func text(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return ""
}

// wantError checks the exception and, unless empty, the message.
func wantError(t testing.TB, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Fatalf("got %v, want %s", err, code)
	}
	if api.ErrorCode() != code || message != "" && api.ErrorMessage() != message {
		t.Fatalf("got %s: %s\nwant %s: %s", api.ErrorCode(), api.ErrorMessage(), code, message)
	}
}

// refusalOf runs what must not be reached by anything but requests, and returns the refusal they would be answered with.
func refusalOf(f func()) (refusal *failure) {
	defer func() {
		if p := recover(); p != nil {
			refusal = p.(*failure)
		}
	}()
	f()
	return nil
}

func TestOpenRefusesUnusableDirectory(t *testing.T) {
	if _, err := Open("/dev/null/x"); err == nil {
		t.Fatal("opened a directory below a file")
	}
}

func TestCloseTwice(t *testing.T) {
	srv, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(srv.Close(), srv.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestDataSurvivesReopening(t *testing.T) {
	dir := t.TempDir()
	f := startIn(t, dir)
	f.table("kept", "pk:S", "sk:N")
	if err := f.put("kept", attrs{"pk": str("a"), "sk": num("1.50"), "v": num("12345678901234567890123456789012345678")}); err != nil {
		t.Fatal(err)
	}
	f.stop()

	f = startIn(t, dir)
	got := f.get("kept", attrs{"pk": str("a"), "sk": num("1.5")})
	if text(got["v"]) != "12345678901234567890123456789012345678" || text(got["sk"]) != "1.5" {
		t.Fatalf("read back %v", got)
	}
	wantError(t, func() error {
		_, err := f.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("other")})
		return err
	}(),
		"ResourceNotFoundException", "Requested resource not found")
}

func TestRequestsAfterCloseAreAnswered(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S")
	if err := f.server.Close(); err != nil {
		t.Fatal(err)
	}
	for op, body := range map[string]string{"Scan": `{"TableName":"events"}`, "PutItem": `{"TableName":"events","Item":{"pk":{"S":"a"}}}`} {
		status, _, answer := f.post(op, body)
		if status != http.StatusInternalServerError || !strings.Contains(answer, "#InternalServerError") || !strings.Contains(answer, "database not open") {
			t.Errorf("%s answered %d %s", op, status, answer)
		}
	}
}
