package dynamodb

import (
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
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

// TestWhatIsNotThereIsRefused holds the doc comment of the package.
func TestWhatIsNotThereIsRefused(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S")
	for _, op := range []string{"TransactWriteItems", "TransactGetItems", "ExecuteStatement", "BatchExecuteStatement", "UpdateTable", "UpdateTimeToLive", "DescribeTimeToLive", "Frobnicate"} {
		status, _, body := f.post(op, "{}")
		if status != http.StatusBadRequest || !strings.Contains(body, "#UnknownOperationException") || !strings.Contains(body, `This embedded server does not have the operation \"`+op) {
			t.Errorf("%s answered %d %s", op, status, body)
		}
	}
	for _, c := range []struct{ op, more, says string }{
		{"Scan", `"Segment":0,"TotalSegments":2`, "Segment is not supported by this server"},
		{"Scan", `"AttributesToGet":["pk"]`, "AttributesToGet is not supported by this server"},
		{"Scan", `"IndexName":"i"`, "The table does not have the specified index: i"},
		{"GetItem", `"Key":{"pk":{"S":"a"}},"ProjectionExpression":"m.x"`, "Document paths are not supported by this server; path begins with: m"},
		{"DeleteItem", `"Key":{"pk":{"S":"a"}},"ConditionExpression":"contains(a, :a)","ExpressionAttributeValues":{":a":{"S":"a"}}`, "The function is not supported by this server; function: contains"},
		{"UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"DELETE a :a","ExpressionAttributeValues":{":a":{"S":"a"}}`, "The DELETE section is not supported by this server"},
		{"UpdateItem", `"Key":{"pk":{"S":"a"}},"UpdateExpression":"SET a[0] = :a","ExpressionAttributeValues":{":a":{"S":"a"}}`, "Document paths are not supported by this server; path begins with: a"},
		{"PutItem", `"Item":{"pk":{"S":"a"}},"Expected":{}`, "Expected is not supported by this server"},
	} {
		status, _, body := f.post(c.op, `{"TableName":"events",`+c.more+`}`)
		if status != http.StatusBadRequest || !strings.Contains(body, "#ValidationException") || !strings.Contains(body, c.says) {
			t.Errorf("%s with %s answered %d %s", c.op, c.more, status, body)
		}
	}
}
