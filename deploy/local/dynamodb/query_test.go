package dynamodb

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// queryAll reads every page and gives the range keys in order.
func (f *fixture) queryAll(in dynamodb.QueryInput) (keys []string, pages int) {
	f.t.Helper()
	for {
		out, err := f.Query(f.t.Context(), &in)
		if err != nil {
			f.t.Fatal(err)
		}
		pages++
		for _, it := range out.Items {
			keys = append(keys, text(it["sk"]))
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return keys, pages
		}
	}
}

func TestQueryRanges(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S", "sk:N")
	all := []string{"-100", "-10", "-9", "-1.5", "0", "0.5", "2", "9", "10", "100"}
	for i := range all {
		for _, pk := range []string{"q", "q\x00", "p"} {
			if err := f.put("events", attrs{"pk": str(pk), "sk": num(all[(i*7)%len(all)])}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		condition string
		want      []string
	}{
		{"", all}, {" AND sk = :a", []string{"-9"}}, {" AND sk < :a", all[:2]}, {" AND sk <= :a", all[:3]}, {" AND sk > :a", all[3:]}, {" AND sk >= :a", all[2:]}, {" AND sk BETWEEN :a AND :b", all[2:8]},
	} {
		for _, backward := range []bool{false, true} {
			in := dynamodb.QueryInput{TableName: aws.String("events"), KeyConditionExpression: aws.String("pk = :p" + c.condition), ExpressionAttributeValues: attrs{":p": str("q")}, ScanIndexForward: aws.Bool(!backward), Limit: aws.Int32(3)}
			if strings.Contains(c.condition, ":a") {
				in.ExpressionAttributeValues[":a"] = num("-9")
			}
			if strings.Contains(c.condition, ":b") {
				in.ExpressionAttributeValues[":b"] = num("9")
			}
			want := slices.Clone(c.want)
			if backward {
				slices.Reverse(want)
			}
			if got, _ := f.queryAll(in); !slices.Equal(got, want) {
				t.Errorf("%q backward %v gave %v, want %v", c.condition, backward, got, want)
			}
		}
	}
}

func TestQueryBeginsWith(t *testing.T) {
	f := start(t)
	f.table("events", "pk:N", "sk:S")
	for _, sk := range []string{"a", "ab", "ab\x00", "abc", "ac", "b"} {
		if err := f.put("events", attrs{"pk": num("-1"), "sk": str(sk)}); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := f.queryAll(dynamodb.QueryInput{TableName: aws.String("events"), KeyConditionExpression: aws.String("pk = :p AND begins_with(sk, :a)"), ExpressionAttributeValues: attrs{":p": num("-1.0"), ":a": str("ab")}})
	if want := []string{"ab", "ab\x00", "abc"}; !slices.Equal(got, want) {
		t.Fatalf("got %q", got)
	}
}

func TestPagesEndAtOneMegabyte(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S", "sk:N")
	for i := range 10 {
		if err := f.put("events", attrs{"pk": str("q"), "sk": num(fmt.Sprint(i)), "v": str(strings.Repeat("x", 300<<10))}); err != nil {
			t.Fatal(err)
		}
	}
	in := dynamodb.QueryInput{TableName: aws.String("events"), KeyConditionExpression: aws.String("pk = :p"), ExpressionAttributeValues: attrs{":p": str("q")}}
	if got, pages := f.queryAll(in); len(got) != 10 || pages != 3 {
		t.Fatalf("%d items in %d pages", len(got), pages)
	}
	in.FilterExpression = aws.String("attribute_not_exists(v)")
	if got, pages := f.queryAll(in); len(got) != 0 || pages != 3 {
		t.Fatalf("filtered: %d items in %d pages", len(got), pages)
	}
}

func TestQueryRefuses(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S", "sk:N")
	values := attrs{":p": str("q"), ":a": num("1")}
	for condition, message := range map[string]string{
		"sk = :a":                         "Query condition missed key schema element: pk",
		"pk > :p AND sk = :a":             "Query key condition not supported",
		"pk = :p OR sk = :a":              "Invalid operator used in KeyConditionExpression: OR",
		"pk = :p AND sk <> :a":            "Invalid operator used in KeyConditionExpression: <>",
		"pk = :p AND pk = :a":             "KeyConditionExpressions must only contain one condition per key",
		"pk = :p AND v = :a":              "Query condition missed key schema element: sk",
		"pk = :a AND sk = :p":             "One or more parameter values were invalid: Condition parameter type does not match schema type",
		"pk = :p":                         "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}",
		"pk = :p AND begins_with(sk, :a)": "Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
	} {
		_, err := f.Query(t.Context(), &dynamodb.QueryInput{TableName: aws.String("events"), KeyConditionExpression: &condition, ExpressionAttributeValues: values})
		t.Run(condition, func(t *testing.T) { wantError(t, err, "ValidationException", message) })
	}
}

func TestScanFiltersAndCounts(t *testing.T) {
	f := start(t)
	f.table("events", "pk:N")
	for i := range 10 {
		if err := f.put("events", attrs{"pk": num(fmt.Sprint(i)), "even": str(fmt.Sprint(i%2 == 0))}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := f.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("events"), FilterExpression: aws.String("even = :e"), ExpressionAttributeValues: attrs{":e": str("true")}, ProjectionExpression: aws.String("pk")})
	if err != nil {
		t.Fatal(err)
	}
	if out.Count != 5 || out.ScannedCount != 10 || len(out.Items[0]) != 1 {
		t.Fatalf("%d of %d, first %v", out.Count, out.ScannedCount, out.Items[0])
	}
}
