package dynamodb

import (
	"encoding/base64"
	"strings"

	"github.com/valyala/fastjson"
)

const maxNesting = 32

// kinds are the type tags of values.
var kinds = map[string]string{"S": "S", "N": "N", "B": "B", "BOOL": "BOOL", "NULL": "NULL", "L": "L", "M": "M", "SS": "SS", "NS": "NS", "BS": "BS"}

// decodeItem reads a map of attribute values, checking every rule that does not depend on a table.
func decodeItem(v *fastjson.Value) item { return decodeAttrs(v, 1) }

func decodeAttrs(v *fastjson.Value, depth int) item {
	obj, err := v.Object()
	if err != nil {
		panic(malformed("attribute values are not an object"))
	}
	out := make(item, obj.Len())
	obj.Visit(func(name []byte, v *fastjson.Value) {
		if len(name) == 0 {
			panic(invalid("Empty attribute name"))
		}
		out[string(name)] = decodeValue(v, depth)
	})
	return out
}

func decodeValue(v *fastjson.Value, depth int) value {
	kind, payload := soleType(v)
	// The innermost level has to be a scalar or a set.
	if depth >= maxNesting && (kind == "L" || kind == "M") {
		panic(invalid("Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"))
	}
	out := value{kind: kind}
	switch kind {
	case "S", "N", "B":
		out.text = decodeText(kind, payload)
	case "BOOL":
		out.truth = decodeBool(payload)
	case "NULL":
		if !decodeBool(payload) {
			panic(invalid("One or more parameter values were invalid: Null attribute value types must have the value of true"))
		}
	case "L":
		out.list = []value{}
		elements, err := payload.Array()
		if err != nil {
			panic(malformed("a list value is not an array"))
		}
		for _, e := range elements {
			out.list = append(out.list, decodeValue(e, depth+1))
		}
	case "M":
		out.attrs = decodeAttrs(payload, depth+1)
	default:
		panic(invalid("Sets are not supported by this server; type: %s", kind))
	}
	return out
}

// soleType finds the one type tag of an attribute value; unknown tags and nulls count as absent, as in AWS.
func soleType(v *fastjson.Value) (kind string, payload *fastjson.Value) {
	if v.Type() != fastjson.TypeObject && v.Type() != fastjson.TypeNull {
		panic(malformed("an attribute value is not an object"))
	}
	found := 0
	if obj := v.GetObject(); obj != nil {
		obj.Visit(func(tag []byte, v *fastjson.Value) {
			if known := kinds[string(tag)]; known != "" && v.Type() != fastjson.TypeNull {
				kind, payload = known, v
				found++
			}
		})
	}
	switch found {
	case 0:
		panic(invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"))
	case 1:
		return kind, payload
	}
	panic(invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"))
}

// decodeText gives a string, a number in its canonical notation, or the bytes of a binary.
func decodeText(kind string, v *fastjson.Value) string {
	b, err := v.StringBytes()
	if err != nil {
		panic(malformed("%s_VALUE cannot be converted to String", strings.ToUpper(v.Type().String())))
	}
	switch kind {
	case "N":
		return parseNumber(string(b)).String()
	case "B":
		raw, err := base64.StdEncoding.DecodeString(string(b))
		if err != nil {
			panic(malformed("a binary value is not base64"))
		}
		return string(raw)
	}
	return string(b)
}

func decodeBool(v *fastjson.Value) bool {
	b, err := v.Bool()
	if err != nil {
		panic(malformed("a BOOL value is not a boolean"))
	}
	return b
}
