package dynamodb

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func putRequest(it attrs) types.WriteRequest {
	return types.WriteRequest{PutRequest: &types.PutRequest{Item: it}}
}

func putRequests(from, to int) []types.WriteRequest {
	var out []types.WriteRequest
	for i := from; i < to; i++ {
		out = append(out, putRequest(attrs{"pk": str("b"), "sk": num(fmt.Sprint(i)), "v": str("x")}))
	}
	return out
}

func (f *fixture) batch(tables map[string][]types.WriteRequest) (*dynamodb.BatchWriteItemOutput, error) {
	return f.BatchWriteItem(f.t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: tables})
}

func (f *fixture) count(table string) int {
	f.t.Helper()
	out, err := f.Scan(f.t.Context(), &dynamodb.ScanInput{TableName: &table, Select: types.SelectCount})
	if err != nil {
		f.t.Fatal(err)
	}
	return int(out.Count)
}

func TestBatchWrite(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S", "sk:N")
	f.table("other", "pk:S")
	out, err := f.batch(map[string][]types.WriteRequest{"events": putRequests(0, 24), "other": {putRequest(attrs{"pk": str("a")})}})
	if err != nil {
		t.Fatal(err)
	}
	if out.UnprocessedItems == nil || len(out.UnprocessedItems) != 0 {
		t.Fatalf("unprocessed %v", out.UnprocessedItems)
	}
	del := types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: attrs{"pk": str("b"), "sk": num("3.0")}}}
	if _, err := f.batch(map[string][]types.WriteRequest{"events": {del}}); err != nil {
		t.Fatal(err)
	}
	if n := f.count("events"); n != 23 {
		t.Fatalf("%d items", n)
	}
}

func TestBatchWriteRefusesAsAWhole(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S", "sk:N")
	one, same := putRequest(attrs{"pk": str("b"), "sk": num("1")}), putRequest(attrs{"pk": str("b"), "sk": num("1.0")})
	del := types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: attrs{"pk": str("b"), "sk": num("1")}}}
	for _, c := range []struct {
		name          string
		tables        map[string][]types.WriteRequest
		code, message string
	}{
		{"repeated key", map[string][]types.WriteRequest{"events": {one, same}}, "ValidationException", "Provided list of item keys contains duplicates"},
		{"put and delete", map[string][]types.WriteRequest{"events": {one, del}}, "ValidationException", "Provided list of item keys contains duplicates"},
		{"26 items", map[string][]types.WriteRequest{"events": putRequests(0, 26)}, "ValidationException", "Too many items requested for the BatchWriteItem call"},
		{"missing table", map[string][]types.WriteRequest{"events": {one}, "missing": {one}}, "ResourceNotFoundException", "Requested resource not found"},
		{"large item", map[string][]types.WriteRequest{"events": {one, putRequest(attrs{"pk": str("b"), "sk": num("2"), "v": str(strings.Repeat("x", 400<<10))})}}, "ValidationException", "Item size has exceeded the maximum allowed size"},
		{"wrong key type", map[string][]types.WriteRequest{"events": {one, putRequest(attrs{"pk": str("b"), "sk": str("2")})}}, "ValidationException", "One or more parameter values were invalid: Type mismatch for key sk expected: N actual: S"},
		{"empty key", map[string][]types.WriteRequest{"events": {one, putRequest(attrs{"pk": str(""), "sk": num("2")})}}, "ValidationException", ""},
		{"nothing for a table", map[string][]types.WriteRequest{"events": {}}, "ValidationException", "The batch write request list for a table cannot be null or empty: events"},
	} {
		_, err := f.batch(c.tables)
		t.Run(c.name, func(t *testing.T) { wantError(t, err, c.code, c.message) })
	}
	if n := f.count("events"); n != 0 {
		t.Fatalf("%d items were written by refused batches", n)
	}
}

func TestBatchGet(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S", "sk:N")
	if _, err := f.batch(map[string][]types.WriteRequest{"events": putRequests(0, 5)}); err != nil {
		t.Fatal(err)
	}
	keys := []attrs{{"pk": str("b"), "sk": num("1")}, {"pk": str("b"), "sk": num("99")}, {"pk": str("b"), "sk": num("2")}}
	get := func(keys []attrs) (*dynamodb.BatchGetItemOutput, error) {
		return f.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"events": {Keys: keys, ProjectionExpression: aws.String("sk")}}})
	}
	out, err := get(keys)
	if err != nil {
		t.Fatal(err)
	}
	if got := out.Responses["events"]; len(got) != 2 || len(got[0]) != 1 || len(out.UnprocessedKeys) != 0 {
		t.Fatalf("got %v", got)
	}
	_, err = get(append(keys, keys[0]))
	wantError(t, err, "ValidationException", "Provided list of item keys contains duplicates")
}

func TestFaults(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S", "sk:N")
	f.server.SetFault(func(op string, req []byte) error {
		switch {
		case op == "BatchWriteItem" && len(req) > 0:
			return &Fault{UnprocessedItems: 7}
		case op == "PutItem":
			return &Fault{Code: "ProvisionedThroughputExceededException", Message: "slow down"}
		case op == "GetItem":
			return &Fault{Code: "InternalServerError", Message: "no", Status: http.StatusInternalServerError}
		case op == "Scan":
			return errors.New("broken")
		}
		return nil
	})
	out, err := f.batch(map[string][]types.WriteRequest{"events": putRequests(0, 25)})
	if err != nil {
		t.Fatal(err)
	}
	left := out.UnprocessedItems["events"]
	if len(left) != 7 || text(left[0].PutRequest.Item["sk"]) != "18" {
		t.Fatalf("unprocessed %v", left)
	}
	err = f.put("events", attrs{})
	wantError(t, err, "ProvisionedThroughputExceededException", "slow down")
	var throttled *types.ProvisionedThroughputExceededException
	if !errors.As(err, &throttled) {
		t.Fatalf("%v is not typed", err)
	}
	_, err = f.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("events"), Key: attrs{}})
	wantError(t, err, "InternalServerError", "no")
	_, err = f.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("events")})
	wantError(t, err, "InternalServerError", "broken")

	f.server.SetFault(nil)
	if n := f.count("events"); n != 18 {
		t.Fatalf("%d items", n)
	}
	if _, err := f.batch(map[string][]types.WriteRequest{"events": left}); err != nil {
		t.Fatal(err)
	}
	if n := f.count("events"); n != 25 {
		t.Fatalf("%d items after the retry", n)
	}
}

// TestConcurrentAdds would lose updates if a read and its write were not one step.
func TestConcurrentAdds(t *testing.T) {
	f := start(t)
	f.table("counters", "pk:S")
	const workers, rounds = 8, 25
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range rounds {
				_, err := f.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: aws.String("counters"), Key: attrs{"pk": str("c")},
					UpdateExpression: aws.String("ADD n :one"), ExpressionAttributeValues: attrs{":one": num("1")}})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got := text(f.get("counters", attrs{"pk": str("c")})["n"]); got != fmt.Sprint(workers*rounds) {
		t.Fatalf("counted %s", got)
	}
}
