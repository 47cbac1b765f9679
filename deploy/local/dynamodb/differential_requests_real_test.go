//go:build real

package dynamodb

import (
	"fmt"
	"strings"
)

func keyCalls() []call {
	var calls []call
	for _, key := range []string{
		``, `{}`, `{"pk":{"S":"a"}}`, `{"pk":{"S":"a"},"x":{"N":"1"}}`, `{"pk":{"S":"a"},"sk":{"N":"1"},"x":{"N":"1"}}`, `{"pk":{"N":"1"},"sk":{"N":"1"}}`,
		`{"pk":{"S":""},"sk":{"N":"1"}}`, `{"pk":{"S":"a"},"sk":{"N":"q"}}`, `{"pk":{"S":"a"},"sk":{"S":"1"}}`, `{"pk":{"S":"absent"},"sk":{"N":"1.50"}}`,
		`{"pk":{"S":"` + strings.Repeat("x", 2048) + `"},"sk":{"N":"1"}}`, `{"pk":{"S":"` + strings.Repeat("x", 2049) + `"},"sk":{"N":"1"}}`,
	} {
		for _, op := range []string{"GetItem", "DeleteItem", "UpdateItem"} {
			calls = append(calls, call{op: op, body: with("TableName", `"string-number"`, "Key", key)})
		}
		calls = append(calls, call{op: "PutItem", body: with("TableName", `"string-number"`, "Item", key)})
	}
	for _, key := range []string{
		`{"pk":{"B":""},"sk":{"S":"x"}}`, `{"pk":{"B":"AA=="},"sk":{"S":""}}`, `{"pk":{"B":"AA=="},"sk":{"S":"` + strings.Repeat("x", 1024) + `"}}`,
		`{"pk":{"B":"AA=="},"sk":{"S":"` + strings.Repeat("x", 1025) + `"}}`, `{"pk":{"S":"AA=="},"sk":{"S":"x"}}`,
	} {
		calls = append(calls, call{op: "PutItem", body: with("TableName", `"binary-string"`, "Item", key)}, call{op: "GetItem", body: with("TableName", `"binary-string"`, "Key", key)})
	}
	for _, op := range []string{"GetItem", "DeleteItem", "UpdateItem", "PutItem", "Query", "Scan"} {
		calls = append(calls,
			call{op: op, body: `{"TableName":"missing","Key":{"pk":{"S":"a"}},"Item":{"pk":{"S":"a"}}` + map[bool]string{true: `,"KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"a"}}`}[op == "Query"] + `}`},
			call{op: op, body: `{}`})
	}
	return calls
}

var keyConditions = []expression{
	{"pk = :p", ""}, {"pk = :p AND sk > :a", `:a={"N":"2"}`}, {"pk = :p AND sk >= :a", `:a={"N":"2"}`}, {"pk = :p AND sk < :a", `:a={"N":"2"}`}, {"pk = :p AND sk <= :a", `:a={"N":"2.0"}`}, {"pk = :p AND sk = :a", `:a={"N":"2"}`},
	{"sk > :a AND pk = :p", `:a={"N":"-2"}`}, {"(pk = :p) AND (sk >= :a)", `:a={"N":"2"}`}, {"pk = :p AND sk BETWEEN :a AND :b", `:a={"N":"-1"};:b={"N":"3"}`}, {"pk = :p AND sk BETWEEN :b AND :a", `:a={"N":"2"};:b={"N":"3"}`},
	{"pk = :p AND begins_with(sk, :a)", `:a={"N":"2"}`}, {"pk = :p AND begins_with(sk, :a)", `:a={"S":"2"}`}, {"pk > :p", ""}, {"sk = :p", ""}, {"pk = :p OR sk = :p", ""}, {"pk = :p AND NOT sk = :a", `:a={"N":"2"}`},
	{"pk = :p AND sk <> :a", `:a={"N":"2"}`}, {"pk = :p AND v = :a", `:a={"N":"2"}`}, {"pk = :p AND sk = :a AND sk > :a", `:a={"N":"2"}`}, {"pk = :p AND pk = :p", ""}, {"pk = :p AND sk = :p", ""}, {"pk = :a", `:a={"N":"2"}`}, {":p = pk", ""},
	{"pk = :p AND :a < sk", `:a={"N":"2"}`}, {"pk = :p AND :a >= sk", `:a={"N":"2"}`}, {"pk = :p AND sk = pk", ""}, {"pk = :p AND attribute_exists(sk)", ""}, {"", ""}, {"v = :p", ""},
	{"pk = :p AND sk < :a", `:a={"S":"x"}`}, {"pk = :p and pk > :p", ""}, {"pk = :p AND sk BETWEEN :a AND :b AND v = :a", `:a={"N":"2"};:b={"N":"3"}`}, {"pk BETWEEN :p AND :p", ""}, {"pk = :e", `:e={"S":""}`}, {"pk = :p AND", ""}, {"pk", ""},
	{"pk = :p AND sk < :a", `:a={"N":"-1e125"}`}, {"pk = :p AND sk > :a", `:a={"N":"1e125"}`}, {"pk = :absent", `:absent={"S":"absent"}`},
}

func queryCalls() []call {
	var calls []call
	for _, sk := range []string{"-1e125", "-10", "-2", "-1.5", "-1e-130", "0", "1e-130", "0.5", "1", "2", "2.5", "10", "100", "1e125"} {
		calls = append(calls, call{op: "PutItem", body: fmt.Sprintf(`{"TableName":"string-number","Item":{"pk":{"S":"q"},"sk":{"N":%q},"v":{"N":"%d"}}}`, sk, len(calls)%2)},
			call{op: "PutItem", body: fmt.Sprintf(`{"TableName":"string-number","Item":{"pk":{"S":"q\u0000"},"sk":{"N":%q}}}`, sk)})
	}
	query := func(e expression, rest ...string) call {
		if strings.Contains(e.text, ":p") {
			e.values = strings.Trim(`:p={"S":"q"};`+e.values, ";")
		}
		return call{op: "Query", body: with(append([]string{"TableName", `"string-number"`, "KeyConditionExpression", quote(e.text), "ExpressionAttributeValues", e.valuesJSON()}, rest...)...)}
	}
	for _, e := range keyConditions {
		calls = append(calls, query(e), query(e, "ScanIndexForward", "false", "Limit", "2"))
	}
	all := expression{"pk = :p", ""}
	some := expression{"pk = :p AND sk > :a", `:a={"N":"1"}`}
	for _, start := range []string{
		`{"pk":{"S":"q"},"sk":{"N":"1"}}`, `{"pk":{"S":"q"},"sk":{"N":"1.7"}}`, `{"pk":{"S":"other"},"sk":{"N":"1"}}`, `{"pk":{"S":"q"}}`, `{"pk":{"S":"q"},"sk":{"S":"1"}}`, `{"pk":{"S":"q"},"sk":{"N":"1"},"v":{"N":"1"}}`, `{}`,
	} {
		for _, e := range []expression{all, some} {
			calls = append(calls, query(e, "ExclusiveStartKey", start), query(e, "ExclusiveStartKey", start, "ScanIndexForward", "false"))
		}
	}
	for _, rest := range [][]string{
		{"Limit", "0"}, {"Limit", "-1"}, {"Limit", "14"}, {"Limit", "13"}, {"Limit", "15"}, {"Select", `"COUNT"`}, {"ConsistentRead", "true"}, {"Select", `"X"`},
		{"Select", `"SPECIFIC_ATTRIBUTES"`}, {"Select", `"ALL_ATTRIBUTES"`}, {"Select", `"ALL_ATTRIBUTES"`, "ProjectionExpression", `"v"`}, {"Select", `"COUNT"`, "ProjectionExpression", `"v"`}, {"Select", `"SPECIFIC_ATTRIBUTES"`, "ProjectionExpression", `"v"`}, {"Select", `"ALL_PROJECTED_ATTRIBUTES"`},
		{"FilterExpression", `"sk = :p"`}, {"FilterExpression", `"pk = :p"`}, {"FilterExpression", `"foo"`}, {"FilterExpression", `""`}, {"FilterExpression", `"attribute_exists(v)"`, "Limit", "3"}, {"FilterExpression", `"attribute_not_exists(v)"`, "Limit", "3"}, {"FilterExpression", `"v < :p"`}, {"IndexName", `"an-index"`},
	} {
		calls = append(calls, query(all, rest...))
	}
	calls = append(calls, call{op: "Query", body: `{"TableName":"string-number"}`},
		call{op: "Query", body: `{"TableName":"string-number","KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"q"}]}}}`, deviation: "none of Local's: this server refuses parameters from before expressions", wantCode: "ValidationException"},
		call{op: "Query", body: `{"TableName":"number","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"N":"1000"}}}`},
		call{op: "Query", body: `{"TableName":"number","KeyConditionExpression":"pk = :p AND sk = :p","ExpressionAttributeValues":{":p":{"N":"1000"}}}`})
	return append(append(calls, stringRangeCalls()...), pagingCalls()...)
}

func stringRangeCalls() []call {
	var calls []call
	for _, sk := range []string{"a", "ab", "abc", "abd", "b", "a\\u0000", "a\\u0000b", "é", "a\\uffff"} {
		calls = append(calls, call{op: "PutItem", body: fmt.Sprintf(`{"TableName":"binary-string","Item":{"pk":{"B":"//8="},"sk":{"S":"%s"}}}`, sk)},
			call{op: "PutItem", body: fmt.Sprintf(`{"TableName":"binary-string","Item":{"pk":{"B":"/w=="},"sk":{"S":"%s"}}}`, sk)})
	}
	for _, condition := range []string{"begins_with(sk, :a)", "sk > :a", "sk < :a", "sk >= :a", "sk BETWEEN :a AND :b", "sk = :a"} {
		for _, a := range []string{"a", "ab", "abc", "a\\u0000", "z", ""} {
			values := fmt.Sprintf(`{":p":{"B":"/w=="},":a":{"S":"%s"}%s}`, a, map[bool]string{true: `,":b":{"S":"ü"}`}[strings.Contains(condition, ":b")])
			for _, forward := range []string{"true", "false"} {
				calls = append(calls, call{op: "Query", body: with("TableName", `"binary-string"`, "KeyConditionExpression", quote("pk = :p AND "+condition), "ExpressionAttributeValues", values, "ScanIndexForward", forward)})
			}
		}
	}
	return calls
}

// pagingCalls reads items that do not fit one page.
func pagingCalls() []call {
	var calls []call
	for i := range 8 {
		calls = append(calls, call{op: "PutItem", body: fmt.Sprintf(`{"TableName":"string-number","Item":{"pk":{"S":"page"},"sk":{"N":"%d"},"v":{"S":%q}}}`, i, strings.Repeat("x", 262100+i*3))})
	}
	for _, rest := range []string{"", `,"Select":"COUNT"`, `,"ProjectionExpression":"sk"`, `,"FilterExpression":"attribute_not_exists(v)"`, `,"ScanIndexForward":false,"Select":"COUNT"`} {
		c := call{op: "Query", body: `{"TableName":"string-number","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"page"}}` + rest + `}`}
		if strings.Contains(rest, "Filter") {
			c.deviation = "applies the 1 MB limit after the filter; the service documents that it does before"
		}
		calls = append(calls, c)
	}
	for i := range 8 {
		calls = append(calls, call{op: "DeleteItem", body: fmt.Sprintf(`{"TableName":"string-number","Key":{"pk":{"S":"page"},"sk":{"N":"%d"}}}`, i)})
	}
	return calls
}

func scanCalls() []call {
	scan := func(rest string) call {
		return call{op: "Scan", body: `{"TableName":"binary-string"` + rest + `}`}
	}
	var calls []call
	for _, rest := range []string{
		``, `,"Select":"COUNT"`, `,"ProjectionExpression":"sk"`, `,"FilterExpression":"sk > :a","ExpressionAttributeValues":{":a":{"S":"b"}}`, `,"FilterExpression":"pk = :a","ExpressionAttributeValues":{":a":{"B":"/w=="}}`, `,"FilterExpression":"v = :v"`,
		`,"ExclusiveStartKey":{"pk":{"B":"AA=="}}`, `,"ExclusiveStartKey":{"pk":{"B":"AA=="},"sk":{"N":"1"}}`, `,"ExpressionAttributeValues":{":v":{"N":"1"}}`, `,"ExpressionAttributeNames":{"#v":"v"}`, `,"Limit":0`, `,"IndexName":"an-index"`, `,"ProjectionExpression":"#p","ExpressionAttributeNames":{"#p":"pk"}`,
	} {
		calls = append(calls, scan(rest))
	}
	return calls
}
