package dynamodb

import (
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// post sends a request of the protocol and returns status, header and body of the answer.
func (f *fixture) post(op, body string) (int, http.Header, string) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, f.url, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("X-Amz-Target", targetPrefix+op)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(answer)
}

func TestHeaders(t *testing.T) {
	f := start(t)
	_, header, body := f.post("ListTables", "{}")
	if body != `{"TableNames":[]}` {
		t.Errorf("answered %s", body)
	}
	if got, want := header.Get("x-amz-crc32"), strconv.Itoa(int(crc32.ChecksumIEEE([]byte(body)))); got != want {
		t.Errorf("checksum %s, want %s", got, want)
	}
	if id := header.Get("x-amzn-RequestId"); len(id) != 52 {
		t.Errorf("request id %q", id)
	}
	if got := header.Get("Content-Type"); got != "application/x-amz-json-1.0" {
		t.Errorf("content type %q", got)
	}
}

func TestMalformedRequests(t *testing.T) {
	f := start(t)
	for _, c := range []struct {
		op, body string
		status   int
		kind     string
	}{
		{"GetItem", "{", 400, "#SerializationException"},
		{"GetItem", "[]", 400, "#SerializationException"},
		{"GetItem", `{"a":"` + "\xff" + `"}`, 400, "#SerializationException"},
		{"GetItem", `{"TableName":3}`, 400, "#SerializationException"},
		{"PutItem", `{"TableName":"abc","Item":{"a":{"S":1}}}`, 400, "#SerializationException"},
		{"PutItem", `{"TableName":"abc","Item":{"a":{"B":"!"}}}`, 400, "#SerializationException"},
		{"PutItem", strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000), 400, "#SerializationException"},
		{"PutItem", `{"TableName":"` + strings.Repeat("x", maxBody) + `"}`, 413, "#RequestEntityTooLarge"},
		{"Frobnicate", "{}", 400, "#UnknownOperationException"},
		{"Query", `{"TableName":"abc","KeyConditions":{}}`, 400, "#ValidationException"},
		{"BatchWriteItem", `{"a":"` + strings.Repeat("x", maxBatchBytes) + `"}`, 400, "#ValidationException"},
	} {
		status, _, body := f.post(c.op, c.body)
		if status != c.status || !strings.Contains(body, c.kind) {
			t.Errorf("%s %.40s answered %d %s", c.op, c.body, status, body)
		}
	}
}

func TestTransaction(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S")
	put := func(pk string, condition *string) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: aws.String("events"), Item: attrs{"pk": str(pk)}, ConditionExpression: condition}}
	}
	run := func(token *string, items ...types.TransactWriteItem) error {
		_, err := f.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: items, ClientRequestToken: token})
		return err
	}
	absent := aws.String("attribute_not_exists(pk)")
	if err := run(nil, put("a", absent), put("b", nil)); err != nil {
		t.Fatal(err)
	}
	err := run(nil, put("c", nil), put("a", absent))
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		t.Fatalf("got %v", err)
	}
	if r := cancelled.CancellationReasons; len(r) != 2 || *r[0].Code != "None" || *r[1].Code != "ConditionalCheckFailed" {
		t.Fatalf("reasons %v", r)
	}
	if n := f.count("events"); n != 2 {
		t.Fatalf("%d items, a cancelled transaction left something", n)
	}
	wantError(t, run(nil, put("d", nil), put("d", nil)), "ValidationException", "Transaction request cannot include multiple operations on one item")

	token := aws.String("once")
	for range 2 {
		if err := run(token, put("e", absent)); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, run(token, put("f", nil)), "IdempotentParameterMismatchException", "")
}
