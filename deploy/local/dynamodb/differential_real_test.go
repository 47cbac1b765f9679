//go:build real

package dynamodb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

// call is one request sent to both servers.
type call struct {
	op   string
	body string
	// deviation says why the answers may differ: DynamoDB Local is known not to
	// answer as the service does. Ours must then be the error wantCode, or a
	// success if that is empty.
	deviation string
	wantCode  string
	// several says that more than one thing may be wrong with an update, so
	// that each server may name another one.
	several bool
}

var updateFailures = []string{noAttribute().Error(), wrongType().Error()}

func (c call) sameFailure(real, ours answer) bool {
	return c.several && slices.Contains(updateFailures, real.code+": "+real.message) && slices.Contains(updateFailures, ours.code+": "+ours.message)
}

// answer is a response made comparable.
type answer struct {
	code    string // the exception, or empty
	message string
	fields  map[string]any
}

// wordings pairs messages of DynamoDB Local with the service's for the same
// error, which this server uses. Everything not listed must be the same to the letter.
var wordings = []struct{ local, ours *regexp.Regexp }{
	wording(`Cannot do operations on a non-existent table`, `Requested resource not found(: Table: [\w.-]+ not found)?`),
	wording(`Cannot create preexisting table`, `Table already exists: [\w.-]+`),
	wording(`One of the required keys was not given a value`, `One or more parameter values were invalid: Missing the key \w+ in the item|The provided key element does not match the schema`),
	wording(`The number of conditions on the keys is invalid`, `The provided key element does not match the schema`),
	wording(`One or more parameter values were invalid: Type mismatch for key`, `One or more parameter values were invalid: Type mismatch for key \w+ expected: \w+ actual: \w+|The provided key element does not match the schema`),
	wording(`(.*)DynamoDB only supports precision up to 38 digits(.*)`, `.*Attempting to store more than 38 significant digits in a Number.*`),
	wording(`(.*)A value provided cannot be converted into a number(.*)`, `.*The parameter cannot be converted to a numeric value.*`),
	wording(`Hash primary key values must be under 2048 bytes, and range primary key values must be under 1024 bytes`, `One or more parameter values were invalid: (Size of hashkey|Aggregated size of all range keys) has exceeded the .*`),
	wording(`Query condition missed key schema element`, `Query condition missed key schema element: \w+`),
	wording(`The provided starting key does not match the range key predicate`, `The provided starting key is outside query boundaries based on provided conditions`),
	wording(`Exclusive Start Key must have same size as table's key schema|Type mismatch for attribute to update`, `The provided starting key is invalid: The provided key element does not match the schema`),
	wording(`Cannot have null key for GetItem, DeleteItem, or UpdateItem`, `Value null at 'key' failed to satisfy constraint: Member must not be null`),
	wording(`Item to put in PutItem cannot be null`, `Value null at 'item' failed to satisfy constraint: Member must not be null`),
	wording(`The supplied Item contains a null AttributeValue: v is null`, `Supplied AttributeValue is empty, must contain exactly one of the supported datatypes`),
	wording(`Invalid \w+: The BETWEEN operator requires upper bound .*`, `Invalid \w+: The BETWEEN operator requires upper bound .*`),       // numbers are quoted in another notation
	wording(`Invalid (\w+): Two document paths overlap with each other; .*`, `Invalid \w+: Two document paths overlap with each other; .*`), // of several pairs either may be named
	wording(`An unknown operation was requested\.`, `This embedded server does not have the operation "\w+"\.`),
}

func wording(local, ours string) struct{ local, ours *regexp.Regexp } {
	return struct{ local, ours *regexp.Regexp }{
		regexp.MustCompile(`^(?:` + local + `)$`), regexp.MustCompile(`^(?:` + ours + `)$`),
	}
}

// TestDifferential holds the server against DynamoDB Local.
func TestDifferential(t *testing.T) {
	local := parts.DynamoDB(t)
	srv, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ours := httptest.NewServer(srv)
	defer func() {
		ours.Close()
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	}()
	d := differential{t: t, real: local.Endpoint, ours: ours.URL, account: fmt.Sprintf("run%d", os.Getpid())}
	for _, group := range differentialGroups() {
		t.Run(group.name, func(t *testing.T) {
			d := d
			d.t = t
			for _, c := range group.calls {
				d.compare(c)
			}
			d.compareTables()
			t.Logf("%d calls", len(group.calls))
		})
	}
}

type differential struct {
	t          *testing.T
	real, ours string
	account    string // DynamoDB Local keeps one database per access key
}

func (d differential) compare(c call) {
	d.t.Helper()
	want, got := d.send(d.real, c), d.send(d.ours, c)
	// DynamoDB Local reports it unasked when a DeleteItem finds nothing.
	delete(want.fields, "ConsumedCapacity")
	if strings.Contains(c.body, "FilterExpression") && want.fields["LastEvaluatedKey"] == nil && got.code == "" {
		// When the filter leaves nothing, DynamoDB Local looks past the limit
		// whether more follows; the service gives the key.
		delete(got.fields, "LastEvaluatedKey")
	}
	switch {
	case c.deviation != "":
		if got.code != c.wantCode {
			d.t.Errorf("%s %s\nanswered %q (%s), want %q\nknown deviation: %s", c.op, short(c.body), got.code, got.message, c.wantCode, c.deviation)
		}
		return
	case want.code == got.code && (sameMessage(want.message, got.message) || c.sameFailure(want, got)) && reflect.DeepEqual(want.fields, got.fields):
		return
	}
	d.t.Errorf("%s %s\nreal: %s\nours: %s", c.op, short(c.body), want, got)
}

func (a answer) String() string {
	fields, _ := json.Marshal(a.fields)
	return strings.TrimSpace(a.code + " " + a.message + " " + short(string(fields)))
}

func short(s string) string {
	if len(s) > 700 {
		return s[:700] + "…"
	}
	return s
}

func sameMessage(local, ours string) bool {
	if local == ours {
		return true
	}
	return slices.ContainsFunc(wordings, func(w struct{ local, ours *regexp.Regexp }) bool {
		return w.local.MatchString(local) && w.ours.MatchString(ours)
	})
}

func (d differential) send(url string, c call) answer {
	d.t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(c.body))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("X-Amz-Target", "DynamoDB_20120810."+c.op)
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Date", "20250101T000000Z")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+d.account+"/20250101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=abc")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	fields := map[string]any{}
	if err := json.Unmarshal(body, &fields); err != nil {
		d.t.Fatalf("%s %s answered %q: %v", c.op, short(c.body), body, err)
	}
	return comparableAnswer(fields)
}

// comparableAnswer takes out of an answer what two right servers may differ in.
func comparableAnswer(fields map[string]any) answer {
	var a answer
	if kind, ok := fields["__type"].(string); ok {
		_, a.code, _ = strings.Cut(kind, "#")
	}
	for _, name := range []string{"message", "Message"} {
		if m, ok := fields[name].(string); ok {
			a.message = m
		}
		delete(fields, name)
	}
	delete(fields, "__type")
	for _, name := range []string{"TableDescription", "Table"} {
		if table, ok := fields[name].(map[string]any); ok {
			comparableTable(table)
		}
	}
	a.fields = comparableValue(fields).(map[string]any)
	sortLists(a.fields, "Items")
	if responses, ok := a.fields["Responses"].(map[string]any); ok {
		for name := range responses {
			sortLists(responses, name)
		}
	}
	return a
}

func comparableTable(table map[string]any) {
	for _, name := range []string{"CreationDateTime", "TableArn", "TableId", "TableSizeBytes", "TableStatus"} {
		delete(table, name)
	}
	if throughput, ok := table["ProvisionedThroughput"].(map[string]any); ok {
		delete(throughput, "LastIncreaseDateTime")
		delete(throughput, "LastDecreaseDateTime")
	}
	if billing, ok := table["BillingModeSummary"].(map[string]any); ok {
		delete(billing, "LastUpdateToPayPerRequestDateTime")
	}
}

// comparableValue brings numbers into one notation: after arithmetic DynamoDB
// Local keeps trailing zeros (5.10);
// the service does not.
func comparableValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if s, ok := v["N"].(string); ok && len(v) == 1 {
			return map[string]any{"N": parseNumber(s).String()}
		}
		for name, e := range v {
			v[name] = comparableValue(e)
		}
	case []any:
		for i, e := range v {
			v[i] = comparableValue(e)
		}
	}
	return v
}

// sortLists orders a list of items: DynamoDB promises no order between hash keys.
func sortLists(fields map[string]any, name string) {
	list, ok := fields[name].([]any)
	if !ok {
		return
	}
	slices.SortFunc(list, func(a, b any) int {
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		return bytes.Compare(x, y)
	})
}

// compareTables scans every table on both sides, page by page, and compares the whole.
func (d differential) compareTables() {
	d.t.Helper()
	for _, name := range differentialTables {
		want, got := d.scan(d.real, name), d.scan(d.ours, name)
		if !reflect.DeepEqual(want, got) {
			d.t.Errorf("table %s has %d items, want %d, or they differ", name, len(got), len(want))
		}
	}
}

func (d differential) scan(url, name string) []any {
	d.t.Helper()
	var items []any
	after := ""
	for {
		a := d.send(url, call{op: "Scan", body: fmt.Sprintf(`{"TableName":%q%s}`, name, after)})
		if a.code != "" {
			d.t.Fatalf("scan %s: %s", name, a)
		}
		items = append(items, a.fields["Items"].([]any)...)
		last, more := a.fields["LastEvaluatedKey"]
		if !more {
			break
		}
		key, err := json.Marshal(last)
		if err != nil {
			d.t.Fatal(err)
		}
		after = `,"ExclusiveStartKey":` + string(key)
	}
	all := map[string]any{"Items": items}
	sortLists(all, "Items")
	return items
}
