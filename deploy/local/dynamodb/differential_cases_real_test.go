//go:build real

package dynamodb

import (
	"encoding/json"
	"fmt"
	"strings"
)

type callGroup struct {
	name  string
	calls []call
}

// differentialTables have a string and number key, a binary and string key, and a number key alone.
var differentialTables = []string{"string-number", "binary-string", "number"}

func differentialGroups() []callGroup {
	return []callGroup{
		{"tables", tableCalls()},
		{"values", valueCalls()},
		{"numbers", numberCalls()},
		{"conditions", conditionCalls()},
		{"updates", updateCalls()},
		{"projections", projectionCalls()},
		{"keys", keyCalls()},
		{"queries", queryCalls()},
		{"scans", scanCalls()},
		{"batches", batchCalls()},
		{"reserved words", reservedCalls()},
		{"generated", generatedCalls(seed(), 900)},
	}
}

func createCall(name string, rest string, keys ...string) string {
	var attributes, schema []string
	for i, k := range keys {
		attr, kind, _ := strings.Cut(k, ":")
		attributes = append(attributes, fmt.Sprintf(`{"AttributeName":%q,"AttributeType":%q}`, attr, kind))
		schema = append(schema, fmt.Sprintf(`{"AttributeName":%q,"KeyType":%q}`, attr, []string{"HASH", "RANGE"}[i]))
	}
	return fmt.Sprintf(`{"TableName":%q,"AttributeDefinitions":[%s],"KeySchema":[%s]%s}`, name, strings.Join(attributes, ","), strings.Join(schema, ","), rest)
}

func tableCalls() []call {
	const pay = `,"BillingMode":"PAY_PER_REQUEST"`
	one := func(op, body string) call { return call{op: op, body: body} }
	calls := []call{
		one("CreateTable", createCall(differentialTables[0], pay, "pk:S", "sk:N")),
		one("CreateTable", createCall(differentialTables[1], pay, "pk:B", "sk:S")),
		one("CreateTable", createCall(differentialTables[2], pay, "pk:N")),
		one("CreateTable", createCall(differentialTables[0], pay, "pk:S", "sk:N")),
		one("CreateTable", createCall("no", pay, "pk:S")),
		one("CreateTable", createCall("no-key", pay)),
		one("CreateTable", `{"TableName":"range-first","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],"KeySchema":[{"AttributeName":"a","KeyType":"RANGE"}]}`),
		one("CreateTable", `{"TableName":"unused-attribute","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"S"}],"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}]}`),
		one("CreateTable", `{"TableName":"untyped","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],"KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"}]}`),
		one("CreateTable", createCall("temporary", pay, "id:S")),
		one("PutItem", `{"TableName":"temporary","Item":{"id":{"S":"x"}}}`),
		one("DescribeTable", `{"TableName":"temporary"}`),
		one("DeleteTable", `{"TableName":"temporary"}`),
		one("DeleteTable", `{"TableName":"temporary"}`),
		one("ListTables", `{}`),
		one("DescribeTable", `{}`), one("DescribeTable", `{"TableName":"n"}`), one("DescribeTable", `{"TableName":"a!!b"}`), one("DescribeTable", `{"TableName":"missing"}`),
		one("Frobnicate", `{}`),
	}
	for _, name := range differentialTables {
		calls = append(calls, one("DescribeTable", fmt.Sprintf(`{"TableName":%q}`, name)))
	}
	return calls
}

func putCall(attributes string) call {
	return call{op: "PutItem", body: `{"TableName":"string-number","Item":{"pk":{"S":"v"},"sk":{"N":"1"}` + attributes + `},"ReturnValues":"ALL_OLD"}`}
}

func valueCalls() []call {
	var calls []call
	for _, v := range []string{
		`{"S":""}`, `{"S":"é\u0000\"\\ \ud83d\ude00"}`, `{"B":""}`, `{"B":"AAEC/w=="}`, `{"BOOL":false}`, `{"NULL":true}`, `{"NULL":false}`,
		`{"L":[]}`, `{"M":{}}`, `{"L":[{"N":"1.0"},{"L":[{"M":{"a":{"NULL":true}}}]}]}`,
		`{}`, `{"X":1}`, `{"S":"a","N":"1"}`, `{"S":null}`, `null`, `{"L":[{}]}`, `{"M":{"":{"S":"x"}}}`, `{"M":{"a":{"N":"x"}}}`,
	} {
		calls = append(calls, putCall(`,"v":`+v))
	}
	for _, depth := range []int{30, 31, 32, 33} {
		calls = append(calls,
			putCall(`,"v":`+strings.Repeat(`{"L":[`, depth)+`{"S":"x"}`+strings.Repeat(`]}`, depth)),
			putCall(`,"v":`+strings.Repeat(`{"M":{"a":`, depth)+`{"L":[]}`+strings.Repeat(`}}`, depth)))
	}
	for _, size := range []int{409592, 409593} {
		calls = append(calls, putCall(`,"v":{"S":"`+strings.Repeat("x", size)+`"}`), putCall(``))
	}
	// Where the size rules show: what else fits beside a filler of a given size.
	for _, rest := range []string{`,"a":{"N":"-12345"}`, `,"a":{"N":"1000000"}`, `,"a":{"BOOL":true}`, `,"a":{"NULL":true}`, `,"a":{"L":[{"S":"x"},{"N":"1"}]}`, `,"a":{"M":{"b":{"S":"x"}}}`, `,"a":{"B":"AAEC"}`} {
		for size := 409570; size < 409592; size += 1 {
			calls = append(calls, putCall(rest+`,"v":{"S":"`+strings.Repeat("x", size)+`"}`))
		}
		calls = append(calls, putCall(``))
	}
	return calls
}

func numberCalls() []call {
	var calls []call
	numbers := []string{
		"NaN", "", "abc", "1e200", "1e126", "1e125", "9.9e125", "-1e126", "1e-130", "1e-131", "-1e-130", "0.1e-130", " 1", "1_0", "+1", "--1", "1.", "0x10", ".5", "1e", "-0", "0e999", "Infinity",
		"1.50", "1e3", "1E+3", "100.0", "00012", "0.00", "1e20", "1e100", "1e-100", "-123.456e-7", ".", "e5", "1e+", "1.2.3",
		strings.Repeat("1", 38), strings.Repeat("1", 39), strings.Repeat("1", 38) + "0", "0.000" + strings.Repeat("1", 38), strings.Repeat("9", 38) + ".0",
	}
	for _, n := range numbers {
		calls = append(calls, putCall(fmt.Sprintf(`,"v":{"N":%q}`, n)),
			call{op: "PutItem", body: fmt.Sprintf(`{"TableName":"number","Item":{"pk":{"N":%q}}}`, n)},
			call{op: "GetItem", body: fmt.Sprintf(`{"TableName":"number","Key":{"pk":{"N":%q}}}`, n)})
	}
	return calls
}

const sample = `{"pk":{"S":"a"},"sk":{"N":"1"},"n":{"N":"5"},"s":{"S":"hello"},"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]},
"m":{"M":{"x":{"N":"1"},"y":{"M":{"z":{"S":"q"}}}}},"b":{"B":"AAEC"},"t":{"BOOL":true},"nul":{"NULL":true},"uni":{"S":"é😀"}}`

const sampleKey = `{"pk":{"S":"a"},"sk":{"N":"1"}}`

var resetSample = call{op: "PutItem", body: `{"TableName":"string-number","Item":` + sample + `}`}

// with builds a request body out of the given JSON members, leaving out empty ones.
func with(members ...string) string {
	var out []string
	for i := 0; i < len(members); i += 2 {
		if members[i+1] != "" {
			out = append(out, fmt.Sprintf("%q:%s", members[i], members[i+1]))
		}
	}
	return "{" + strings.Join(out, ",") + "}"
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
