package recount

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// attributes is what DynamoDB holds of a message.
func attributes(value []byte) (map[string]types.AttributeValue, error) {
	m, err := members(value)
	if err != nil {
		return nil, err
	}
	return attribute(m).(*types.AttributeValueMemberM).Value, nil
}

func attribute(data any) types.AttributeValue {
	switch d := data.(type) {
	case nil:
		return &types.AttributeValueMemberNULL{Value: true}
	case bool:
		return &types.AttributeValueMemberBOOL{Value: d}
	case string:
		return &types.AttributeValueMemberS{Value: d}
	case json.Number:
		return &types.AttributeValueMemberN{Value: d.String()}
	case []any:
		list := &types.AttributeValueMemberL{}
		for _, e := range d {
			list.Value = append(list.Value, attribute(e))
		}
		return list
	case map[string]any:
		object := &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{}}
		for name, e := range d {
			object.Value[name] = attribute(e)
		}
		return object
	}
	return nil // encoding/json decodes into nothing else
}

// show renders a value so that equal ones, and no others, have the same text. Numbers are compared by value, exactly:
// DynamoDB keeps no trailing zeros.
func show(v any) string {
	switch a := v.(type) {
	case string:
		return strconv.Quote(a)
	case *types.AttributeValueMemberNULL:
		return "null"
	case *types.AttributeValueMemberBOOL:
		return strconv.FormatBool(a.Value)
	case *types.AttributeValueMemberS:
		return strconv.Quote(a.Value)
	case *types.AttributeValueMemberN:
		if n, ok := new(big.Rat).SetString(a.Value); ok {
			return n.RatString()
		}
		return "the number " + a.Value
	case *types.AttributeValueMemberL:
		var elements []string
		for _, e := range a.Value {
			elements = append(elements, show(e))
		}
		return "[" + strings.Join(elements, ",") + "]"
	case *types.AttributeValueMemberM:
		var entries []string
		for _, name := range slices.Sorted(maps.Keys(a.Value)) {
			entries = append(entries, strconv.Quote(name)+":"+show(a.Value[name]))
		}
		return "{" + strings.Join(entries, ",") + "}"
	}
	return fmt.Sprintf("%T", v)
}
