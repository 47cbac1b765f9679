package dynamodb

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestEveryTypeReadsBack(t *testing.T) {
	f := start(t)
	f.table("all", "pk:S")
	in := attrs{
		"pk": str("a"), "s": str("é\x00\"\\\n😀"), "empty": str(""), "n": num("12345678901234567890123456789012345678"), "small": num("-0.00001"),
		"b": &types.AttributeValueMemberB{Value: []byte{0, 1, 255}}, "yes": &types.AttributeValueMemberBOOL{Value: true}, "no": &types.AttributeValueMemberBOOL{Value: false},
		"null": &types.AttributeValueMemberNULL{Value: true}, "l": &types.AttributeValueMemberL{Value: []types.AttributeValue{str("x"), num("2"), &types.AttributeValueMemberL{Value: []types.AttributeValue{}}}},
		"m": &types.AttributeValueMemberM{Value: attrs{"k": str("v"), "m": &types.AttributeValueMemberM{Value: attrs{}}}},
	}
	if err := f.put("all", in); err != nil {
		t.Fatal(err)
	}
	if got := f.get("all", attrs{"pk": str("a")}); !reflect.DeepEqual(got, in) {
		t.Fatalf("read back %v", got)
	}
	if got := f.get("all", attrs{"pk": str("absent")}); got != nil {
		t.Fatalf("found %v", got)
	}
}

func TestNumberKeysAreValuesNotText(t *testing.T) {
	f := start(t)
	f.table("numbers", "pk:N")
	if err := f.put("numbers", attrs{"pk": num("1.0")}); err != nil {
		t.Fatal(err)
	}
	if f.get("numbers", attrs{"pk": num("1e0")}) == nil {
		t.Error("1.0 is not found as 1e0")
	}
	if err := f.put("numbers", attrs{"pk": num("9007199254740993")}); err != nil {
		t.Fatal(err)
	}
	if f.get("numbers", attrs{"pk": num("9007199254740992")}) != nil {
		t.Error("2^53 and 2^53+1 are one key")
	}
}

func nested(levels int) types.AttributeValue {
	v := str("x")
	for range levels {
		v = &types.AttributeValueMemberL{Value: []types.AttributeValue{v}}
	}
	return v
}

func TestPutRefuses(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S", "sk:N")
	const invalid = "One or more parameter values were invalid: "
	with := func(v types.AttributeValue) attrs { return attrs{"pk": str("a"), "sk": num("1"), "v": v} }
	for _, c := range []struct {
		name    string
		item    attrs
		message string
	}{
		{"no hash key", attrs{"sk": num("1")}, invalid + "Missing the key pk in the item"},
		{"no range key", attrs{"pk": str("a")}, invalid + "Missing the key sk in the item"},
		{"key of wrong type", attrs{"pk": num("1"), "sk": num("1")}, invalid + "Type mismatch for key pk expected: S actual: N"},
		{"empty key", attrs{"pk": str(""), "sk": num("1")}, "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"},
		{"long key", attrs{"pk": str(strings.Repeat("x", 2049)), "sk": num("1")}, ""},
		{"large item", with(str(strings.Repeat("x", 410<<10))), "Item size has exceeded the maximum allowed size"},
		{"deep item", with(nested(32)), "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"},
		{"not a number", with(num("NaN")), "The parameter cannot be converted to a numeric value: NaN"},
		{"39 digits", with(num(strings.Repeat("1", 39))), "Attempting to store more than 38 significant digits in a Number"},
		{"set", with(&types.AttributeValueMemberSS{Value: []string{"a"}}), "Sets are not supported by this server; type: SS"},
		{"empty attribute name", attrs{"pk": str("a"), "sk": num("1"), "": str("x")}, "Empty attribute name"},
	} {
		t.Run(c.name, func(t *testing.T) { wantError(t, f.put("events", c.item), "ValidationException", c.message) })
	}
	if err := f.put("events", with(nested(31))); err != nil {
		t.Errorf("31 levels: %v", err)
	}
	if err := f.put("events", with(str(strings.Repeat("x", 400<<10-8)))); err != nil {
		t.Errorf("just 400 KB: %v", err)
	}
	wantError(t, f.put("missing", attrs{}), "ResourceNotFoundException", "Requested resource not found")
}

func TestConditionGuardsOffsets(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S")
	put := func(offset string) error {
		_, err := f.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("events"), Item: attrs{"pk": str("a"), "off": num(offset)},
			ConditionExpression: aws.String("attribute_not_exists(pk) OR #o < :o"), ExpressionAttributeNames: map[string]string{"#o": "off"},
			ExpressionAttributeValues: attrs{":o": num(offset)}, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
		return err
	}
	for _, offset := range []string{"9", "10"} {
		if err := put(offset); err != nil {
			t.Fatal(err)
		}
	}
	err := put("10")
	wantError(t, err, "ConditionalCheckFailedException", "The conditional request failed")
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) || text(failed.Item["off"]) != "10" {
		t.Fatalf("the failure does not carry the item: %v", err)
	}
}

func TestDeleteReturnsOld(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S")
	if err := f.put("events", attrs{"pk": str("a"), "v": num("1")}); err != nil {
		t.Fatal(err)
	}
	in := &dynamodb.DeleteItemInput{TableName: aws.String("events"), Key: attrs{"pk": str("a")}, ReturnValues: types.ReturnValueAllOld}
	for _, want := range []string{"1", ""} {
		out, err := f.DeleteItem(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if text(out.Attributes["v"]) != want {
			t.Fatalf("deleted %v, want %q", out.Attributes, want)
		}
	}
}

func TestKeyMustMatchSchema(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S", "sk:N")
	for name, key := range map[string]attrs{
		"missing part": {"pk": str("a")}, "extra part": {"pk": str("a"), "sk": num("1"), "x": num("1")}, "wrong type": {"pk": str("a"), "sk": str("1")}, "other name": {"pk": str("a"), "x": num("1")},
	} {
		_, err := f.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("events"), Key: key})
		t.Run(name, func(t *testing.T) {
			wantError(t, err, "ValidationException", "The provided key element does not match the schema")
		})
	}
}
