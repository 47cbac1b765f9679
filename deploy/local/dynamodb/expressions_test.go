package dynamodb

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/valyala/fastjson"
)

const document = `{"pk":{"S":"a"},"n":{"N":"5"},"s":{"S":"hello"},"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]},"m":{"M":{"x":{"N":"1"},"y":{"M":{"z":{"S":"q"}}}}},"ss":{"SS":["a","b"]}}`

func decode(t testing.TB, s string) item {
	t.Helper()
	it, err := decodeItem(fastjson.MustParse(s))
	if err != nil {
		t.Fatal(err)
	}
	return it
}

func scopeOf(t testing.TB, values string) *scope {
	t.Helper()
	sc := &scope{usedNames: map[string]bool{}, usedValues: map[string]bool{}, names: map[string]string{"#s": "s", "#name": "name"}}
	if values != "" {
		sc.values = decode(t, values)
	}
	return sc
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
		{"n IN (:a, :b)", `{":a":{"S":"5"},":b":{"N":"5"}}`, true},
		{"NOT n = :v AND n = :v", `{":v":{"N":"5"}}`, false},
		{"n = :a OR n = :b AND s = :b", `{":a":{"N":"5"},":b":{"N":"1"}}`, true},
		{"(n = :a OR n = :b) AND s = :b", `{":a":{"N":"5"},":b":{"N":"1"}}`, false},
		{"attribute_exists(m.y.z) and attribute_not_exists(l[3])", "", true},
		{"attribute_type(ss, :t)", `{":t":{"S":"SS"}}`, true},
		{"begins_with(#s, :v)", `{":v":{"S":"he"}}`, true},
		{"contains(ss, :v)", `{":v":{"S":"b"}}`, true},
		{"contains(l, :v)", `{":v":{"N":"2.0"}}`, true},
		{"contains(s, :v)", `{":v":{"S":"ell"}}`, true},
		{"size(l) = :v", `{":v":{"N":"3"}}`, true},
		{"ss = :v", `{":v":{"SS":["b","a"]}}`, true},
		{"attribute_exists(#name)", "", false},
	} {
		t.Run(c.text, func(t *testing.T) {
			n, err := parseCondition(c.text, scopeOf(t, c.values))
			if err != nil {
				t.Fatal(err)
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
		"size(s)":                   `The function is not allowed to be used this way in an expression; function: size`,
		"n BETWEEN :v AND :low":     `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {N:1}`,
	} {
		t.Run(text, func(t *testing.T) {
			_, err := parseCondition(text, scopeOf(t, `{":v":{"N":"5"},":low":{"N":"1"}}`))
			if err == nil || err.Error() != "ValidationException: "+want {
				t.Fatalf("got %v\nwant %s", err, want)
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
		{"SET l = list_append(:v, l)", `{":v":{"L":[{"N":"0"}]}}`, "l", `{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"3"}]}`},
		{"SET l[9] = :a, l[7] = :b", `{":a":{"N":"9"},":b":{"N":"7"}}`, "l", `{"L":[{"N":"1"},{"N":"2"},{"N":"3"},{"N":"7"},{"N":"9"}]}`},
		{"SET m.y.z = :v", `{":v":{"NULL":true}}`, "m", `{"M":{"x":{"N":"1"},"y":{"M":{"z":{"NULL":true}}}}}`},
		{"REMOVE l[0], l[2]", "", "l", `{"L":[{"N":"2"}]}`},
		{"SET l[1] = :v REMOVE l[0]", `{":v":{"N":"9"}}`, "l", `{"L":[{"N":"9"},{"N":"3"}]}`},
		{"ADD n :v", `{":v":{"N":"9007199254740993"}}`, "n", `{"N":"9007199254740998"}`},
		{"ADD ss :v", `{":v":{"SS":["c","a"]}}`, "ss", `{"SS":["a","b","c"]}`},
		{"DELETE ss :v", `{":v":{"SS":["a"]}}`, "ss", `{"SS":["b"]}`},
	} {
		t.Run(c.text, func(t *testing.T) {
			actions, err := parseUpdate(c.text, scopeOf(t, c.values))
			if err != nil {
				t.Fatal(err)
			}
			before := decode(t, document)
			after, err := applyUpdate(before, actions)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(after[c.attribute].appendJSON(nil)); got != c.want {
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
		{"SET x.y = :v", "The document path provided in the update expression is invalid for update"},
		{"SET n = absent + :v", "The provided expression refers to an attribute that does not exist in the item"},
		{"SET n = :v, n = :v", "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [n], path two: [n]"},
	} {
		_, err := update(c.expression, "", attrs{":v": num("1")})
		t.Run(c.expression, func(t *testing.T) { wantError(t, err, "ValidationException", c.message) })
	}
}

// FuzzExpressions feeds the parsers anything: they may refuse it but not fail.
func FuzzExpressions(f *testing.F) {
	for _, seed := range []string{"n = :v", "SET l[0] = :v REMOVE s", "m.x, l[2]", "((", "size(", "a BETWEEN b AND"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		it := decode(t, document)
		if n, err := parseCondition(text, scopeOf(t, `{":v":{"N":"5"}}`)); err == nil {
			n.holds(it)
		}
		if actions, err := parseUpdate(text, scopeOf(t, `{":v":{"N":"5"}}`)); err == nil {
			_, _ = applyUpdate(it, actions)
		}
		if p, err := parseProjection(text, scopeOf(t, "")); err == nil {
			p.apply(it)
		}
	})
}
