//go:build real

package dynamodb

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// expression is an expression with the values it refers to, as "name=json" separated by semicolons.
type expression struct{ text, values string }

func (e expression) valuesJSON() string {
	if e.values == "" {
		return ""
	}
	if e.values == "none" {
		return "{}"
	}
	var out []string
	for _, v := range strings.Split(e.values, ";") {
		name, value, _ := strings.Cut(v, "=")
		out = append(out, fmt.Sprintf("%q:%s", name, value))
	}
	return "{" + strings.Join(out, ",") + "}"
}

const five = `:a={"N":"5"}`

var conditions = []expression{
	{"n = :a", five}, {"n <> :a", five}, {"n = :a AND", five}, {"", ""}, {"n = :b", five}, {"n = #x", ""}, {"n = n", ""},
	{"foo(s)", ""}, {"foo(#x)", ""}, {"attribute_exists(s)", ""}, {"attribute_exists(s, n)", ""}, {"attribute_exists(:a)", five},
	{"attribute_not_exists(s)", ""},
	{"begins_with(s, :a)", `:a={"S":"he"}`}, {"begins_with(s, :a)", `:a={"S":""}`}, {"begins_with(b, :a)", `:a={"B":"AAE="}`}, {"begins_with(s, :a)", five}, {"begins_with(n, :a)", `:a={"S":"5"}`}, {"begins_with(s, s)", ""}, {"begins_with(:a, s)", `:a={"S":"hello world"}`}, {"begins_with(:a, s)", five}, {"begins_with(s)", ""},
	{"n BETWEEN :a AND :b", `:a={"N":"1"};:b={"N":"9"}`}, {"n BETWEEN :a AND :b", `:a={"N":"5"};:b={"N":"5.0"}`}, {"n BETWEEN :a AND :b", `:a={"N":"9"};:b={"N":"1"}`}, {"n BETWEEN :a AND :b", `:a={"N":"9"};:b={"S":"1"}`}, {"s BETWEEN :a AND :b", `:a={"S":"a"};:b={"S":"z"}`}, {"n BETWEEN :a AND sk", five}, {"n BETWEEN sk AND :a", five}, {"n BETWEEN :a AND :a", `:a={"BOOL":true}`}, {"nope BETWEEN :a AND :a", five}, {":a BETWEEN sk AND n", `:a={"N":"3"}`},

	{"NOT n = :a", five}, {"NOT (n = :a) OR t = :t", five + `;:t={"BOOL":true}`}, {"NOT NOT n = :a", five}, {"NOT n", ""}, {"NOT attribute_exists(nope)", ""}, {"NOT nope = :a", five},
	{"(n = :a)", five}, {"((n = :a))", five}, {"(n = :a) AND (s = :b)", five + `;:b={"S":"hello"}`}, {"((n = :a) AND (s = :b))", five + `;:b={"S":"hello"}`}, {"(n) = :a", five}, {"(n = :a", five}, {"n = :a)", five}, {"n = (:a)", five}, {"((n)) = :a", five},
	{"n = :a OR n = :b AND s = :b", five + `;:b={"N":"1"}`}, {"(n = :a OR n = :b) AND s = :b", five + `;:b={"N":"1"}`}, {"NOT n = :a AND n = :a", five},
	{"n < :a", `:a={"S":"x"}`}, {"n > :a", `:a={"N":"-1e100"}`}, {"n >= :a", five}, {"n <= :a", `:a={"N":"4.9999999999999999999999999999999999999"}`}, {"s < :a", `:a={"S":"z"}`}, {"b > :a", `:a={"B":"AAE="}`}, {"t < :a", `:a={"BOOL":true}`}, {"l < :a", `:a={"L":[]}`}, {"n < n", ""}, {"n > sk", ""}, {"l > sk", ""},
	{"n <> nope", ""}, {"nope = :a", five}, {"nope <> :a", five}, {"nope <> nada", ""}, {"nope = nada", ""}, {"nope < :a", five}, {"n <> :a", `:a={"S":"5"}`},
	{"m = :a", `:a={"M":{"y":{"M":{"z":{"S":"q"}}},"x":{"N":"1.0"}}}`}, {"l = :a", `:a={"L":[{"N":"1"}]}`}, {"nul = :a", `:a={"NULL":true}`}, {"t = :a", `:a={"BOOL":false}`}, {"b = :a", `:a={"B":"AAEC"}`}, {"s = :a", `:a={"B":"AAEC"}`},
	{".x = :a", five},
	{"name = :a", five}, {"Status = :a", five}, {"a-b = :a", five}, {"1a = :a", five}, {"n == :a", five}, {"n = :a n", five}, {"n ! :a", five}, {"n = 5", ""}, {"n = ", ""}, {"n", ""}, {"n AND s", ""}, {"(n AND s)", ""}, {"n = :", five}, {"# = :a", five}, {"n = :a AND AND s = :a", five}, {"and = :a", five}, {"n = 'x'", ""}, {"n = :a;", five}, {"é = :a", five}, {"_n = :a", five}, {"n=:a and not_a_fn(s)", five},
	{":a = :a", five}, {":a = n", five}, {"if_not_exists(n, :a) = :a", five}, {"n = :a + :a", five}, {"attribute_exists(s) = :a", five}, {"n = attribute_exists(s)", ""}, {"(n = :a) = :a", five},
	{"n = :a", five + `;:u={"S":"x"}`}, {"n = :a", five + `;:v={"S":"x"};:u={"S":"x"}`}, {"n = :a", `:a={"N":"x"}`}, {"n = :a", `:a={}`}, {"n = :a", "none"}, {"n = :a", `a={"N":"1"}`}, {"n = :a", `:a-b={"N":"1"}`}, {"n = :a", ""},
}

func conditionCalls() []call {
	calls := []call{resetSample}
	put := func(e expression, names string) call {
		return call{op: "PutItem", body: with("TableName", `"string-number"`, "Item", sample, "ConditionExpression", quote(e.text), "ExpressionAttributeValues", e.valuesJSON(), "ExpressionAttributeNames", names)}
	}
	for _, e := range conditions {
		calls = append(calls, put(e, ""))
	}
	for _, names := range []string{`{"#n":"n"}`, `{"#n":"n","#z":"z"}`, `{"n":"n"}`, `{}`, `{"#n":""}`, `{"#n":"name"}`, `{"#n-x":"n"}`} {
		calls = append(calls, put(expression{"#n = :a", five}, names))
	}
	calls = append(calls,
		call{op: "PutItem", body: with("TableName", `"string-number"`, "Item", sample, "ConditionExpression", `"n = :a"`, "ExpressionAttributeValues", `{":a":{"N":"6"}}`, "ReturnValuesOnConditionCheckFailure", `"ALL_OLD"`)},
		call{op: "PutItem", body: with("TableName", `"string-number"`, "Item", sample, "ExpressionAttributeValues", `{":a":{"N":"6"}}`)},
		call{op: "PutItem", body: with("TableName", `"string-number"`, "Item", sample, "ExpressionAttributeNames", `{"#a":"n"}`)})
	for _, e := range conditions[:8] {
		calls = append(calls, call{op: "DeleteItem", body: with("TableName", `"string-number"`, "Key", `{"pk":{"S":"absent"},"sk":{"N":"1"}}`, "ConditionExpression", quote(e.text), "ExpressionAttributeValues", e.valuesJSON())})
	}
	return calls
}

var updates = []expression{
	{"SET n = :a", five}, {"SET n = n + :a", five}, {"SET n = n - :a", five}, {"SET n = :a - n", `:a={"N":"0.10"}`}, {"SET n = n - :a - :a", five}, {"SET n = :a, n = :a", five},
	{"SET nope = nope + :a", five}, {"SET nope = if_not_exists(nope, :a) + :a", five}, {"SET n = if_not_exists(n, :a) + :a", `:a={"N":"1"}`}, {"SET q = if_not_exists(n, q)", ""}, {"SET q = if_not_exists(:a, :a)", five}, {"SET q = if_not_exists(q)", ""}, {"SET q = if_not_exists(q, if_not_exists(r, :a))", five},
	{"SET pk = :a", five}, {"SET sk = sk + :a", five}, {"REMOVE pk", ""},
	{"REMOVE n", ""}, {"REMOVE n, s", ""}, {"REMOVE nope", ""},
	{"ADD n :a", five}, {"ADD nope :a", five}, {"ADD s :a", five}, {"ADD nope :a", `:a={"S":"x"}`}, {"ADD l :a", `:a={"L":[]}`}, {"ADD m :a", `:a={"M":{}}`}, {"ADD t :a", `:a={"BOOL":true}`}, {"ADD nul :a", `:a={"NULL":true}`}, {"ADD b :a", `:a={"B":"AA=="}`}, {"ADD n n", ""}, {"ADD n = :a", five},
	{"SET n = :a SET s = :a", five}, {"REMOVE s SET n = :a", five}, {"set n = :a remove s", five}, {"SET a = :a ADD a :a", five},
	{"SET n = s", ""}, {"SET s = n, n = s", ""}, {"SET x = m", ""}, {"SET n = nope", ""}, {"SET n = (:a)", five}, {"SET n = (n + :a)", five}, {"SET n = ((n + :a))", five}, {"SET n = (n) + (:a)", five}, {"SET n = (n + :a) + :a", five}, {"SET n = :a + s", five}, {"SET n = :a + :s", five + `;:s={"S":"x"}`}, {"SET n = n + nope", ""},
	{"SET n = attribute_exists(n)", ""}, {"SET n = foo(s)", ""}, {"SET :a = n", five}, {"SET name = :a", five}, {"SET #a = :a", five}, {"SET n = :z", five}, {"FOO n", ""}, {"", ""}, {"SET", ""}, {"SET n", ""}, {"SET n = ", ""}, {"SET n = :a,", five}, {"SET n = :a s = :a", five}, {"REMOVE", ""}, {"REMOVE n s", ""}, {"n = :a", five}, {"SET n = :a AND s = :a", five},
	{"SET n = n + :a", `:a={"N":"1e125"}`}, {"SET n = :a + :a", `:a={"N":"9e125"}`}, {"SET n = :a + :b", `:a={"N":"1e30"};:b={"N":"1e-30"}`}, {"SET n = :a + :b", `:a={"N":"12345678901234567890123456789012345678"};:b={"N":"0.5"}`}, {"SET n = :a + :b", `:a={"N":"12345678901234567890123456789012345678"};:b={"N":"1"}`}, {"ADD n :a", `:a={"N":"1e-100"}`}, {"SET n = n + :a", `:a={"N":"0.10"}`}, {"ADD n :a", `:a={"N":"-5.00"}`}, {"SET n = :a - :a", five}, {"SET n = :a - :b", `:a={"N":"1e-130"};:b={"N":"2e-130"}`},
}

func updateCalls() []call {
	var calls []call
	update := func(e expression, returned, key string) call {
		return call{op: "UpdateItem", body: with("TableName", `"string-number"`, "Key", key, "UpdateExpression", quote(e.text), "ExpressionAttributeValues", e.valuesJSON(), "ReturnValues", returned)}
	}
	for _, e := range updates {
		calls = append(calls, resetSample, update(e, `"ALL_NEW"`, sampleKey))
	}
	all := expression{"SET n = :a, q = :a REMOVE s, nope", five}
	for _, returned := range []string{"NONE", "ALL_OLD", "UPDATED_OLD", "UPDATED_NEW", "ALL_NEW", "X"} {
		key := fmt.Sprintf(`{"pk":{"S":"new"},"sk":{"N":"%d"}}`, len(calls))
		calls = append(calls, resetSample, update(all, quote(returned), sampleKey),
			call{op: "PutItem", body: with("TableName", `"string-number"`, "Item", sample, "ReturnValues", quote(returned))},
			update(expression{"SET n = :a", five}, quote(returned), key),
			call{op: "DeleteItem", body: with("TableName", `"string-number"`, "Key", key, "ReturnValues", quote(returned))})
	}
	big := call{op: "PutItem", body: `{"TableName":"string-number","Item":{"pk":{"S":"big"},"sk":{"N":"1"},"v":{"S":"` + strings.Repeat("x", 409000) + `"}}}`}
	return append(calls, big,
		call{op: "UpdateItem", body: `{"TableName":"string-number","Key":{"pk":{"S":"big"},"sk":{"N":"1"}},"UpdateExpression":"SET w = :w","ExpressionAttributeValues":{":w":{"S":"` + strings.Repeat("x", 1000) + `"}}}`},
		call{op: "UpdateItem", body: `{"TableName":"string-number","Key":{"pk":{"S":"only"},"sk":{"N":"1"}},"ReturnValues":"ALL_NEW"}`},
		call{op: "UpdateItem", body: with("TableName", `"string-number"`, "Key", sampleKey, "UpdateExpression", `"SET n = :a"`, "ConditionExpression", `"attribute_exists(s)"`, "ExpressionAttributeValues", `{":a":{"N":"1"}}`)},
		call{op: "UpdateItem", body: with("TableName", `"string-number"`, "Key", sampleKey, "UpdateExpression", `"SET n = :a"`, "ConditionExpression", `"attribute_not_exists(s)"`, "ExpressionAttributeValues", `{":a":{"N":"1"}}`)})
}

func projectionCalls() []call {
	calls := []call{resetSample}
	get := func(text, names string) call {
		return call{op: "GetItem", body: with("TableName", `"string-number"`, "Key", sampleKey, "ProjectionExpression", quote(text), "ExpressionAttributeNames", names)}
	}
	for _, text := range []string{"n", "n,s", "n, n", "s, m, l", "nope", "nope, n", "", "n,", ",n", "#n", "n s", "size(n)", "name", "n,:a", "n AND s"} {
		calls = append(calls, get(text, ""))
	}
	return append(calls, get("#n", `{"#n":"n"}`), get("n", `{"#n":"n"}`), get("#m, n", `{"#m":"m"}`))
}

// reservedCalls tries every word of the list, and some that are not on it, as an attribute name.
func reservedCalls() []call {
	words := append(slices.Sorted(maps.Keys(reserved)), "pk", "foo", "device", "payload", "id", "ts", "ip", "sensor", "ordering", "uri", "keyed", "payloads", "offsets", "topic", "headers", "version", "state_", "weight", "average")
	words = append(words, "remove")
	var calls []call
	for _, w := range words {
		c := call{op: "GetItem", body: with("TableName", `"string-number"`, "Key", sampleKey, "ProjectionExpression", quote(strings.ToLower(w)))}
		switch w {
		case "CACHE", "CONVERT", "SIZE", "VARIABLES":
			c.deviation, c.wantCode = "does not know words the developer guide lists", "ValidationException"
		}
		calls = append(calls, c)
	}
	return calls
}
