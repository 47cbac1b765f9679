package dynamodb

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/valyala/fastjson"
)

const maxNesting = 32

// decodeItem reads a map of attribute values, checking every rule that does not depend on a table.
func decodeItem(v *fastjson.Value) (item, error) { return decodeAttrs(v, 1) }

func decodeAttrs(v *fastjson.Value, depth int) (item, error) {
	obj, err := v.Object()
	if err != nil {
		return nil, malformed("attribute values are not an object")
	}
	out := make(item, obj.Len())
	obj.Visit(func(name []byte, v *fastjson.Value) {
		if err != nil {
			return
		}
		if len(name) == 0 {
			err = invalid("Empty attribute name")
			return
		}
		out[string(name)], err = decodeValue(v, depth)
	})
	return out, err
}

func decodeValue(v *fastjson.Value, depth int) (value, error) {
	kind, payload, err := soleType(v)
	if err != nil {
		return value{}, err
	}
	// The innermost level has to be a scalar or a set.
	if depth >= maxNesting && (kind == "L" || kind == "M") {
		return value{}, invalid("Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit")
	}
	out := value{kind: kind}
	switch kind {
	case "S":
		out.text, err = decodeString(payload)
	case "N":
		out.text, err = decodeNumber(payload)
	case "B":
		out.text, err = decodeBinary(payload)
	case "BOOL":
		out.truth, err = decodeBool(payload)
	case "NULL":
		err = decodeNull(payload)
	case "L":
		out.list, err = decodeList(payload, depth+1)
	case "M":
		out.attrs, err = decodeAttrs(payload, depth+1)
	default:
		out.set, err = decodeSet(kind, payload)
	}
	return out, err
}

// soleType finds the one type tag of an attribute value; unknown tags and nulls count as absent, as in AWS.
func soleType(v *fastjson.Value) (kind string, payload *fastjson.Value, err error) {
	if v.Type() == fastjson.TypeNull {
		return "", nil, invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	}
	obj, err := v.Object()
	if err != nil {
		return "", nil, malformed("an attribute value is not an object")
	}
	found := 0
	obj.Visit(func(tag []byte, v *fastjson.Value) {
		if known := typeTag(tag); known != "" && v.Type() != fastjson.TypeNull {
			kind, payload = known, v
			found++
		}
	})
	switch found {
	case 0:
		return "", nil, invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	case 1:
		return kind, payload, nil
	}
	return "", nil, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
}

func typeTag(tag []byte) string {
	switch string(tag) {
	case "S":
		return "S"
	case "N":
		return "N"
	case "B":
		return "B"
	case "BOOL":
		return "BOOL"
	case "NULL":
		return "NULL"
	case "L":
		return "L"
	case "M":
		return "M"
	case "SS":
		return "SS"
	case "NS":
		return "NS"
	case "BS":
		return "BS"
	}
	return ""
}

func decodeString(v *fastjson.Value) (string, error) {
	b, err := v.StringBytes()
	if err != nil {
		return "", malformed("%s_VALUE cannot be converted to String", strings.ToUpper(v.Type().String()))
	}
	return string(b), nil
}

func decodeNumber(v *fastjson.Value) (string, error) {
	s, err := decodeString(v)
	if err != nil {
		return "", err
	}
	n, err := parseNumber(s)
	return n.String(), err
}

func decodeBinary(v *fastjson.Value) (string, error) {
	s, err := decodeString(v)
	if err != nil {
		return "", err
	}
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", malformed("a binary value is not base64")
	}
	return string(raw), nil
}

func decodeBool(v *fastjson.Value) (bool, error) {
	b, err := v.Bool()
	if err != nil {
		return false, malformed("a BOOL value is not a boolean")
	}
	return b, nil
}

func decodeNull(v *fastjson.Value) error {
	b, err := decodeBool(v)
	if err == nil && !b {
		return invalid("One or more parameter values were invalid: Null attribute value types must have the value of true")
	}
	return err
}

func decodeList(v *fastjson.Value, depth int) ([]value, error) {
	elements, err := v.Array()
	if err != nil {
		return nil, malformed("a list value is not an array")
	}
	out := make([]value, len(elements))
	for i, e := range elements {
		if out[i], err = decodeValue(e, depth); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func decodeSet(kind string, v *fastjson.Value) ([]string, error) {
	elements, err := v.Array()
	if err != nil {
		return nil, malformed("a set value is not an array")
	}
	if len(elements) == 0 {
		return nil, emptySet(kind)
	}
	read := map[string]func(*fastjson.Value) (string, error){"SS": decodeString, "NS": decodeNumber, "BS": decodeBinary}[kind]
	out, given := make([]string, len(elements)), make([]string, len(elements))
	for i, e := range elements {
		if out[i], err = read(e); err != nil {
			return nil, err
		}
		given[i] = string(e.GetStringBytes())
	}
	sortSet(kind, out)
	for i := 1; i < len(out); i++ {
		if out[i] == out[i-1] {
			return nil, duplicateInSet(kind, given)
		}
	}
	return out, nil
}

func emptySet(kind string) error {
	what := map[string]string{
		"SS": "An string set  may not be empty",
		"NS": "An number set  may not be empty",
		"BS": "Binary sets should not be empty",
	}[kind]
	return invalid("One or more parameter values were invalid: %s", what)
}

func duplicateInSet(kind string, given []string) error {
	list := fmt.Sprintf("[%s]", strings.Join(given, ", "))
	switch kind {
	case "NS":
		return invalid("Input collection contains duplicates")
	case "BS":
		list += "of type BS"
	}
	return invalid("One or more parameter values were invalid: Input collection %s contains duplicates.", list)
}
