//go:build real

package dynamodb

import (
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"strings"
)

// generator makes requests over few keys and attributes, so that they meet.
type generator struct{ *rand.Rand }

func generatedCalls(seed int64, n int) []call {
	g := generator{rand.New(rand.NewSource(seed))}
	calls := make([]call, 0, n)
	for range n {
		calls = append(calls, g.call())
	}
	return calls
}

func (g generator) oneOf(options ...string) string { return options[g.Intn(len(options))] }

func (g generator) key() string {
	return fmt.Sprintf(`"pk":{"S":"g%d"},"sk":{"N":%q}`, g.Intn(3), g.oneOf("1", "2", "-3", "4.50", "1e3", g.number()))
}

func (g generator) attribute() string { return g.oneOf("n", "s", "l", "m", "q") }

func (g generator) number() string {
	digits := 1 + g.Intn(38)
	var b strings.Builder
	if g.Intn(3) == 0 {
		b.WriteByte('-')
	}
	for i := range digits {
		if i > 0 && g.Intn(digits) == 0 && !strings.Contains(b.String(), ".") {
			b.WriteByte('.')
		}
		b.WriteByte(byte('0' + g.Intn(10)))
	}
	if g.Intn(3) == 0 {
		fmt.Fprintf(&b, "e%d", g.Intn(180)-90)
	}
	return b.String()
}

func (g generator) value(depth int) string {
	switch g.Intn(9 - min(depth, 2)) {
	case 0, 1:
		return fmt.Sprintf(`{"N":%q}`, g.oneOf("0", "1", "5", "-2.50", "1e2", g.number()))
	case 2, 3:
		return fmt.Sprintf(`{"S":%q}`, g.oneOf("", "a", "ab", "hello", "é"))
	case 4:
		return fmt.Sprintf(`{"B":%q}`, g.oneOf("", "AA==", "AAE=", "/w=="))
	case 5:
		return fmt.Sprintf(`{"BOOL":%v}`, g.Intn(2) == 0)
	case 6:
		return `{"NULL":true}`
	case 7:
		return fmt.Sprintf(`{"L":[%s,%s]}`, g.value(depth+1), g.value(depth+1))
	}
	return fmt.Sprintf(`{"M":{"x":%s,"y":%s}}`, g.value(depth+1), g.value(depth+1))
}

func (g generator) operand() string { return g.oneOf(":a", ":b", g.attribute()) }

func (g generator) condition(depth int) string {
	if depth < 2 {
		switch g.Intn(6) {
		case 0:
			return g.condition(depth+1) + " AND " + g.condition(depth+1)
		case 1:
			return g.condition(depth+1) + " OR " + g.condition(depth+1)
		case 2:
			return "NOT " + g.condition(depth+1)
		case 3:
			return "(" + g.condition(depth+1) + ")"
		}
	}
	switch g.Intn(6) {
	case 0:
		return "attribute_exists(" + g.attribute() + ")"
	case 1:
		return "attribute_not_exists(" + g.attribute() + ")"
	case 2:
		return "begins_with(" + g.attribute() + ", :b)"
	case 3:
		return g.attribute() + " BETWEEN :a AND :c"
	}
	return g.operand() + " " + g.oneOf("=", "<>", "<", "<=", ">", ">=") + " " + g.operand()
}

func (g generator) update() string {
	var out []string
	if g.Intn(3) > 0 {
		var sets []string
		for range 1 + g.Intn(2) {
			source := g.oneOf(":a", ":b", g.attribute(), g.attribute()+" + :a", ":a - "+g.attribute(), "if_not_exists("+g.attribute()+", :a)")
			sets = append(sets, g.attribute()+" = "+source)
		}
		out = append(out, "SET "+strings.Join(sets, ", "))
	}
	if g.Intn(3) == 0 {
		out = append(out, "REMOVE "+g.attribute()+g.oneOf("", ", "+g.attribute()))
	}
	if g.Intn(3) == 0 {
		out = append(out, "ADD "+g.attribute()+" "+g.oneOf(":a", ":b"))
	}
	if len(out) == 0 {
		out = append(out, "ADD "+g.attribute()+" :a")
	}
	return strings.Join(out, " ")
}

// values defines exactly the placeholders the texts use.
func (g generator) values(texts ...string) string {
	text := strings.Join(texts, " ")
	var out []string
	for _, v := range []struct{ name, json string }{
		{":a", g.oneOf(`{"N":"1"}`, `{"N":"5"}`, `{"N":"0.25"}`, `{"N":"-7"}`, `{"N":"`+g.number()+`"}`)}, {":b", g.oneOf(`{"S":"a"}`, `{"S":"hello"}`)},
		{":c", `{"N":"1e100"}`}, {":p", fmt.Sprintf(`{"S":"g%d"}`, g.Intn(3))},
	} {
		if strings.Contains(text, v.name) {
			out = append(out, fmt.Sprintf("%q:%s", v.name, v.json))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "{" + strings.Join(out, ",") + "}"
}

func (g generator) item() string {
	out := g.key()
	for _, name := range []string{"n", "s", "l", "m", "q"} {
		if g.Intn(3) == 0 {
			continue
		}
		v := map[string]string{"n": `{"N":"` + g.oneOf("1", "5", g.number()) + `"}`, "s": `{"S":"hello"}`, "l": `{"L":[` + g.value(1) + `,` + g.value(1) + `]}`, "m": `{"M":{"x":` + g.value(1) + `,"y":{"M":{"z":` + g.value(2) + `}},"l":{"L":[{"N":"1"}]}}}`, "q": g.value(0)}[name]
		out += fmt.Sprintf(",%q:%s", name, v)
	}
	return "{" + out + "}"
}

func (g generator) call() call {
	const table = `"string-number"`
	condition := ""
	if g.Intn(2) == 0 {
		condition = g.condition(0)
	}
	quoted := func(s string) string {
		if s == "" {
			return ""
		}
		return quote(s)
	}
	key := "{" + g.key() + "}"
	switch g.Intn(10) {
	case 0, 1:
		return call{op: "PutItem", body: with("TableName", table, "Item", g.item(), "ConditionExpression", quoted(condition), "ExpressionAttributeValues", g.values(condition), "ReturnValues", quote(g.oneOf("NONE", "ALL_OLD")))}
	case 2, 3, 4, 5:
		update := g.update()
		return call{op: "UpdateItem", several: true, body: with("TableName", table, "Key", key, "UpdateExpression", quote(update), "ConditionExpression", quoted(condition), "ExpressionAttributeValues", g.values(update, condition), "ReturnValues", quote(g.oneOf("ALL_NEW", "ALL_OLD", "UPDATED_NEW", "UPDATED_OLD")), "ReturnValuesOnConditionCheckFailure", quote(g.oneOf("NONE", "ALL_OLD")))}
	case 6:
		return call{op: "DeleteItem", body: with("TableName", table, "Key", key, "ConditionExpression", quoted(condition), "ExpressionAttributeValues", g.values(condition), "ReturnValues", quote(g.oneOf("NONE", "ALL_OLD")))}
	case 7:
		return call{op: "GetItem", body: with("TableName", table, "Key", key, "ProjectionExpression", quote(g.attribute()+", "+g.attribute()))}
	}
	between := g.oneOf("pk = :p", "pk = :p AND sk > :a", "pk = :p AND sk BETWEEN :a AND :c")
	return call{op: "Query", body: with("TableName", table, "KeyConditionExpression", quote(between), "FilterExpression", quoted(condition), "ExpressionAttributeValues", g.values(between, condition), "ScanIndexForward", g.oneOf("true", "false"), "Limit", g.oneOf("1", "3", "50"))}
}

// seed is fixed unless SLUICE_SEED asks for other requests.
func seed() int64 {
	if n, err := strconv.ParseInt(os.Getenv("SLUICE_SEED"), 10, 64); err == nil {
		return n
	}
	return 20250101
}
