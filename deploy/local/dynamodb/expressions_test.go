package dynamodb

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/valyala/fastjson"
)

const document = `{"pk":{"S":"a"},"n":{"N":"5"},"s":{"S":"hello"},"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]},"m":{"M":{"x":{"N":"1"},"y":{"M":{"z":{"S":"q"}}}}}}`

func decode(t testing.TB, s string) item {
	t.Helper()
	return decodeItem(fastjson.MustParse(s))
}

// expressionRequest is a request with one expression and what it may refer to.
func expressionRequest(t testing.TB, parameter, text, values string) (*request, *scope) {
	t.Helper()
	sc := &scope{used: map[string]bool{}, names: map[string]string{"#s": "s", "#name": "name"}}
	if values != "" {
		sc.values = decode(t, values)
	}
	body := new(fastjson.Arena).NewObject()
	body.Set(parameter, new(fastjson.Arena).NewString(text))
	return &request{fields: body}, sc
}

func condition(t testing.TB, text, values string) (n *node, refusal *failure) {
	t.Helper()
	r, sc := expressionRequest(t, "ConditionExpression", text, values)
	refusal = refusalOf(func() { n = sc.readCondition(r, "ConditionExpression") })
	return n, refusal
}

func TestConditions(t *testing.T) {
	it := decode(t, document)
	for _, c := range []struct {
		text, values string
		want         bool
	}{
		{"n = :v", `{":v":{"N":"5.0"}}`, true},
		{"n <> :v", `{":v":{"N":"5.0"}}`, false},
		{"n > :v", `{":v":{"N":"4.9999999999999999999999999999999999999"}}`, true},
		{"n < :v", `{":v":{"S":"6"}}`, false},
		{"absent = :v", `{":v":{"N":"5"}}`, false},
		{"absent <> :v", `{":v":{"N":"5"}}`, true},
		{"n BETWEEN :a AND :b", `{":a":{"N":"5"},":b":{"N":"6"}}`, true},
		{"NOT n = :v AND n = :v", `{":v":{"N":"5"}}`, false},
		{"n = :a OR n = :b AND s = :b", `{":a":{"N":"5"},":b":{"N":"1"}}`, true},
		{"(n = :a OR n = :b) AND s = :b", `{":a":{"N":"5"},":b":{"N":"1"}}`, false},
		{"attribute_exists(m) and attribute_not_exists(absent)", "", true},
		{"begins_with(#s, :v)", `{":v":{"S":"he"}}`, true},
		{"attribute_exists(#name)", "", false},
	} {
		t.Run(c.text, func(t *testing.T) {
			n, refusal := condition(t, c.text, c.values)
			if refusal != nil {
				t.Fatal(refusal)
			}
			if got := n.holds(it); got != c.want {
				t.Fatalf("holds is %v", got)
			}
		})
	}
}

func TestConditionsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                          `The expression can not be empty;`,
		"n = ":                      `Syntax error; token: "<EOF>", near: "= "`,
		"n == :v":                   `Syntax error; token: "=", near: "== :v"`,
		"n and s":                   `Syntax error; token: "and", near: "n and s"`,
		"name = :v":                 `Attribute name is a reserved keyword; reserved keyword: name`,
		"n = :w":                    `An expression attribute value used in expression is not defined; attribute value: :w`,
		"#x = :v":                   `An expression attribute name used in the document path is not defined; attribute name: #x`,
		"foo(n)":                    `Invalid function name; function: foo`,
		"attribute_exists(n, s)":    `Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2`,
		"attribute_exists(:v)":      `Operator or function requires a document path; operator or function: attribute_exists`,
		"begins_with(s, :v)":        `Incorrect operand type for operator or function; operator or function: begins_with, operand type: N`,
		"n = n":                     `The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [n]`,
		"((n = :v))":                `The expression has redundant parentheses;`,
		"if_not_exists(n, :v) = :v": `The function is not allowed in a condition expression; function: if_not_exists`,
		"attribute_exists(s) = :v":  `The function is not allowed to be used this way in an expression; function: attribute_exists`,
		"n IN (:v)":                 `The operator is not supported by this server; operator: IN`,
		"size(s) = :v":              `The function is not supported by this server; function: size`,
		"n.x = :v":                  `Document paths are not supported by this server; path begins with: n`,
		"n BETWEEN :v AND :low":     `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {N:1}`,
	} {
		t.Run(text, func(t *testing.T) {
			_, refusal := condition(t, text, `{":v":{"N":"5"},":low":{"N":"1"}}`)
			if refusal == nil || refusal.Error() != "ValidationException: Invalid ConditionExpression: "+want {
				t.Fatalf("got %v\nwant %s", refusal, want)
			}
		})
	}
}

func TestUpdates(t *testing.T) {
	for _, c := range []struct{ text, values, attribute, want string }{
		{"SET n = n + :v", `{":v":{"N":"0.10"}}`, "n", `{"N":"5.1"}`},
		{"SET n = :v - n", `{":v":{"N":"1"}}`, "n", `{"N":"-4"}`},
		{"SET s = n, n = s", "", "n", `{"S":"hello"}`},
		{"SET q = if_not_exists(q, :v)", `{":v":{"N":"1"}}`, "q", `{"N":"1"}`},
		{"SET q = if_not_exists(n, :v) + :v", `{":v":{"N":"1"}}`, "q", `{"N":"6"}`},
		{"SET n = :v REMOVE s, l", `{":v":{"NULL":true}}`, "n", `{"NULL":true}`},
		{"ADD q :v", `{":v":{"N":"1.0"}}`, "q", `{"N":"1"}`},
		{"ADD n :v", `{":v":{"N":"9007199254740993"}}`, "n", `{"N":"9007199254740998"}`},
	} {
		t.Run(c.text, func(t *testing.T) {
			r, sc := expressionRequest(t, "UpdateExpression", c.text, c.values)
			before := decode(t, document)
			after := sc.readUpdate(r).apply(before)
			if got := string(item{"": after[c.attribute]}.appendJSON(nil)); got != `{"":`+c.want+`}` {
				t.Fatalf("%s is %s, want %s", c.attribute, got, c.want)
			}
			if !(value{kind: "M", attrs: before}).equal(value{kind: "M", attrs: decode(t, document)}) {
				t.Fatal("the item before the update was changed")
			}
		})
	}
}

func TestUpdateItemThroughTheClient(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S")
	update := func(expression string, returned types.ReturnValue, values attrs) (attrs, error) {
		out, err := f.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: aws.String("events"), Key: attrs{"pk": str("a")},
			UpdateExpression: &expression, ExpressionAttributeValues: values, ReturnValues: returned})
		if err != nil {
			return nil, err
		}
		return out.Attributes, nil
	}
	if _, err := update("SET a = :a ADD n :one", "", attrs{":a": str("x"), ":one": num("9007199254740993")}); err != nil {
		t.Fatal(err)
	}
	got, err := update("ADD n :one REMOVE a", types.ReturnValueAllNew, attrs{":one": num("1")})
	if err != nil {
		t.Fatal(err)
	}
	if text(got["n"]) != "9007199254740994" || got["a"] != nil || text(got["pk"]) != "a" {
		t.Fatalf("updated to %v", got)
	}
	for _, c := range []struct{ expression, message string }{
		{"SET pk = :v", "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"},
		{"SET n = pk + :v", "An operand in the update expression has an incorrect data type"},
		{"SET n = absent + :v", "The provided expression refers to an attribute that does not exist in the item"},
		{"SET n = :v, n = :v", "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [n], path two: [n]"},
	} {
		_, err := update(c.expression, "", attrs{":v": num("1")})
		t.Run(c.expression, func(t *testing.T) { wantError(t, err, "ValidationException", c.message) })
	}
}

// FuzzExpressions feeds the parsers anything: they may refuse it but not fail.
func FuzzExpressions(f *testing.F) {
	for _, seed := range []string{"n = :v", "SET l = :v REMOVE s", "m, l", "m.x", "((", "begins_with(", "a BETWEEN b AND"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		it := decode(t, document)
		if n, refusal := condition(t, text, `{":v":{"N":"5"}}`); refusal == nil {
			n.holds(it)
		}
		r, sc := expressionRequest(t, "UpdateExpression", text, `{":v":{"N":"5"}}`)
		_ = refusalOf(func() { sc.readUpdate(r).apply(it) })
		r, sc = expressionRequest(t, "ProjectionExpression", text, "")
		_ = refusalOf(func() { sc.readProjection(r).apply(it) })
	})
}
